// SPDX-License-Identifier: Apache-2.0
// What conv1d to conv3d and their transposes take, checked.
#pragma once

#include "girih/ops/convolution.h"
#include "girih/ops/convolution/convolve.h"

namespace girih::ops {

/// "same", "valid" or numbers, of a call by name.
template <> struct Unbox<ConvPadding> {
  static ConvPadding from(const UnboxContext &context, std::size_t at,
                          const Value &value) {
    if (const auto *text = std::get_if<std::string>(&value))
      return {*text};
    return {unbox<std::vector<std::int64_t>>(context, at, value)};
  }
};

/// The arguments of a convolution besides its arrays.
struct ConvolutionNumbers {
  WindowNumbers windows;
  PerDim after{}; // padding behind
  std::int64_t groups = 1;
};

using Numbers = std::vector<std::int64_t>;

/// Devices, dtypes, ranks, groups, the channels of x and the bias, for
/// `channels` of x and `out_channels` of the result that weight speaks of.
/// [device] [dtype] [shape] [argument]
void check_convolution(const Call &call, int dims, const Array &x,
                       const Array &weight, const std::optional<Array> &bias,
                       std::int64_t groups, bool transposed);

/// x or out with a batch: as it is, or one.
Array batched(const Array &array, int dims);

/// [N, channels, positions...], without N where x has none. [shape] where a
/// position is below 1.
Shaped convolution_shape(const Call &call, int dims, const Array &x,
                         std::int64_t channels, const PerDim &positions,
                         const Array &weight);

template <int Dims> struct Convolution {
  static ConvolutionNumbers numbers(const Call &call, const Array &weight,
                                    const Numbers &stride,
                                    const ConvPadding &padding,
                                    const Numbers &dilation,
                                    std::int64_t groups);
  static Shaped result(const Call &call, const Array &x, const Array &weight,
                       const std::optional<Array> &bias, const Numbers &stride,
                       const ConvPadding &padding, const Numbers &dilation,
                       std::int64_t groups, std::string_view precision);
  static void launch(const Call &call, const Array &x, const Array &weight,
                     const std::optional<Array> &bias, const Numbers &stride,
                     const ConvPadding &padding, const Numbers &dilation,
                     std::int64_t groups, std::string_view precision,
                     const Array &out);
};

/// Sizes of the windows, without padding.
WindowNumbers windows_of(const Call &call, int dims, const Array &weight,
                         const Numbers &stride, const Numbers &dilation);

} // namespace girih::ops
