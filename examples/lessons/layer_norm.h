// SPDX-License-Identifier: Apache-2.0
// Normalising rows: layer norm (Ba et al., 2016) and RMS norm (Zhang and
// Sennrich, 2019).
#pragma once

#include <girih/girih.h>

namespace lessons {

using namespace girih;

// x and y are cut into rows; weight and bias are one tile that every program
// sees: a dimension of size 1 is put before them and repeated for each row.
// [arrangement]
inline auto norm_arrangement(Tensor x, Tensor weight, Tensor bias, Tensor y) {
  auto N = covering_block("N", x.size(1));
  auto rows = y.tile({1, N});
  auto for_each_row = [&](Tensor t) {
    return t.unsqueeze(0).expand({rows.size(0), keep}).tile({1, N});
  };
  return arranged(x.tile({1, N}), for_each_row(weight), for_each_row(bias),
                  rows);
}
// [/arrangement]

inline auto rms_arrangement(Tensor x, Tensor weight, Tensor y) {
  auto N = covering_block("N", x.size(1));
  auto rows = y.tile({1, N});
  return arranged(x.tile({1, N}),
                  weight.unsqueeze(0).expand({rows.size(0), keep}).tile({1, N}),
                  rows);
}

// Lanes past the row's end read 0 and so do not change the sum; but their
// distance from the mean is not 0, and they are left out of the variance.
// [application]
inline void layer_norm_application(In x, In weight, In bias, Out y) {
  Tile row = cast(x, f32);
  Tile count = cast(x.source_size(1), f32);
  Tile mean = sum(row, dim(1).kept()) / count;
  Tile centred = where(x.in_bounds(), row - mean, 0.f);
  Tile variance = sum(centred * centred, dim(1).kept()) / count;
  Tile scaled = centred * rsqrt(variance + 1e-5f);
  y = fma(scaled, cast(weight, f32), cast(bias, f32));
}
// [/application]

inline void rms_norm_application(In x, In weight, Out y) {
  Tile row = cast(x, f32);
  Tile mean = sum(row * row, dim(1).kept()) / cast(x.source_size(1), f32);
  y = row * rsqrt(mean + 1e-6f) * cast(weight, f32);
}

/// eps is 1e-5, as in PyTorch.
inline Kernel layer_norm() {
  return make("layer_norm", norm_arrangement, layer_norm_application,
              {"x", "weight", "bias", "y"});
}
/// eps is 1e-6.
inline Kernel rms_norm() {
  return make("rms_norm", rms_arrangement, rms_norm_application,
              {"x", "weight", "y"});
}

} // namespace lessons
