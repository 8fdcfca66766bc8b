// SPDX-License-Identifier: Apache-2.0
// Tiles of queries against blocks of keys: what all forms of attention of more
// than one query share.
//
// A program has a tile of queries of one head and walks over the blocks of keys
// that some of them see (FlashAttention). The blocks that all of them see come
// in a loop without masks, which is the one that counts; before and after it
// are those at the edges of the window, at the diagonal and at the end. Options
// that are absent are absent from the kernel.
#pragma once

#include "girih/ops/attention/paged.h"

#include <compare>
#include <optional>

namespace girih::ops {

/// Numbers that a kernel is made with.
struct BlockedForm {
  enum class Keys : std::uint8_t { dense, jagged, paged };
  enum class Mask : std::uint8_t { none, boolean, additive };
  /// Of dense keys, rows and block are what the block sizes ROWS and KEYS are
  /// where a Config has none.
  std::int64_t rows = 128, block = 64, width = 128, value_width = 128;
  std::int64_t page = 0;
  std::int64_t piece = 0; // paged: keys of a page that a block takes at once
  int unrolled = 1;       // blocks of one step
  Keys keys = Keys::dense;
  Mask mask = Mask::none;
  bool upper = false; // queries and keys begin together, else they end so
  bool left = false, right = false; // how far a query sees is limited
  /// Scores are products times a positive number, and nothing else: it is
  /// multiplied where the power is taken.
  bool folded = false;
  bool capped = false, sinks = false, slopes = false, log_sum = false;
  auto operator<=>(const BlockedForm &) const = default;
};

/// One call. The query's heads are those of the keys times a group.
struct BlockedCall {
  BlockedForm::Keys kind = BlockedForm::Keys::dense;
  Array q;    // [B, H, G, M, D], or [T, H, G, D]
  Array k, v; // [B, H, N, D], [T, H, D] or [pages, page size, H, D]
  std::optional<Array> mask = {};               // dense: [B, H, G, M, N]
  std::optional<Array> slopes = {}, sinks = {}; // [H, G]
  double scale = 1, soft_cap = 0;
  bool upper = false;
  std::optional<std::int64_t> left = {}, right = {};
  std::optional<Array> q_offsets = {}; // [B + 1], where rows are jagged
  std::optional<Array> k_offsets = {}; // [B + 1]; paged: lengths[B]
  std::optional<Array> block_table = {};
  std::int64_t longest = 0;          // of the jagged queries
  Array out;                         // as q, with Dv
  std::optional<Array> log_sum = {}; // [B, H, G, M] or [T, H, G]
};

void launch_blocked(const Call &call, const BlockedCall &blocked);

/// Entries of the kernels, for `inspect` and the compiler's tests.
std::vector<KernelEntry> blocked_entries(BlockedForm::Keys keys);

} // namespace girih::ops
