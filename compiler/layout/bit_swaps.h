// SPDX-License-Identifier: Apache-2.0
// Layouts that differ by bits which lanes and registers trade: a tile gets from
// one to the other within its warps, without shared memory.
#pragma once

#include "girih/compiler/layout/layout.h"

namespace girih::compiler {

/// Bits that lanes and registers trade at most: each is a shuffle for two
/// words.
inline constexpr size_t mostSwaps = 2;

/// Bit `lane` of the lane's number and bit `reg` of the register's trade what
/// they say of an element.
struct BitSwap {
  int lane, reg;
  bool operator==(const BitSwap &) const = default;
};

/// The swaps that take `from` to a layout in which every thread holds what it
/// holds in `to`, in registers of other numbers perhaps, and that layout. None
/// where elements change warps, or lanes have to trade with lanes.
struct LaneSwaps {
  llvm::SmallVector<BitSwap> swaps;
  Layout after;
};
std::optional<LaneSwaps> findSwaps(const Layout &from, const Layout &to);

/// `layout` with bits swapped so that each thread has `count` neighbours along
/// `dim` in registers next to each other; `count` is a power of two. None where
/// registers have not that many bits along `dim`.
std::optional<Layout> gathered(const Layout &layout, int dim, int64_t count);

/// The opposite: up to `most` bits swapped so that lanes have what lies `run`
/// to `count` along `dim` from a thread's first element, as far as they have
/// longer steps along it to give away. None where there is nothing to swap.
std::optional<Layout> dealt(const Layout &layout, int dim, int64_t run,
                            int64_t count, size_t most);

} // namespace girih::compiler
