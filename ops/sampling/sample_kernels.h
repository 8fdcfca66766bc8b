// SPDX-License-Identifier: Apache-2.0
// The two kernels of sample().
//
// A row of the vocabulary is cut into parts, as many for each row as its length
// asks for: results do not depend on the batch. A part has chunks of 32 tokens
// that lie far from one another, so that likely tokens, which are neighbours
// in a vocabulary, are spread over all parts.
//
// parts: a program to each part. It finds the part's largest logit, its sum of
//   exponentials, and its best score, and where there are filters the few
//   largest logits (`kept` at most): by bisection of their upper 16 bits, then
//   put together by a scan. All tokens of the part from `bound` on are among
//   them. One read of the logits.
// merge: a program to each row. Filters are a bound for logits, below which
//   nothing is drawn. That of top_k is bisected. For top_p the best of all
//   tokens from a bound on is drawn; if those above it have the mass already,
//   it was outside, and the next best above it is tried: each try is one pass,
//   and the first mostly holds. Passes are over the parts' candidates, or where
//   these may not be all over the row.
#pragma once

#include "girih/ops/op.h"

namespace girih::ops::sampling {

/// Tokens of a chunk.
inline constexpr std::int64_t chunk = 32;
/// Candidates of a part at most; fewer than its chunks.
inline constexpr std::int64_t kept = 16;
/// Room for them, and for a lane that is waste: `kept`. Rows are aligned.
inline constexpr std::int64_t room = 20;

/// How a row of `tokens` is cut.
struct Cut {
  std::int64_t chunks = 32; // of a part
  std::int64_t parts = 1;
  explicit Cut(std::int64_t tokens);
};

/// logits[B, V], temperature, top_k, top_p, min_p, seed, position ->
/// tops, sums, scores (f32), tokens, counts, bounds (i32), all [B, P], and keys
/// and places (i32) and noisy scores (f32) [B, P, room].
const Kernel &parts_kernel();
/// logits[B, V], the same six, tops ... noisy -> out[B] (i64)
const Kernel &merge_kernel();

/// The Configs of both.
Config parts_config(const Cut &cut);
Config merge_config(const Cut &cut, std::int64_t tokens);

std::vector<KernelEntry> sample_entries();

} // namespace girih::ops::sampling
