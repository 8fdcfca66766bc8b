// SPDX-License-Identifier: Apache-2.0
// adaptive_avg_pool2d: the mean of x[n, c, h, w] in window (p, q)
//
// Shapes: x[N, C, H, W] or x[C, H, W]; out[N, C, P, Q] for output_size [P, Q]
// or one number. Window p is h from p * H / P, rounded down, up to (p + 1) * H
// / P, rounded up. Dtypes: f64 f32 f16 bf16; means in f32 (f64 for f64),
// rounded once. Errors: [device] [dtype] [shape] [overlap] [argument]. Source:
// torch.nn.functional.adaptive_avg_pool2d.
#include "girih/ops/pooling/adaptive.h"
#include "girih/ops/pooling/average_pool.h"

namespace girih::ops {

namespace {

struct AdaptiveAvgPool2d : AdaptiveAverage {
  static constexpr std::string_view signature =
      "adaptive_avg_pool2d(x, output_size: ints) -> out";
};

} // namespace

Array adaptive_avg_pool2d(const Array &x,
                          const std::vector<std::int64_t> &output_size,
                          const Stream &stream, std::source_location where) {
  return compute<AdaptiveAvgPool2d>(stream, where, x, output_size);
}

void adaptive_avg_pool2d_out(const Array &x,
                             const std::vector<std::int64_t> &output_size,
                             const Array &out, const Stream &stream,
                             std::source_location where) {
  compute_into<AdaptiveAvgPool2d>(stream, where, std::tie(out), x, output_size);
}

OpEntry entry_of_adaptive_avg_pool2d() {
  return op_entry<AdaptiveAvgPool2d>(
      {"pooling",
       "the mean of each of output_size windows that cover x",
       {std::begin(floats), std::end(floats)},
       pool_entries(adaptive_avg_pool_kernel(), 2, 1, adaptive_example)});
}

} // namespace girih::ops
