// SPDX-License-Identifier: Apache-2.0
// The filters of one request in a kernel of sample().
#pragma once

#include "girih/ops/sampling/scores.h"

namespace girih::ops::sampling {

/// All scalars.
struct Filters {
  Tile greedy;    // bool: no noise, no filters
  Tile inverse;   // 1 / temperature
  Tile has_top_k; // bool, and so below: whether it filters
  Tile top_k;     // i32
  Tile has_top_p;
  Tile top_p; // f32
  Tile has_min_p;
  Tile log_min_p; // f32
  Tile has_bound; // top_k or min_p
  Tile any;
};
Filters filters_of(const In &temperature, const In &top_k, const In &top_p,
                   const In &min_p, const Index &tokens);
/// What min_p asks of scaled logits; `top` is the largest logit.
Tile least_of(const Filters &filters, const Tile &top);

/// Bounds for integers: elements from `low` on are more than some number, those
/// from `high` on are not; `from_low` and `from_high` are how many.
struct Bounds {
  Tile low, high, from_low, from_high;
};
/// Two pivots between bounds that are more than 1 apart, near thirds.
struct Pivots {
  Tile first, second;
};
inline Pivots pivots_between(const Bounds &bounds) {
  const Tile width = bounds.high - bounds.low;
  const Tile third = max((width >> 2) + (width >> 4), 1);
  return {bounds.low + third, min(bounds.low + third * 2, bounds.high - 1)};
}
/// Moves bounds to the part that is left: `first` and `second` are how many
/// elements there are from the pivots on.
inline void narrow(Bounds &bounds, const Pivots &pivots, const Tile &first,
                   const Tile &second, const Tile &most) {
  const Tile above = second > most, between = first > most;
  const auto choose = [&](const Tile &x, const Tile &y, const Tile &z) {
    return where(above, x, where(between, y, z));
  };
  const Tile low = choose(pivots.second, pivots.first, bounds.low),
             from_low = choose(second, first, bounds.from_low);
  bounds.high = choose(bounds.high, pivots.second, pivots.first);
  bounds.from_high = choose(bounds.from_high, second, first);
  bounds.low = low;
  bounds.from_low = from_low;
}

/// Sum of i32 over all lanes.
inline Tile count_of(const Tile &numbers) {
  return reduce(numbers, all_dims, [](Tile a, Tile b) { return a + b; });
}
/// How many of `keys`, fewer than 2^15 lanes, are at least each pivot: in one
/// reduction, the second count in the upper half.
inline Tile counts_from(const Tile &keys, const Pivots &pivots) {
  return count_of(cast(keys >= pivots.first, i32) +
                  (cast(keys >= pivots.second, i32) << 16));
}

} // namespace girih::ops::sampling
