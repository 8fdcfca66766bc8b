// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/ordering/first_lanes.h"

namespace girih::ops::order {

namespace {

Tile added(const Tile &a, const Tile &b) { return a + b; }

// Two counts in one number, the second in its upper half: what a lane adds to
// them.
Tile either(const Tile &first, std::int64_t one, const Tile &second,
            std::int64_t other) {
  return where(first, zeros({}, i32) + one,
               where(second, zeros({}, i32) + other, 0));
}

// The least key up to which there are `wanted` lanes, or a larger one up to
// which there are `slots` at most.
struct Bound {
  Tile key, reached;
};

Bound bound_of(const Tile &keys, const Tile &wanted, std::int64_t slots) {
  Tile low = min(keys), high = max(keys);
  Tile reached = zeros({}, i32) + keys.shape()[0];
  loop_while(
      [&] { return (low < high) & (reached > slots); },
      [&] {
        // Halves, since the whole width may not fit.
        const Tile half = (high >> 1) - (low >> 1);
        const Tile third = (half >> 1) + (half >> 3);
        const Tile first = low + third,
                   second = min(first + third + 1, high - 1);
        const Tile counts =
            reduce(either(keys <= first, 0x10001, keys <= second, 0x10000),
                   all_dims, added);
        const Tile at_first = counts & 0xffff, at_second = counts >> 16;
        const Tile below = at_first >= wanted, between = at_second >= wanted;
        low = where(below, low, where(between, first, second) + 1);
        high = where(below, first, where(between, second, high));
        reached = where(below, at_first, where(between, at_second, reached));
      });
  return {high, reached};
}

} // namespace

Chosen first_lanes(const Tile &keys, const Tile &wanted, std::int64_t slots) {
  const Bound bound = bound_of(keys, wanted, slots);
  const Tile ahead = keys < bound.key, equal = keys == bound.key;
  const Tile numbers = scan(either(ahead, 1, equal, 0x10000), 0, added);
  const Tile before = numbers & 0xffff, ties = numbers >> 16;
  const Tile room = slots - reduce(cast(ahead, i32), all_dims, added);
  const Tile chosen = ahead | (equal & (ties <= room));
  return {where(chosen, before + min(ties, room) - 1, nowhere),
          min(bound.reached, slots)};
}

Tile key_of_rank(const Tile &keys, const Tile &wanted) {
  return bound_of(keys, wanted, 0).key;
}

} // namespace girih::ops::order
