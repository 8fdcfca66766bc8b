// SPDX-License-Identifier: Apache-2.0
// The tokens that can be drawn, whatever the filters are.
//
// What stays of a row is its tokens from some logit on, and the best score
// among those is drawn. That is a record: a token whose score is above those of
// all likelier ones. Of n tokens in random order about ln n are.
//
// Which token is drawn shows among the best few scores mostly: where the tokens
// that stay have a share m of the mass, each next score is one of theirs with
// probability m. So a part tells its best few only; records whose scores are
// above the last one of each part are known to be those of the row. Of 149
// parts with 8 scores that are the row's 300 best or so.
#pragma once

#include "girih/dsl/dsl.h"

#include <limits>

namespace girih::ops::sampling {

/// Records of a row that are looked for: what comes behind them is likelier
/// than all but a share of e^-8 of the mass.
inline constexpr std::int64_t records = 8;
/// Scores that a part tells.
inline constexpr std::int64_t told = 8;

/// Stand for no token, and for a key below all.
inline constexpr std::int64_t no_token =
    std::numeric_limits<std::int32_t>::max();
inline constexpr std::int64_t lowest = std::numeric_limits<std::int32_t>::min();

/// Tokens, and their scores as keys.
struct Told {
  Tile tokens, scores;
};
/// The best `told` of a part's tokens, both [N]; lanes outside have no_token
/// and the lowest score. Of equal scores the first token counts; no_token and
/// the lowest score fill up.
Told best_scores(const Tile &tokens, const Tile &scores);

/// The records among the parts' best, all [P * told], as far as these tell;
/// those without a token have the lowest key. [records] each; the first is the
/// best score of all, each next one has a larger key; no_token and the lowest
/// key fill up. Of equal scores the first token counts.
struct Records {
  Tile keys, tokens;
};
Records records_of(const Tile &keys, const Told &parts);

} // namespace girih::ops::sampling
