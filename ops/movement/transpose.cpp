// SPDX-License-Identifier: Apache-2.0
// transpose: a view of x with two dimensions exchanged
//
// Shapes: any. Dtypes: all of at least 8 bits. Nothing is moved.
// Errors: [dtype] [index].
// Source: torch.transpose.
#include "girih/ops/movement/view_op.h"
#include "girih/ops/shaping.h"

namespace girih::ops {

namespace {

struct Transpose {
  static constexpr std::string_view signature =
      "transpose(x, dim0: int, dim1: int) -> out";
  static Array view(const Call &call, const Array &x, std::int64_t dim0,
                    std::int64_t dim1) {
    call.check_dtype({"x", x}, moved);
    const int first = call.check_dim({"x", x}, dim0, "dim0"),
              second = call.check_dim({"x", x}, dim1, "dim1");
    return x.rank() == 0 ? x : x.transpose(first, second);
  }
};

} // namespace

Array transpose(const Array &x, std::int64_t dim0, std::int64_t dim1,
                std::source_location where) {
  return view_by<Transpose>(where, x, dim0, dim1);
}

OpEntry entry_of_transpose() {
  return view_entry<Transpose>("a view of x with two dimensions exchanged");
}

} // namespace girih::ops
