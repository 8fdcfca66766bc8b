// SPDX-License-Identifier: Apache-2.0
// 2-D convolution as a matrix product that is never written down: only the
// arrangement differs from matmul's.
#pragma once

#include <girih/girih.h>

namespace lessons {

using namespace girih;

// x[N, H, W, C], weight[K, R, S, C], y[N, P, Q, K]; stride 1, no padding: pad
// or slice x in the arrangement for others.
//
// The window of one output position is a tile of x, and windows overlap:
//   x.tile({1, R, S, C}, strides {1, 1, 1, C})  [N, P, Q, 1] of [1, R, S, C]
//    .ravel()                                   [N, P, Q, 1, 1, R, S, C]
//    .flatten(3).flatten(0, 3)                  [N P Q, R S C]
// which is the left matrix; weight.flatten(1) transposed is the right one.
// Nothing is copied: a flattened dimension is index arithmetic.
// [arrangement]
inline auto conv2d_arrangement(Tensor x, Tensor weight, Tensor y) {
  auto BM = block_size("BM"), BN = block_size("BN"), BK = block_size("BK");
  auto windows = x.tile({1, weight.size(1), weight.size(2), whole},
                        {1, 1, 1, x.size(3)}, {}, Rounding::floor)
                     .ravel()
                     .flatten(3)
                     .flatten(0, 3);
  auto filters = weight.flatten(1).permute({1, 0});
  auto ct = y.flatten(0, 3).tile({BM, BN});
  auto at = windows.tile({BM, BK})
                .tile({1, whole})
                .expand({keep, ct.size(1)})
                .at(1, squeeze(0));
  auto bt = filters.tile({BK, BN})
                .tile({whole, 1})
                .expand({ct.size(0), keep})
                .at(1, squeeze(1));
  return arranged(at, bt, ct);
}
// [/arrangement]

// This is matmul's.
inline void conv2d_application(In x, In weight, Out y) {
  Tile acc = zeros(y.shape(), f32);
  for (Index k : range(x.size(0)))
    acc += dot(x[k], weight[k]);
  y = acc;
}

inline Kernel conv2d() {
  return make("conv2d", conv2d_arrangement, conv2d_application,
              {"x", "weight", "y"});
}

} // namespace lessons
