// SPDX-License-Identifier: Apache-2.0
// max_pool2d: out[n, c, p...] = the largest of x[n, c, h...] in window p
//
// Shapes: x[N, C, H, W] or x[C, H, W]; sizes as pooling.h says. Dtypes: floats
// and integers. What lies outside of x takes no part; NaN where any is.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.nn.functional.max_pool2d.
#include "girih/ops/pooling/max_pool.h"

namespace girih::ops {

namespace {

struct MaxPool2d : MaxPoolValues<2> {
  static constexpr std::string_view signature =
      "max_pool2d(x, kernel_size: ints, stride: ints? = None, padding: ints = "
      "0, "
      "dilation: ints = 1, ceil_mode: bool = False) -> out";
};

} // namespace

Array max_pool2d(const Array &x, const std::vector<std::int64_t> &kernel_size,
                 const std::vector<std::int64_t> &stride,
                 const std::vector<std::int64_t> &padding,
                 const std::vector<std::int64_t> &dilation, bool ceil_mode,
                 const Stream &stream, std::source_location where) {
  return compute<MaxPool2d>(stream, where, x, kernel_size, stride, padding,
                            dilation, ceil_mode);
}

void max_pool2d_out(const Array &x,
                    const std::vector<std::int64_t> &kernel_size,
                    const Array &out, const std::vector<std::int64_t> &stride,
                    const std::vector<std::int64_t> &padding,
                    const std::vector<std::int64_t> &dilation, bool ceil_mode,
                    const Stream &stream, std::source_location where) {
  compute_into<MaxPool2d>(stream, where, std::tie(out), x, kernel_size, stride,
                          padding, dilation, ceil_mode);
}

OpEntry entry_of_max_pool2d() {
  return op_entry<MaxPool2d>({"pooling",
                              "the largest of each window",
                              {std::begin(numbers), std::end(numbers)},
                              pool_entries(max_pool_kernel(2), 2, 1)});
}

} // namespace girih::ops
