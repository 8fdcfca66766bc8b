// SPDX-License-Identifier: Apache-2.0
// squeeze: a view without dimensions of size 1
//
// Shapes: any. Dtypes: all of at least 8 bits. Nothing is moved.
// Errors: [dtype] [index] [argument].
// Source: torch.squeeze.
#include "girih/ops/movement/view_op.h"
#include "girih/ops/shaping.h"

namespace girih::ops {

namespace {

struct Squeeze {
  static constexpr std::string_view signature =
      "squeeze(x, dims: ints = ()) -> out";
  static Array view(const Call &call, const Array &x,
                    const std::vector<std::int64_t> &dims) {
    call.check_dtype({"x", x}, moved);
    const std::vector<int> named = call.check_dims({"x", x}, dims, "dims");
    Dims shape, strides;
    for (int d = 0; d < x.rank(); ++d) {
      if (x.size(d) == 1 && std::ranges::binary_search(named, d))
        continue;
      shape.sizes[static_cast<std::size_t>(shape.rank++)] = x.size(d);
      strides.sizes[static_cast<std::size_t>(strides.rank++)] = x.stride(d);
    }
    return view_of(x, shape, strides);
  }
};

} // namespace

Array squeeze(const Array &x, const std::vector<std::int64_t> &dims,
              std::source_location where) {
  return view_by<Squeeze>(where, x, dims);
}

OpEntry entry_of_squeeze() {
  return view_entry<Squeeze>("a view of x without dimensions of size 1");
}

} // namespace girih::ops
