// SPDX-License-Identifier: Apache-2.0
// Convolutions as matrix products, and those of one channel a group as sums.
#pragma once

#include "girih/ops/convolution/convolve.h"

namespace girih::ops {

/// Operands: x, weight, bias, sizes, steps, before, out[N, P..., G, K], whose
/// first dimensions may be joined. Constants: FLAT (places and channels are
/// joined), TF32.
const Kernel &dense_kernel(int dims);
/// Channels from which on they are not joined with the places.
inline constexpr std::int64_t least_channels = 16;
/// Outputs that are further columns of the product: at each of the windows'
/// positions `count` along each dimension, of which the first `before` of the
/// first position are none. weight is [G, K count..., C, R...].
struct PhaseNumbers {
  PerDim count{1, 1, 1}, before{};

  std::int64_t all() const { return count[0] * count[1] * count[2]; }
};
/// The same kernel with phases: no dimensions of out are joined.
Kernel phases_kernel(int dims, const PhaseNumbers &phases);
void launch_dense(const Call &call, const ConvolutionViews &views,
                  const WindowNumbers &windows, bool tf32,
                  const PhaseNumbers &phases = {});

/// The same operands without C and K: x[N, G, H...], weight[G, R...], bias[G],
/// out[N, G, P...]; with TRAIL x and out have G last.
const Kernel &depthwise_kernel(int dims);
bool suits_depthwise(const ConvolutionViews &views);
void launch_depthwise(const Call &call, const ConvolutionViews &views,
                      const WindowNumbers &windows);

} // namespace girih::ops
