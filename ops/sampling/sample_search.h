// SPDX-License-Identifier: Apache-2.0
// The mass that top_k leaves, where it leaves many tokens.
//
// Bounds of the top_k-th largest key are narrowed down: in each round all parts
// count how many of their tokens are above each of 32 pivots, and what these
// weigh. Half of the pivots divide the bounds evenly as keys, so that each
// round leaves a 16th whatever the logits are; the others divide the logits
// between, which is better where these are spread as usual. After three or
// four rounds a few tokens are left between, whose mass seldom matters.
#pragma once

#include "girih/runtime/kernel.h"

namespace girih::ops::sampling {

/// Pivots of a round.
inline constexpr std::int64_t pivot_count = 32;

/// logits[B, V], temperature, top_k, top_p, min_p, tops, lows (f32) [B, P] ->
/// pivots [B, pivot_count], ends [B, 2] (i32) and weights [B, 2] (f32), which
/// are the bounds and what tokens above them weigh, and before (i32) and masses
/// (f32) [B, P, pivot_count], of the pivots
const Kernel &first_search_kernel();
/// logits, temperature, top_k, top_p, min_p, tops, pivots ... masses of the
/// round before -> the same of the next one
const Kernel &search_kernel();
/// top_k, temperature, pivots ... masses of the last round, like[B] -> the
/// least and the most that the top_k likeliest weigh [B]
const Kernel &found_kernel();

} // namespace girih::ops::sampling
