// SPDX-License-Identifier: Apache-2.0
// Softmax over the last dimension, in one kernel: y = exp(x - max) / sum.
#pragma once

#include <girih/girih.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace lessons {

using namespace girih;

// A program has one row in one tile, whose size N covers the row. Positions
// past the row's end read as minus infinity, so that they neither win the
// maximum nor add to the sum.
// [kernel]
inline auto softmax_arrangement(Tensor x, Tensor y) {
  auto N = covering_block("N", x.size(1));
  return arranged(x.other(-INFINITY).tile({1, N}), y.tile({1, N}));
}

// dim(1).kept() leaves the dimension with size 1: the [1, 1] that comes out
// broadcasts against the row.
inline void softmax_application(In x, Out y) {
  Tile row = cast(x, f32);
  Tile e = exp(row - max(row, dim(1).kept()));
  y = e / sum(e, dim(1).kept());
}
// [/kernel]

inline Kernel softmax() {
  return make("softmax", softmax_arrangement, softmax_application, {"x", "y"});
}

// A row that is too long for one tile is cut into tiles of N, and these are a
// level of their own: a program loops over them.
// [long_arrangement]
inline auto long_softmax_arrangement(Tensor x, Tensor y) {
  auto N = block_size("N", 8192);
  return arranged(
      x.other(-INFINITY).tile({1, N}).tile({1, whole}).at(1, squeeze(0)),
      y.tile({1, N}).tile({1, whole}).at(1, squeeze(0)));
}
// [/long_arrangement]

// The sum of each lane is kept relative to the largest element that it has
// seen, and corrected when a larger one comes: one pass finds both, with one
// exponential an element. The second pass writes.
// [long_application]
inline void long_softmax_application(In x, Out y) {
  const float log2e = std::numbers::log2e_v<float>; // exp2 is the cheaper one
  // Above minus infinity: that less itself would be no number.
  const float least = std::numeric_limits<float>::lowest();
  Tile largest = full(x.shape(), least, f32);
  Tile total = zeros(x.shape(), f32);
  for (Index k : range(x.size(0))) {
    Tile part = cast(x[k], f32) * log2e;
    Tile smaller = exp2(-abs(part - largest)); // of the two, by the larger
    total = where(part > largest, fma(total, smaller, 1), total + smaller);
    largest = max(largest, part);
  }
  Tile top = max(largest, dim(1).kept());
  Tile scale = 1 / girih::sum(total * exp2(largest - top), dim(1).kept());
  // Backwards: the end of the row was read last and is still in the cache.
  Index last = x.size(0) - 1;
  for (Index k : range(x.size(0)))
    y[last - k] = exp2(fma(cast(x[last - k], f32), log2e, -top)) * scale;
}
// [/long_application]

inline Kernel long_softmax() {
  return make("long_softmax", long_softmax_arrangement,
              long_softmax_application, {"x", "y"});
}

} // namespace lessons
