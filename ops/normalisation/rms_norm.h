// SPDX-License-Identifier: Apache-2.0
// What RMS norms compute, with a residual or without.
#pragma once

#include "girih/ops/normalisation/rows.h"

#include <limits>

namespace girih::ops {

/// The distance from 1 to the next number.
inline double epsilon(DType dtype) {
  return dtype == f64    ? std::numeric_limits<double>::epsilon()
         : dtype == f32  ? std::numeric_limits<float>::epsilon()
         : dtype == bf16 ? 0x1p-7
                         : 0x1p-10;
}

/// 1 / the root of the mean of squares, of which some are already added.
inline Tile rms_scale(const Tile &squares, const In &x, const In &eps) {
  Tile mean = sum(squares, dim(1).kept()) / row_length(x, squares.dtype());
  return rsqrt(mean + cast(eps, squares.dtype()));
}

/// A tile of whole rows; `x` tells how long they are.
inline Tile rms_normed(const Tile &row, const In &x, const In &weight,
                       const In &eps) {
  Tile y = row * rms_scale(row * row, x, eps);
  return given(weight) ? y * cast(weight, y.dtype()) : y;
}

/// Part `k` of long rows.
inline void store_rms_row(const OutTile &out, Tile y, const In &weight,
                          const Index &k) {
  out = given(weight) ? y * cast(weight[k], y.dtype()) : y;
}

} // namespace girih::ops
