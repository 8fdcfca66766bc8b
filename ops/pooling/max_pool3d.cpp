// SPDX-License-Identifier: Apache-2.0
// max_pool3d: out[n, c, p...] = the largest of x[n, c, h...] in window p
//
// Shapes: x[N, C, D, H, W] or x[C, D, H, W]; sizes as pooling.h says. Dtypes:
// floats and integers. What lies outside of x takes no part; NaN where any is.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.nn.functional.max_pool3d.
#include "girih/ops/pooling/max_pool.h"

namespace girih::ops {

namespace {

struct MaxPool3d : MaxPoolValues<3> {
  static constexpr std::string_view signature =
      "max_pool3d(x, kernel_size: ints, stride: ints? = None, padding: ints = "
      "0, "
      "dilation: ints = 1, ceil_mode: bool = False) -> out";
};

} // namespace

Array max_pool3d(const Array &x, const std::vector<std::int64_t> &kernel_size,
                 const std::vector<std::int64_t> &stride,
                 const std::vector<std::int64_t> &padding,
                 const std::vector<std::int64_t> &dilation, bool ceil_mode,
                 const Stream &stream, std::source_location where) {
  return compute<MaxPool3d>(stream, where, x, kernel_size, stride, padding,
                            dilation, ceil_mode);
}

void max_pool3d_out(const Array &x,
                    const std::vector<std::int64_t> &kernel_size,
                    const Array &out, const std::vector<std::int64_t> &stride,
                    const std::vector<std::int64_t> &padding,
                    const std::vector<std::int64_t> &dilation, bool ceil_mode,
                    const Stream &stream, std::source_location where) {
  compute_into<MaxPool3d>(stream, where, std::tie(out), x, kernel_size, stride,
                          padding, dilation, ceil_mode);
}

OpEntry entry_of_max_pool3d() {
  return op_entry<MaxPool3d>(
      {"pooling",
       "the largest of each window",
       {std::begin(numbers), std::end(numbers)},
       pool_entries(max_pool_kernel(3), 3, 1, space_example)});
}

} // namespace girih::ops
