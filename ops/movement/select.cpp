// SPDX-License-Identifier: Apache-2.0
// select: a view of x at one index of a dimension
//
// Shapes: any. Dtypes: all of at least 8 bits. Nothing is moved.
// Errors: [dtype] [shape] [index].
// Source: torch.select.
#include "girih/ops/movement/view_op.h"
#include "girih/ops/shaping.h"

namespace girih::ops {

namespace {

struct Select {
  static constexpr std::string_view signature =
      "select(x, dim: int, index: int) -> out";
  static Array view(const Call &call, const Array &x, std::int64_t dim,
                    std::int64_t index) {
    call.check_dtype({"x", x}, moved);
    call.check_rank({"x", x}, 1, max_rank);
    const int at = call.check_dim({"x", x}, dim);
    return x.select(at, checked_index(call, x, at, index));
  }
};

} // namespace

Array select(const Array &x, std::int64_t dim, std::int64_t index,
             std::source_location where) {
  return view_by<Select>(where, x, dim, index);
}

OpEntry entry_of_select() {
  return view_entry<Select>("a view of x at one index of a dimension");
}

} // namespace girih::ops
