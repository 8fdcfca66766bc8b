// SPDX-License-Identifier: Apache-2.0
// How the kernels of sample() see their operands.
#pragma once

#include "girih/ops/sampling/sample_kernels.h"

#include <cmath>

namespace girih::ops::sampling {

/// logits[B, V] -> a program to each of [B, P] parts: chunk c is in part c % P.
/// `like` is [B, P].
inline Tensor cut_row(const Tensor &logits, const Tensor &like) {
  const Size depth = block_size("J"), parts = like.size(1);
  const Tensor chunks = logits.other(-INFINITY).tile({1, chunk});
  return chunks.pad({{0, 0}, {0, depth * parts - chunks.size(1)}})
      .tile({1, depth}, {1, 1}, {1, parts})
      .at(1, [](Tensor t) { return t.ravel().squeeze({0, 2}); });
}

/// [B, P] -> a program to each row, which sees all of it.
inline Tensor row_of(const Tensor &t) {
  return t.tile({1, block_size("P")}).select(1, 0).at(1, squeeze(0));
}
/// [B, P, ...] -> the same, with the first `width` of each part.
inline Tensor found_of(const Tensor &t, std::int64_t width = kept) {
  return t.tile({1, block_size("P"), width})
      .select(2, 0)
      .select(1, 0)
      .at(1, squeeze(0));
}
/// Either of those for each of a grid [B, P].
inline Tensor for_parts(const Tensor &row, const Tensor &grid) {
  return row.unsqueeze(1).expand({keep, grid.size(1)});
}

/// [B, N] -> a program to each row, which sees the first `width`.
inline Tensor read_list(const Tensor &t, std::int64_t width) {
  return t.tile({1, width}).select(1, 0).at(1, squeeze(0));
}
/// The same, and writes them all.
inline Tensor list_of(const Tensor &t, std::int64_t width) {
  return partial(read_list(t, width));
}
/// [B, P, N] -> a program to each part, which does.
inline Tensor lists_of(const Tensor &t, std::int64_t width) {
  return partial(t.tile({1, 1, width}).select(2, 0).at(1, squeeze({0, 1})));
}

} // namespace girih::ops::sampling
