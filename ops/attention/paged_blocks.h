// SPDX-License-Identifier: Apache-2.0
// What a program of paged attention does with its part of a sequence: blocks
// of keys of which all are visible, and those at the ends.
#pragma once

#include "girih/ops/attention/online_softmax.h"
#include "girih/ops/attention/paged_kernel.h"

#include <functional>

namespace girih::ops {

/// [B, H, R] with tiles [rows, width] of x[B, H, G, D], and splits.
Tensor arrange_heads(const Tensor &x, std::int64_t rows, std::int64_t width,
                     const Size &splits);
/// For each program of `grid` the scalar of its sequence, or a row of scalars.
Tensor arrange_of_sequence(const Tensor &x, const Tensor &grid);
/// Tiles [block, width] of a cache for each program of `grid`.
Tensor arrange_blocks(const Tensor &cache, const PagedForm &form,
                      std::int64_t width, const Tensor &grid);

/// Tiles [rows, value width] of parts[B, H, S, G, Dv] and columns [rows, 1] of
/// sums[B, H, S, G]; grid [B, H, R, S].
Tensor arrange_parts(const Tensor &parts, const PagedForm &form);
Tensor arrange_sums(const Tensor &sums, const PagedForm &form);

/// Names of a kernel's inputs, then of its outputs.
std::vector<std::string> names_with(std::vector<std::string> inputs,
                                    std::initializer_list<std::string> outputs);

/// What a program reads. A block is given by its page and its place there.
struct PagedReads {
  using Block = std::function<Tile(const Index &page, const Index &place)>;

  std::function<std::vector<Tile>()> query; // [rows, width of the keys] each
  std::vector<Block> keys;                  // [width, block], one for each
  Block value; // [block, value width]; null: the first keys'
  const In &table;
  ScoreScale scale;
  DType dtype; // of keys and values
};

/// Keys of a sequence: those in the cache, the first `cached`, and of them the
/// visible ones, from `first` on.
struct PagedKeys {
  Index cached, first;
};

/// Attention of this program's part of its sequence, of `splits`. `begin` puts
/// into the state what has no place in the cache.
OnlineSoftmax attend_pages(const PagedForm &form, const PagedReads &reads,
                           const PagedKeys &keys, const Index &splits,
                           const std::function<void(OnlineSoftmax &)> &begin);

} // namespace girih::ops
