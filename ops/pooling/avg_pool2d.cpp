// SPDX-License-Identifier: Apache-2.0
// avg_pool2d: out[n, c, p...] = the mean of x[n, c, h...] in window p
//
// Shapes: x[N, C, H, W] or x[C, H, W]; sizes as pooling.h says. The sum is
// divided by the elements of the window that lie in x and its padding, without
// count_include_pad by those in x, or by divisor_override. Dtypes: floats,
// summed in f32 (f64 for f64) and rounded once, and i64, rounded towards 0.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.nn.functional.avg_pool2d.
#include "girih/ops/pooling/average_pool.h"

namespace girih::ops {

namespace {

struct AvgPool2d : AvgPool<2> {
  static constexpr std::string_view signature =
      "avg_pool2d(x, kernel_size: ints, stride: ints? = None, padding: ints = "
      "0, "
      "ceil_mode: bool = False, count_include_pad: bool = True, "
      "divisor_override: int? = None) "
      "-> out";
};

} // namespace

Array avg_pool2d(const Array &x, const std::vector<std::int64_t> &kernel_size,
                 const std::vector<std::int64_t> &stride,
                 const std::vector<std::int64_t> &padding, bool ceil_mode,
                 bool count_include_pad,
                 std::optional<std::int64_t> divisor_override,
                 const Stream &stream, std::source_location where) {
  return compute<AvgPool2d>(stream, where, x, kernel_size, stride, padding,
                            ceil_mode, count_include_pad, divisor_override);
}

void avg_pool2d_out(const Array &x,
                    const std::vector<std::int64_t> &kernel_size,
                    const Array &out, const std::vector<std::int64_t> &stride,
                    const std::vector<std::int64_t> &padding, bool ceil_mode,
                    bool count_include_pad,
                    std::optional<std::int64_t> divisor_override,
                    const Stream &stream, std::source_location where) {
  compute_into<AvgPool2d>(stream, where, std::tie(out), x, kernel_size, stride,
                          padding, ceil_mode, count_include_pad,
                          divisor_override);
}

OpEntry entry_of_avg_pool2d() {
  return op_entry<AvgPool2d>({"pooling",
                              "the mean of each window",
                              {std::begin(averaged), std::end(averaged)},
                              pool_entries(avg_pool_kernel(2), 2, 1)});
}

} // namespace girih::ops
