// SPDX-License-Identifier: Apache-2.0
// unsqueeze: a view with a dimension of size 1 before dimension dim
//
// Shapes: any. Dtypes: all of at least 8 bits. Nothing is moved.
// Errors: [dtype] [shape] [index].
// Source: torch.unsqueeze.
#include "girih/ops/movement/view_op.h"
#include "girih/ops/shaping.h"

#include <fmt/format.h>

namespace girih::ops {

namespace {

struct Unsqueeze {
  static constexpr std::string_view signature = "unsqueeze(x, dim: int) -> out";
  static Array view(const Call &call, const Array &x, std::int64_t dim) {
    call.check_dtype({"x", x}, moved);
    call.check_rank({"x", x}, 0, max_rank - 1);
    const int rank = x.rank() + 1;
    if (dim < -rank || dim >= rank)
      call.fail(ErrorId::index,
                fmt::format("dim {} is no dimension of the result", dim),
                {{"x", x}});
    return unsqueezed(x, static_cast<int>(dim < 0 ? dim + rank : dim));
  }
};

} // namespace

Array unsqueeze(const Array &x, std::int64_t dim, std::source_location where) {
  return view_by<Unsqueeze>(where, x, dim);
}

OpEntry entry_of_unsqueeze() {
  return view_entry<Unsqueeze>("a view of x with a new dimension of size 1");
}

} // namespace girih::ops
