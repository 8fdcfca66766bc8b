// SPDX-License-Identifier: Apache-2.0
// Where numbers stand in an operand that is in order.
#pragma once

#include "girih/dsl/dsl.h"

namespace girih::ops {

/// How many of sorted[N] are less than each lane of `numbers`, both i64 or what
/// becomes one.
inline Tile less_than(const In &sorted, const Tile &numbers) {
  const Index count = sorted.source_size(0);
  Tile low = zeros(numbers.shape(), i64);
  Tile high = low + count;
  loop_while([&] { return any(low < high); },
             [&] {
               const Tile middle = (low + high) >> 1;
               const Tile found =
                   cast(sorted.gather({min(middle, count - 1)}), i64);
               const Tile open = low < high, less = found < numbers;
               high = where(open & !less, middle, high);
               low = where(open & less, middle + 1, low);
             });
  return low;
}

} // namespace girih::ops
