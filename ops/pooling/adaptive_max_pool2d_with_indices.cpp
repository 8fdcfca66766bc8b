// SPDX-License-Identifier: Apache-2.0
// adaptive_max_pool2d_with_indices: the largest, and where it is, of x[n, c, h,
// w] in window (p, q)
//
// Shapes: x[N, C, H, W] or x[C, H, W]; out[N, C, P, Q] for output_size [P, Q]
// or one number. Window p is h from p * H / P, rounded down, up to (p + 1) * H
// / P, rounded up. Dtypes: f64 f32 f16 bf16. Errors: [device] [dtype] [shape]
// [overlap] [argument]. Source:
// torch.nn.functional.adaptive_max_pool2d_with_indices.
#include "girih/ops/pooling/adaptive.h"
#include "girih/ops/pooling/max_pool.h"

namespace girih::ops {

namespace {

struct AdaptiveMaxPool2dWithIndices : AdaptiveMaxIndices {
  static constexpr std::string_view signature =
      "adaptive_max_pool2d_with_indices(x, output_size: ints) -> out, indices";
};

} // namespace

std::array<Array, 2> adaptive_max_pool2d_with_indices(
    const Array &x, const std::vector<std::int64_t> &output_size,
    const Stream &stream, std::source_location where) {
  return compute<AdaptiveMaxPool2dWithIndices>(stream, where, x, output_size);
}

void adaptive_max_pool2d_with_indices_out(
    const Array &x, const std::vector<std::int64_t> &output_size,
    const Array &out, const Array &indices, const Stream &stream,
    std::source_location where) {
  compute_into<AdaptiveMaxPool2dWithIndices>(
      stream, where, std::tie(out, indices), x, output_size);
}

OpEntry entry_of_adaptive_max_pool2d_with_indices() {
  return op_entry<AdaptiveMaxPool2dWithIndices>(
      {"pooling",
       "the largest of each of output_size windows, and where it is",
       {std::begin(floats), std::end(floats)},
       pool_entries(adaptive_max_pool_indices_kernel(), 2, 2,
                    adaptive_example)});
}

} // namespace girih::ops
