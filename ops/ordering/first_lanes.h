// SPDX-License-Identifier: Apache-2.0
// The first few of a tile's lanes without sorting it.
//
// A bound is bisected: lanes whose keys are not above it are at least as many
// as are wanted. Each round counts the lanes up to two pivots, in one
// reduction. It ends as soon as they fit the slots, mostly after a few rounds,
// or else at the key of the last one that is wanted; of lanes that are equal to
// that the first ones are taken.
#pragma once

#include "girih/dsl/dsl.h"

namespace girih::ops::order {

/// Lanes that were chosen.
struct Chosen {
  Tile slot; // i32: where each lane goes, in the order of lanes; else `nowhere`
  Tile count; // i32: how many
};

/// Of keys[N], fewer than 2^15 lanes, the `wanted` (a scalar, i32) least, those
/// of equal keys in the order of lanes, and perhaps more that come after them:
/// at most `slots` together, which are at least `wanted`.
Chosen first_lanes(const Tile &keys, const Tile &wanted, std::int64_t slots);

/// Of keys[N], fewer than 2^15 lanes, the one that `wanted` (a scalar, i32)
/// lanes are not above, in order: the least is 1.
Tile key_of_rank(const Tile &keys, const Tile &wanted);

} // namespace girih::ops::order
