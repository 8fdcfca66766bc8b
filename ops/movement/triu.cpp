// SPDX-License-Identifier: Apache-2.0
// triu: out[..., i, j] = j - i >= diagonal ? x[..., i, j] : 0
//
// Shapes: any of at least two dimensions. Dtypes: all of at least 8 bits.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.triu.
#include "girih/ops/movement.h"
#include "girih/ops/movement/triangle.h"

namespace girih::ops {

namespace {

struct Triu {
  static constexpr std::string_view signature =
      "triu(x, diagonal: int = 0) -> out";
  static Shaped result(const Call &call, const Array &x, std::int64_t) {
    return triangle_result(call, x);
  }
  static void launch(const Call &call, const Array &x, std::int64_t diagonal,
                     const Array &out) {
    launch_triangle(call, x, diagonal, false, out);
  }
};

} // namespace

Array triu(const Array &x, std::int64_t diagonal, const Stream &stream,
           std::source_location where) {
  return compute<Triu>(stream, where, x, diagonal);
}

void triu_out(const Array &x, const Array &out, std::int64_t diagonal,
              const Stream &stream, std::source_location where) {
  compute_into<Triu>(stream, where, std::tie(out), x, diagonal);
}

OpEntry entry_of_triu() {
  return op_entry<Triu>({"movement",
                         "the last two dimensions of x on and above a diagonal",
                         {std::begin(moved), std::end(moved)},
                         {triangle_entry(false)}});
}

} // namespace girih::ops
