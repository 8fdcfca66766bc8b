// SPDX-License-Identifier: Apache-2.0
// permute: a view whose dimension d is dimension dims[d] of x
//
// Shapes: any. Dtypes: all of at least 8 bits. Nothing is moved.
// Errors: [dtype] [index] [argument].
// Source: torch.permute.
#include "girih/ops/movement/view_op.h"
#include "girih/ops/shaping.h"

namespace girih::ops {

namespace {

struct Permute {
  static constexpr std::string_view signature = "permute(x, dims: ints) -> out";
  static Array view(const Call &call, const Array &x,
                    const std::vector<std::int64_t> &dims) {
    call.check_dtype({"x", x}, moved);
    call.require(dims.size() == static_cast<std::size_t>(x.rank()),
                 "dims must name each dimension once", {{"x", x}});
    Dims shape, strides;
    std::array<bool, max_rank> named{};
    for (const std::int64_t dim : dims) {
      const auto at =
          static_cast<std::size_t>(call.check_dim({"x", x}, dim, "dims"));
      call.require(!named[at], "dims must name each dimension once",
                   {{"x", x}});
      named[at] = true;
      shape.sizes[static_cast<std::size_t>(shape.rank++)] = x.shape()[at];
      strides.sizes[static_cast<std::size_t>(strides.rank++)] = x.strides()[at];
    }
    return view_of(x, shape, strides);
  }
};

} // namespace

Array permute(const Array &x, const std::vector<std::int64_t> &dims,
              std::source_location where) {
  return view_by<Permute>(where, x, dims);
}

OpEntry entry_of_permute() {
  return view_entry<Permute>(
      "a view whose dimension d is dimension dims[d] of x");
}

} // namespace girih::ops
