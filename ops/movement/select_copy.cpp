// SPDX-License-Identifier: Apache-2.0
// select_copy: out[i, k...] = x[i, index, k...], along dim 1
//
// Shapes: any of at least one dimension. Dtypes: all of at least 8 bits.
// Errors: [device] [dtype] [shape] [index] [overlap].
// Source: torch.select_copy.
#include "girih/ops/movement.h"
#include "girih/ops/movement/view_op.h"

namespace girih::ops {

namespace {

struct SelectCopy {
  static constexpr std::string_view signature =
      "select_copy(x, dim: int, index: int) -> out";

  static Array selected(const Call &call, const Array &x, std::int64_t dim,
                        std::int64_t index) {
    const int at = call.check_dim({"x", x}, dim);
    return x.select(at, checked_index(call, x, at, index));
  }
  static Shaped result(const Call &call, const Array &x, std::int64_t dim,
                       std::int64_t index) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, moved);
    call.check_rank({"x", x}, 1, max_rank);
    return {dims_of(selected(call, x, dim, index).shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x, std::int64_t dim,
                     std::int64_t index, const Array &out) {
    launch_copy(call, selected(call, x, dim, index), out);
  }
};

} // namespace

Array select_copy(const Array &x, std::int64_t dim, std::int64_t index,
                  const Stream &stream, std::source_location where) {
  return compute<SelectCopy>(stream, where, x, dim, index);
}

void select_copy_out(const Array &x, std::int64_t dim, std::int64_t index,
                     const Array &out, const Stream &stream,
                     std::source_location where) {
  compute_into<SelectCopy>(stream, where, std::tie(out), x, dim, index);
}

OpEntry entry_of_select_copy() {
  return op_entry<SelectCopy>({"movement",
                               "x at one index of a dimension",
                               {std::begin(moved), std::end(moved)},
                               {}});
}

} // namespace girih::ops
