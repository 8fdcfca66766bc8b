// SPDX-License-Identifier: Apache-2.0
// conv_transpose2d: out[n, k, p...] = bias[k] + sum over c, h... of x[n, c,
// h...] * weight[c, k, r...], r * dilation = p + padding - h * stride
//
// Shapes: x[N, C, H, W] or x[C, H, W], weight[C, K / groups, R, S], bias[K] or
// none; out[N, K, P, Q] with P = (H - 1) * stride - 2 * padding + dilation * (R
// - 1) + output_padding + 1. stride, padding, output_padding and dilation are
// one number or 2; output_padding is below stride or dilation. Dtypes and
// precision as of conv2d. Outputs that are stride apart have the same places of
// a window and are one convolution: see transposed.h.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.nn.functional.conv_transpose2d.
#include "girih/ops/convolution/transposed.h"

namespace girih::ops {

namespace {

struct ConvTranspose2d : TransposedConvolution<2> {
  static constexpr std::string_view signature =
      "conv_transpose2d(x, weight, bias: array? = None, stride: ints = 1, "
      "padding: ints = 0, output_padding: ints = 0, groups: int = 1, "
      "dilation: ints = 1, *, precision: str = 'ieee') -> out";
};

} // namespace

Array conv_transpose2d(const Array &x, const Array &weight,
                       const std::optional<Array> &bias,
                       const std::vector<std::int64_t> &stride,
                       const std::vector<std::int64_t> &padding,
                       const std::vector<std::int64_t> &output_padding,
                       std::int64_t groups,
                       const std::vector<std::int64_t> &dilation,
                       std::string_view precision, const Stream &stream,
                       std::source_location where) {
  return compute<ConvTranspose2d>(stream, where, x, weight, bias, stride,
                                  padding, output_padding, groups, dilation,
                                  precision);
}

void conv_transpose2d_out(const Array &x, const Array &weight, const Array &out,
                          const std::optional<Array> &bias,
                          const std::vector<std::int64_t> &stride,
                          const std::vector<std::int64_t> &padding,
                          const std::vector<std::int64_t> &output_padding,
                          std::int64_t groups,
                          const std::vector<std::int64_t> &dilation,
                          std::string_view precision, const Stream &stream,
                          std::source_location where) {
  compute_into<ConvTranspose2d>(stream, where, std::tie(out), x, weight, bias,
                                stride, padding, output_padding, groups,
                                dilation, precision);
}

OpEntry entry_of_conv_transpose2d() {
  return op_entry<ConvTranspose2d>(
      {"convolution",
       "the gradient of conv2d by x, as an operator of its own",
       {std::begin(floats), std::end(floats)},
       transposed_entries(2)});
}

} // namespace girih::ops
