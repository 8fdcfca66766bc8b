// SPDX-License-Identifier: Apache-2.0
// The tokens that can be drawn, whatever the filters are.
//
// What stays of a row is its tokens from some logit on, and the best score
// among those is drawn. That is a record: a token whose score is above those of
// all likelier ones. Of n tokens in random order about ln n are, and a record
// of a row is one of its part.
#pragma once

#include "girih/dsl/dsl.h"

#include <limits>

namespace girih::ops::sampling {

/// Records that there is room for; of 2^18 tokens there are 13 on average.
inline constexpr std::int64_t records = 32;

/// Stand for no token, and for a key below all.
inline constexpr std::int64_t no_token =
    std::numeric_limits<std::int32_t>::max();
inline constexpr std::int64_t lowest = std::numeric_limits<std::int32_t>::min();

/// [records] each but for `count`, a scalar, which is larger than `records`
/// where there are more. The first is the best score of all, each next one has
/// a larger key; no_token and the lowest key fill up.
struct Records {
  Tile keys, tokens, scores, count;
};

/// The records among lanes; those without a token have the lowest key. Of equal
/// scores the first token counts.
Records records_of(const Tile &keys, const Tile &tokens, const Tile &scores);

} // namespace girih::ops::sampling
