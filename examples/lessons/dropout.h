// SPDX-License-Identifier: Apache-2.0
// Dropout (Srivastava et al., 2014) without a stored mask: the random numbers
// are a function of a seed and of the element's place, and can be made again.
#pragma once

#include <girih/girih.h>

namespace lessons {

using namespace girih;

// seed and p are scalars: arrays of rank 0, which every program sees.
// [kernel]
inline auto dropout_arrangement(Tensor x, Tensor seed, Tensor p, Tensor y) {
  auto BLOCK = block_size("BLOCK");
  return arranged(x.tile({BLOCK}), seed, p, y.tile({BLOCK}));
}

inline void dropout_application(In x, In seed, In p, Out y) {
  Tile drop = p;
  Tile kept = rand(seed, x.offsets(0)) >= drop;
  y = where(kept, cast(x, f32) / (1.f - drop), 0.f);
}
// [/kernel]

/// x[N], seed (i64) and p (f32) of shape [], y[N]: each element is 0 with
/// probability p and x / (1 - p) otherwise.
inline Kernel dropout() {
  return make("dropout", dropout_arrangement, dropout_application,
              {"x", "seed", "p", "y"});
}

} // namespace lessons
