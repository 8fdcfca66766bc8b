// SPDX-License-Identifier: Apache-2.0
// adaptive_max_pool2d: the largest of x[n, c, h, w] in window (p, q)
//
// Shapes: x[N, C, H, W] or x[C, H, W]; out[N, C, P, Q] for output_size [P, Q]
// or one number. Window p is h from p * H / P, rounded down, up to (p + 1) * H
// / P, rounded up. Dtypes: f64 f32 f16 bf16. Errors: [device] [dtype] [shape]
// [overlap] [argument]. Source: torch.nn.functional.adaptive_max_pool2d.
#include "girih/ops/pooling/adaptive.h"
#include "girih/ops/pooling/max_pool.h"

namespace girih::ops {

namespace {

struct AdaptiveMaxPool2d : AdaptiveMax {
  static constexpr std::string_view signature =
      "adaptive_max_pool2d(x, output_size: ints) -> out";
};

} // namespace

Array adaptive_max_pool2d(const Array &x,
                          const std::vector<std::int64_t> &output_size,
                          const Stream &stream, std::source_location where) {
  return compute<AdaptiveMaxPool2d>(stream, where, x, output_size);
}

void adaptive_max_pool2d_out(const Array &x,
                             const std::vector<std::int64_t> &output_size,
                             const Array &out, const Stream &stream,
                             std::source_location where) {
  compute_into<AdaptiveMaxPool2d>(stream, where, std::tie(out), x, output_size);
}

OpEntry entry_of_adaptive_max_pool2d() {
  return op_entry<AdaptiveMaxPool2d>(
      {"pooling",
       "the largest of each of output_size windows that cover x",
       {std::begin(floats), std::end(floats)},
       pool_entries(adaptive_max_pool_kernel(), 2, 1, adaptive_example)});
}

} // namespace girih::ops
