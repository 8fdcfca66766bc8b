// SPDX-License-Identifier: Apache-2.0
// tril: out[..., i, j] = j - i <= diagonal ? x[..., i, j] : 0
//
// Shapes: any of at least two dimensions. Dtypes: all of at least 8 bits.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.tril.
#include "girih/ops/movement.h"
#include "girih/ops/movement/triangle.h"

namespace girih::ops {

namespace {

struct Tril {
  static constexpr std::string_view signature =
      "tril(x, diagonal: int = 0) -> out";
  static Shaped result(const Call &call, const Array &x, std::int64_t) {
    return triangle_result(call, x);
  }
  static void launch(const Call &call, const Array &x, std::int64_t diagonal,
                     const Array &out) {
    launch_triangle(call, x, diagonal, true, out);
  }
};

} // namespace

Array tril(const Array &x, std::int64_t diagonal, const Stream &stream,
           std::source_location where) {
  return compute<Tril>(stream, where, x, diagonal);
}

void tril_out(const Array &x, const Array &out, std::int64_t diagonal,
              const Stream &stream, std::source_location where) {
  compute_into<Tril>(stream, where, std::tie(out), x, diagonal);
}

OpEntry entry_of_tril() {
  return op_entry<Tril>({"movement",
                         "the last two dimensions of x on and below a diagonal",
                         {std::begin(moved), std::end(moved)},
                         {triangle_entry(true)}});
}

} // namespace girih::ops
