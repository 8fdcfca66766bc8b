// SPDX-License-Identifier: Apache-2.0
// The kernels of sample(): two, or where filters leave many tokens three, or
// four for many rows.
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
//
// A pass over a row by one program takes about 20 us for 151936 tokens. So
// where a request asks for more than the candidates will be, or for a share of
// the mass alone:
//
// records: as parts, but finds the part's best scores (sample_records.h).
// line: a program to each row. It finds the row's records from those, about
//   six, eight at most.
// weigh: a program to each part. It finds how many of its tokens are likelier
//   than each of the row's records, and how much mass they have. The second
//   read of the logits.
// choose: a program to each row. It adds that up, and the first record that
//   stays is drawn. With both top_k and top_p the mass that top_k leaves is
//   searched for before (sample_search.h) and known within bounds: where these
//   do not tell, or none of the records stays, passes as in merge.
#pragma once

#include "girih/ops/op.h"

namespace girih::ops::sampling {

/// Tokens of a chunk.
inline constexpr std::int64_t chunk = 32;
/// Candidates of a part at most; fewer than its chunks.
inline constexpr std::int64_t kept = 16;
/// Room for them, and for a lane that is waste: `kept`. Sizes are multiples of
/// 16, so that rows are read by 16 bytes.
inline constexpr std::int64_t room = 32;

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

/// logits[B, V], the same six -> tops, lows (f32), [B, P], keys, tokens and
/// scores as keys (i32) [B, P, told]
const Kernel &records_kernel();
/// keys, tokens, scores of those -> keys and tokens of the row's records (i32)
/// [B, records]
const Kernel &line_kernel();
/// logits[B, V], temperature, top_k, top_p, min_p, tops, keys of the row's
/// records -> above (i32) and masses (f32) [B, P, records], and wholes (f32)
/// [B, P]
const Kernel &weigh_kernel();
/// Both in one, for few rows: each of their programs finds the row's records.
const Kernel &line_weigh_kernel();
/// logits[B, V], the six, tops, keys, tokens, above, masses, wholes, and the
/// least and the most that the top_k likeliest weigh, numbers or [B] -> out[B]
const Kernel &choose_kernel();

/// The Configs of them.
Config parts_config(const Cut &cut);
Config records_config(const Cut &cut, std::int64_t batch);
/// Whether all programs of so many rows run at once.
bool are_few(const Cut &cut, std::int64_t batch);
Config merge_config(const Cut &cut, std::int64_t tokens);
Config line_config(const Cut &cut);
Config weigh_config(const Cut &cut);
Config choose_config(const Cut &cut, std::int64_t tokens);

std::vector<KernelEntry> sample_entries();
/// Those of the kernels that go by records.
std::vector<KernelEntry> record_entries();

} // namespace girih::ops::sampling
