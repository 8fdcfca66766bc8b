// SPDX-License-Identifier: Apache-2.0
// max_pool3d_with_indices: values and where they are
//
// As max_pool3d; indices[n, c, p...], i64, is the place of the value in x[n,
// c], counted row by row. Of equal ones it is the first, of NaNs the last.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.nn.functional.max_pool3d with return_indices.
#include "girih/ops/pooling/max_pool.h"

namespace girih::ops {

namespace {

struct MaxPool3dWithIndices : MaxPoolIndices<3> {
  static constexpr std::string_view signature =
      "max_pool3d_with_indices(x, kernel_size: ints, stride: ints? = None, "
      "padding: ints = 0, dilation: ints = 1, ceil_mode: bool = False) -> "
      "out, indices";
};

} // namespace

std::array<Array, 2> max_pool3d_with_indices(
    const Array &x, const std::vector<std::int64_t> &kernel_size,
    const std::vector<std::int64_t> &stride,
    const std::vector<std::int64_t> &padding,
    const std::vector<std::int64_t> &dilation, bool ceil_mode,
    const Stream &stream, std::source_location where) {
  return compute<MaxPool3dWithIndices>(stream, where, x, kernel_size, stride,
                                       padding, dilation, ceil_mode);
}

void max_pool3d_with_indices_out(const Array &x,
                                 const std::vector<std::int64_t> &kernel_size,
                                 const Array &out, const Array &indices,
                                 const std::vector<std::int64_t> &stride,
                                 const std::vector<std::int64_t> &padding,
                                 const std::vector<std::int64_t> &dilation,
                                 bool ceil_mode, const Stream &stream,
                                 std::source_location where) {
  compute_into<MaxPool3dWithIndices>(stream, where, std::tie(out, indices), x,
                                     kernel_size, stride, padding, dilation,
                                     ceil_mode);
}

OpEntry entry_of_max_pool3d_with_indices() {
  return op_entry<MaxPool3dWithIndices>(
      {"pooling",
       "the largest of each window, and where it is",
       {std::begin(numbers), std::end(numbers)},
       pool_entries(max_pool_indices_kernel(3), 3, 2, space_example)});
}

} // namespace girih::ops
