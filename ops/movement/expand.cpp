// SPDX-License-Identifier: Apache-2.0
// expand: a view with dimensions of size 1 repeated by stride 0
//
// Shapes: any. Dtypes: all of at least 8 bits. Nothing is moved.
// Errors: [dtype] [shape].
// Source: torch.Tensor.expand.
#include "girih/ops/movement/view_op.h"
#include "girih/ops/shaping.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace girih::ops {

namespace {

struct Expand {
  static constexpr std::string_view signature = "expand(x, sizes: ints) -> out";
  static Array view(const Call &call, const Array &x,
                    const std::vector<std::int64_t> &sizes) {
    call.check_dtype({"x", x}, moved);
    const auto refuse = [&] {
      call.fail(
          ErrorId::shape,
          fmt::format("x cannot be expanded to [{}]", fmt::join(sizes, ", ")),
          {{"x", x}},
          "sizes are x's, -1 for those, or any where x has size 1; new "
          "dimensions come first");
    };
    const auto rank = static_cast<std::size_t>(x.rank());
    if (sizes.size() < rank || sizes.size() > max_rank)
      refuse();
    const std::size_t added = sizes.size() - rank;
    Dims shape, strides;
    shape.rank = strides.rank = static_cast<int>(sizes.size());
    for (std::size_t d = 0; d < sizes.size(); ++d) {
      const std::int64_t old = d < added ? 1 : x.shape()[d - added];
      const bool stays = d >= added && (sizes[d] == -1 || sizes[d] == old);
      if (!stays && (old != 1 || sizes[d] < 0))
        refuse();
      shape.sizes[d] = stays ? old : sizes[d];
      strides.sizes[d] = stays ? x.strides()[d - added] : 0;
    }
    return view_of(x, shape, strides);
  }
};

} // namespace

Array expand(const Array &x, const std::vector<std::int64_t> &sizes,
             std::source_location where) {
  return view_by<Expand>(where, x, sizes);
}

OpEntry entry_of_expand() {
  return view_entry<Expand>("a view of x with dimensions of size 1 repeated");
}

} // namespace girih::ops
