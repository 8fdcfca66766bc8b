// SPDX-License-Identifier: Apache-2.0
// diagonal: out[k..., i] = x[i, i + offset, k...] for dims 0 and 1, a view
//
// Shapes: any. Dtypes: all of at least 8 bits. Nothing is moved.
// Errors: [dtype] [shape] [index] [argument].
// Source: torch.diagonal.
#include "girih/ops/movement/view_op.h"
#include "girih/ops/shaping.h"

namespace girih::ops {

namespace {

struct Diagonal {
  static constexpr std::string_view signature =
      "diagonal(x, offset: int = 0, dim1: int = 0, dim2: int = 1) -> out";
  static Array view(const Call &call, const Array &x, std::int64_t offset,
                    std::int64_t dim1, std::int64_t dim2) {
    call.check_dtype({"x", x}, moved);
    call.check_rank({"x", x}, 2, max_rank);
    const int first = call.check_dim({"x", x}, dim1, "dim1"),
              second = call.check_dim({"x", x}, dim2, "dim2");
    call.require(first != second, "dim1 and dim2 must differ", {{"x", x}});
    return diagonal_of(x, offset, first, second);
  }
};

} // namespace

Array diagonal(const Array &x, std::int64_t offset, std::int64_t dim1,
               std::int64_t dim2, std::source_location where) {
  return view_by<Diagonal>(where, x, offset, dim1, dim2);
}

OpEntry entry_of_diagonal() {
  return view_entry<Diagonal>(
      "a view of a diagonal of two dimensions, as the last one");
}

} // namespace girih::ops
