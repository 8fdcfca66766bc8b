// SPDX-License-Identifier: Apache-2.0
// Transposed convolutions, without the zeros that are between the elements of x
// in their definition: outputs p = p0 + i * stride see the places r of a window
// with r * dilation = p0 + padding modulo stride and no others, which are every
// stride / gcd(stride, dilation)-th. So each p0 below stride is a convolution
// of stride 1 with a part of weight, turned round, into a part of out. All
// parts are views.
#pragma once

#include "girih/ops/convolution/numbers.h"

namespace girih::ops {

template <int Dims> struct TransposedConvolution {
  static Shaped result(const Call &call, const Array &x, const Array &weight,
                       const std::optional<Array> &bias, const Numbers &stride,
                       const Numbers &padding, const Numbers &output_padding,
                       std::int64_t groups, const Numbers &dilation,
                       std::string_view precision);
  static void launch(const Call &call, const Array &x, const Array &weight,
                     const std::optional<Array> &bias, const Numbers &stride,
                     const Numbers &padding, const Numbers &output_padding,
                     std::int64_t groups, const Numbers &dilation,
                     std::string_view precision, const Array &out);
};

} // namespace girih::ops
