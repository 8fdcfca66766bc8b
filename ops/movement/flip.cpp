// SPDX-License-Identifier: Apache-2.0
// flip: out[i, j] = x[i, n - 1 - j], along dim 1
//
// Shapes: any. Dtypes: all of at least 8 bits. A copy of a view whose strides
// are negative.
// Errors: [device] [dtype] [shape] [index] [argument] [overlap].
// Source: torch.flip.
#include "girih/ops/movement/flip.h"
#include "girih/ops/movement.h"
#include "girih/ops/movement/copy.h"

namespace girih::ops {

namespace {

struct Flip {
  static constexpr std::string_view signature = "flip(x, dims: ints) -> out";
  using Ints = std::vector<std::int64_t>;

  // check_dims() gives all of them for none.
  static std::vector<int> checked(const Call &call, const Array &x,
                                  const Ints &dims) {
    return dims.empty() ? std::vector<int>()
                        : call.check_dims({"x", x}, dims, "dims");
  }
  static Shaped result(const Call &call, const Array &x, const Ints &dims) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, moved);
    checked(call, x, dims);
    return {dims_of(x.shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x, const Ints &dims,
                     const Array &out) {
    Array view = x;
    for (int dim : checked(call, x, dims))
      view = backwards(view, dim);
    launch_copy(call, view, out);
  }
};

} // namespace

Array flip(const Array &x, const std::vector<std::int64_t> &dims,
           const Stream &stream, std::source_location where) {
  return compute<Flip>(stream, where, x, dims);
}

void flip_out(const Array &x, const std::vector<std::int64_t> &dims,
              const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Flip>(stream, where, std::tie(out), x, dims);
}

OpEntry entry_of_flip() {
  return op_entry<Flip>({"movement",
                         "x backwards along dims",
                         {std::begin(moved), std::end(moved)},
                         {}});
}

} // namespace girih::ops
