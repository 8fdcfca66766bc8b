// SPDX-License-Identifier: Apache-2.0
// narrow: a view of a range of one dimension
//
// Shapes: any. Dtypes: all of at least 8 bits. Nothing is moved.
// Errors: [dtype] [shape] [index].
// Source: torch.narrow.
#include "girih/ops/movement/view_op.h"
#include "girih/ops/shaping.h"

#include <fmt/format.h>

namespace girih::ops {

namespace {

struct Narrow {
  static constexpr std::string_view signature =
      "narrow(x, dim: int, start: int, length: int) -> out";
  static Array view(const Call &call, const Array &x, std::int64_t dim,
                    std::int64_t start, std::int64_t length) {
    call.check_dtype({"x", x}, moved);
    call.check_rank({"x", x}, 1, max_rank);
    const int at = call.check_dim({"x", x}, dim);
    const std::int64_t size = x.size(at);
    if (start < -size || start > size || length < 0 ||
        length > size - (start < 0 ? start + size : start))
      call.fail(ErrorId::index,
                fmt::format("{} elements from {} on are not in dimension {} of "
                            "x",
                            length, start, at),
                {{"x", x}});
    const std::int64_t begin = start < 0 ? start + size : start;
    return x.slice(at, begin, begin + length);
  }
};

} // namespace

Array narrow(const Array &x, std::int64_t dim, std::int64_t start,
             std::int64_t length, std::source_location where) {
  return view_by<Narrow>(where, x, dim, start, length);
}

OpEntry entry_of_narrow() {
  return view_entry<Narrow>("a view of length elements of dim, from start on");
}

} // namespace girih::ops
