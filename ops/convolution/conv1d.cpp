// SPDX-License-Identifier: Apache-2.0
// conv1d: out[n, k, p] = bias[k] + sum over c, r of x[n, c, h...] *
// weight[k, c, r], h = p * stride + r * dilation - padding
//
// Shapes: x[N, C, H] or x[C, H], weight[K, C / groups, R], bias[K] or
// none; out[N, K, P]. stride, padding and dilation are one number or one;
// padding may be 'valid' (0) or 'same' (out like x, stride 1; of an odd number
// the larger half is behind). Dtypes: f64 f32 f16 bf16, x and weight alike,
// bias of any of them; summed in f32 (f64 for f64), rounded once. With
// precision 'tf32' a GPU rounds f32 factors to tf32. How: see convolve.h.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.nn.functional.conv1d.
#include "girih/ops/convolution/numbers.h"

namespace girih::ops {

namespace {

struct Conv1d : Convolution<1> {
  static constexpr std::string_view signature =
      "conv1d(x, weight, bias: array? = None, stride: ints = 1, "
      "padding: ints or str = 0, dilation: ints = 1, groups: int = 1, *, "
      "precision: str = 'ieee') -> out";
};

} // namespace

Array conv1d(const Array &x, const Array &weight,
             const std::optional<Array> &bias,
             const std::vector<std::int64_t> &stride,
             const ConvPadding &padding,
             const std::vector<std::int64_t> &dilation, std::int64_t groups,
             std::string_view precision, const Stream &stream,
             std::source_location where) {
  return compute<Conv1d>(stream, where, x, weight, bias, stride, padding,
                         dilation, groups, precision);
}

void conv1d_out(const Array &x, const Array &weight, const Array &out,
                const std::optional<Array> &bias,
                const std::vector<std::int64_t> &stride,
                const ConvPadding &padding,
                const std::vector<std::int64_t> &dilation, std::int64_t groups,
                std::string_view precision, const Stream &stream,
                std::source_location where) {
  compute_into<Conv1d>(stream, where, std::tie(out), x, weight, bias, stride,
                       padding, dilation, groups, precision);
}

OpEntry entry_of_conv1d() {
  return op_entry<Conv1d>({"convolution",
                           "bias + x * weight over windows of 1 dimension",
                           {std::begin(floats), std::end(floats)},
                           convolution_entries(1)});
}

} // namespace girih::ops
