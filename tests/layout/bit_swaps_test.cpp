// SPDX-License-Identifier: Apache-2.0
// Bits that lanes and registers trade, by moving elements one by one.
#include "girih/compiler/layout/atoms.h"
#include "girih/compiler/layout/bit_swaps.h"
#include "girih/compiler/layout/moves.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>
#include <vector>

using namespace girih::compiler;

namespace {

/// Sums of warp groups: 64 rows of a group of four warps, `columns` columns.
Layout sums(std::int64_t columns, std::int64_t groups) {
  Layout layout(2);
  layout.basis(Axis::reg, {0, 1}).basis(Axis::reg, {8, 0});
  for (const Coords &basis : {Coords{0, 2}, {0, 4}, {1, 0}, {2, 0}, {4, 0}})
    layout.basis(Axis::lane, basis);
  layout.basis(Axis::warp, {16, 0}).basis(Axis::warp, {32, 0});
  return layout.repeat(Axis::reg, 1, columns / 8).repeat(Axis::warp, 0, groups);
}

/// Swaps registers of all lanes as shuffles would: where each element is then.
std::vector<std::vector<Coords>> swapped(const Layout &from, std::int64_t warp,
                                         const LaneSwaps &swaps) {
  std::vector<std::vector<Coords>> held(32);
  for (std::int64_t lane = 0; lane < 32; ++lane)
    for (std::int64_t reg = 0; reg < from.size(Axis::reg); ++reg)
      held[lane].push_back(from.coordinates(reg, lane, warp));
  for (const BitSwap &swap : swaps.swaps)
    for (std::int64_t lane = 0; lane < 32; ++lane)
      for (std::size_t reg = 0; reg < held[lane].size(); ++reg)
        if (!(lane >> swap.lane & 1) && (reg >> swap.reg & 1))
          std::swap(held[lane][reg], held[lane + (1 << swap.lane)]
                                         [reg - (std::size_t{1} << swap.reg)]);
  return held;
}

void expectSwapped(const Layout &from, const Layout &to, std::size_t count) {
  auto swaps = findSwaps(from, to);
  ASSERT_TRUE(swaps.has_value()) << to.toString();
  EXPECT_EQ(swaps->swaps.size(), count);
  for (std::int64_t warp = 0; warp < from.size(Axis::warp); ++warp) {
    auto held = swapped(from, warp, *swaps);
    for (std::int64_t lane = 0; lane < 32; ++lane) {
      std::multiset<Coords> has(held[lane].begin(), held[lane].end()), wants;
      for (std::int64_t reg = 0; reg < to.size(Axis::reg); ++reg) {
        wants.insert(to.coordinates(reg, lane, warp));
        EXPECT_EQ(swaps->after.coordinates(reg, lane, warp), held[lane][reg]);
      }
      EXPECT_TRUE(has == wants) << "warp " << warp << ", lane " << lane;
    }
  }
}

TEST(BitSwaps, SumsAreGatheredForWideStores) {
  for (std::int64_t columns : {32, 64, 96, 256})
    for (std::int64_t groups : {1, 2, 3})
      for (auto [count, swaps] :
           {std::pair<std::int64_t, std::size_t>{4, 1}, {8, 2}}) {
        SCOPED_TRACE(std::to_string(columns) + " columns");
        Layout from = sums(columns, groups);
        auto to = gathered(from, 1, count);
        ASSERT_TRUE(to.has_value());
        EXPECT_GE(to->registerRun(1), count);
        EXPECT_EQ(to->shape(), from.shape());
        expectSwapped(from, *to, swaps);
      }
}

TEST(BitSwaps, WhatIsGatheredAlreadyStays) {
  Layout from = sums(64, 1);
  auto same = gathered(from, 1, 2);
  ASSERT_TRUE(same.has_value());
  expectSwapped(from, *same, 0);
}

TEST(BitSwaps, TooFewBitsGatherNothing) {
  // 22 columns of eight: one bit beyond the lanes'.
  EXPECT_TRUE(gathered(sums(176, 1), 1, 4).has_value());
  EXPECT_FALSE(gathered(sums(176, 1), 1, 8).has_value());
  EXPECT_FALSE(gathered(sums(8, 1), 1, 4).has_value());
  // Rows lie in lanes and warps.
  EXPECT_FALSE(gathered(sums(64, 1), 0, 32).has_value());
}

/// Rows of 128, four neighbours in each thread, as windows are read.
Layout windows(std::int64_t rows) {
  Layout layout(2);
  layout.basis(Axis::reg, {0, 1}).basis(Axis::reg, {0, 2});
  for (int bit = 2; bit < 7; ++bit)
    layout.basis(Axis::lane, {0, 1 << bit});
  layout.basis(Axis::warp, {1, 0}).basis(Axis::warp, {2, 0});
  return layout.repeat(Axis::reg, 0, rows / 4);
}

/// Whether the lanes of a warp have `count` neighbours along columns in each of
/// their registers.
bool lanesAreNeighbours(const Layout &layout, std::int64_t count) {
  for (std::int64_t reg = 0; reg < layout.size(Axis::reg); ++reg) {
    std::set<std::int64_t> columns;
    for (std::int64_t lane = 0; lane < 32; ++lane)
      columns.insert(layout.coordinates(reg, lane, 0)[1] / count);
    if (static_cast<std::int64_t>(columns.size()) != 32 / count)
      return false;
  }
  return true;
}

TEST(BitSwaps, RunsAreDealtForNarrowStores) {
  for (std::int64_t rows : {4, 8, 16}) {
    const Layout from = windows(rows);
    EXPECT_FALSE(lanesAreNeighbours(from, 16));
    auto one = dealt(from, 1, 1, 16, 2), two = dealt(from, 1, 2, 16, 2),
         few = dealt(from, 1, 1, 16, 1);
    ASSERT_TRUE(one && two && few);
    EXPECT_TRUE(lanesAreNeighbours(*one, 32));
    expectSwapped(from, *one, 2);
    // Pairs that one access has stay together.
    EXPECT_EQ(two->registerRun(1), 2);
    expectSwapped(from, *two, 1);
    expectSwapped(from, *few, 1);
  }
}

TEST(BitSwaps, WhatLanesShareAlreadyIsNotDealt) {
  EXPECT_FALSE(dealt(windows(4), 1, 4, 16, 2).has_value());
  // Along rows lanes have nothing to give.
  Layout rows(2);
  rows.basis(Axis::reg, {0, 1});
  for (int bit = 0; bit < 5; ++bit)
    rows.basis(Axis::lane, {1 << bit, 0});
  EXPECT_FALSE(dealt(rows, 1, 1, 16, 2).has_value());
}

TEST(BitSwaps, OtherWarpsAreOutOfReach) {
  Layout rows(2), columns(2);
  for (int bit = 0; bit < 5; ++bit) {
    rows.basis(Axis::lane, {0, 1 << bit});
    columns.basis(Axis::lane, {0, 1 << bit});
  }
  rows.basis(Axis::reg, {1, 0}).basis(Axis::warp, {2, 0});
  columns.basis(Axis::reg, {2, 0}).basis(Axis::warp, {1, 0});
  EXPECT_FALSE(findSwaps(rows, columns).has_value());
  EXPECT_TRUE(findSwaps(rows, rows)->swaps.empty());
}

} // namespace
