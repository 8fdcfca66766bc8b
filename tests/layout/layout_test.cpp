// SPDX-License-Identifier: Apache-2.0
// The Layout class itself: coordinates, inverse, text, queries.
#include "girih/compiler/layout/atoms.h"

#include <gtest/gtest.h>

#include <set>

using namespace girih::compiler;

namespace {

Layout sample() {
  Layout layout(2);
  layout.basis(Axis::reg, {0, 1}).basis(Axis::lane, {1, 0});
  return layout.repeat(Axis::reg, 1, 3).repeat(Axis::warp, 0, 3);
}

TEST(LayoutClass, CoordinatesMixAtomAndRepeats) {
  Layout layout = sample();
  EXPECT_EQ(layout.shape(), (Coords{6, 6}));
  EXPECT_EQ(layout.size(Axis::reg), 6);
  EXPECT_EQ(layout.size(Axis::warp), 3);
  EXPECT_EQ(layout.coordinates(0, 0, 0), (Coords{0, 0}));
  EXPECT_EQ(layout.coordinates(5, 0, 0), (Coords{0, 5}));
  EXPECT_EQ(layout.coordinates(2, 1, 2), (Coords{5, 2}));
}

TEST(LayoutClass, BasesAreExclusiveOred) {
  Layout layout(1);
  layout.basis(Axis::offset, {1}).basis(Axis::offset, {3});
  EXPECT_EQ(layout.coordinates({0, 0, 0, 3, 0}), (Coords{2}));
  EXPECT_EQ(layout.atomShape(), (Coords{4}));
}

TEST(LayoutClass, TextReadsBack) {
  for (const Layout &layout :
       {sample(), Layout(0), swizzledShared({96, 64}, 1, 2, 3),
        mmaAccumulator(128, 176, {4, 1, 1}),
        blockedLayout({13, 7}, 1, 1, 4, 3)}) {
    std::string text = layout.toString();
    EXPECT_EQ(Layout::parse(text), layout) << text;
    EXPECT_EQ(Layout::decode(layout.encode()), layout) << text;
  }
  EXPECT_EQ(sample().toString(), "rank = 2, reg = [[0, 1]], lane = [[1, 0]], "
                                 "repeat = [reg 3 along 1, warp 3 along 0]");
}

TEST(LayoutClass, PartsAreWhatEveryThreadHasOfColumns) {
  const Layout whole = wgmmaAccumulator(128, 96, 2, 1);
  const std::optional<Layout> part = whole.part(3);
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part->shape(), (Coords{128, 32}));
  EXPECT_EQ(*part, wgmmaAccumulator(128, 32, 2, 1));
  std::set<Coords> all;
  for (std::int64_t reg = 0; reg < whole.size(Axis::reg); ++reg)
    all.insert(whole.coordinates(reg, 5, 6));
  for (std::int64_t number = 0; number < 3; ++number)
    for (std::int64_t reg = 0; reg < part->size(Axis::reg); ++reg) {
      Coords at = part->coordinates(reg, 5, 6);
      at[1] += 32 * number;
      EXPECT_EQ(all.erase(at), 1U) << at[0] << " " << at[1];
    }
  EXPECT_TRUE(all.empty());
  EXPECT_EQ(wgmmaAccumulator(64, 8, 1, 1).repeat(Axis::reg, 1, 2).part(2),
            wgmmaAccumulator(64, 8, 1, 1));
}

TEST(LayoutClass, ThereAreNoPartsThatSomeThreadsHaveNothingOf) {
  EXPECT_FALSE(wgmmaAccumulator(64, 128, 1, 2).part(2).has_value());
  EXPECT_FALSE(wgmmaAccumulator(64, 64, 1, 1).part(3).has_value());
  EXPECT_FALSE(wgmmaAccumulator(64, 8, 1, 1).part(2).has_value());
}

TEST(LayoutClass, BadTextIsRefused) {
  for (const char *text :
       {"", "rank", "rank = -1", "rank = 99", "rank = 1, reg",
        "rank = 1, reg = 3", "rank = 1, reg = [[1, 2]]",
        "rank = 1, reg = [[-1]]", "rank = 1, thread = [[1]]",
        "rank = 1, reg = [[1]", "rank = 1, repeat = [reg 0]",
        "rank = 1, repeat = [reg 2 along 1]",
        "rank = 1, repeat = [reg 2], reg = [[1]]", "rank = 1 trailing",
        "rank = 99999999999999999999"})
    EXPECT_FALSE(Layout::parse(text).has_value()) << text;
}

TEST(LayoutClass, OffsetMapInvertsEveryMemoryLayout) {
  for (int64_t bytes : {1, 2, 4, 8})
    for (Coords shape : {Coords{8, 64}, Coords{32, 128}, Coords{176, 128},
                         Coords{64, 80}, Coords{3, 5}, Coords{128, 32}})
      for (int contiguous : {0, 1}) {
        Layout memory = swizzledShared(shape, contiguous, bytes, 2);
        auto map = OffsetMap::of(memory);
        ASSERT_TRUE(map.has_value()) << memory.toString();
        ASSERT_EQ(memory.size(Axis::offset), map->stageSize());
        for (int64_t offset = 0; offset < map->stageSize(); ++offset)
          ASSERT_EQ(map->offset(memory.coordinates({0, 0, 0, offset, 1})),
                    offset)
              << memory.toString();
      }
}

TEST(LayoutClass, OffsetMapRefusesWhatHasNoInverse) {
  Layout twice(1);
  twice.basis(Axis::offset, {1}).basis(Axis::offset, {1});
  EXPECT_FALSE(OffsetMap::of(twice).has_value());
  Layout digits(1);
  digits.repeat(Axis::offset, 0, 3).repeat(Axis::offset, 0, 5);
  EXPECT_FALSE(OffsetMap::of(digits).has_value());
}

TEST(LayoutClass, RegisterRun) {
  EXPECT_EQ(blockedLayout({1024}, 0, 8, 2, 4).registerRun(0), 8);
  EXPECT_EQ(mmaAccumulator(64, 64, {1, 1, 1}).registerRun(1), 2);
  EXPECT_EQ(mmaAccumulator(64, 64, {1, 1, 1}).registerRun(0), 1);
  // A digit goes on where the atom stopped: 12 = 4 * 3 in a row.
  Layout digits(1);
  digits.basis(Axis::reg, {1}).repeat(Axis::reg, 0, 6);
  EXPECT_EQ(digits.registerRun(0), 4);
}

TEST(LayoutClass, OwnersCoverEachElementOnce) {
  for (const Layout &layout :
       {blockedLayout({16}, 0, 1, 4, 4), blockedLayout({13, 7}, 1, 1, 2, 3),
        mmaAccumulator(32, 16, {2, 1, 2}), fmaAccumulator(16, 8, 8),
        blockedLayout({}, 0, 1, 4, 4), blockedLayout({1000}, 0, 4, 4, 4),
        wgmmaAccumulator(192, 128, 3, 1)}) {
    std::set<std::vector<int64_t>> seen;
    int64_t owned = 0;
    for (int64_t warp = 0; warp < layout.size(Axis::warp); ++warp)
      for (int64_t lane = 0; lane < 32; ++lane) {
        if (!layout.isOwner(Axis::warp, warp) ||
            !layout.isOwner(Axis::lane, lane))
          continue;
        for (int64_t reg = 0; reg < layout.size(Axis::reg); ++reg, ++owned) {
          Coords at = layout.coordinates(reg, lane, warp);
          seen.emplace(at.begin(), at.end());
        }
      }
    int64_t elements = 1;
    for (int64_t extent : layout.shape())
      elements *= extent;
    EXPECT_EQ(static_cast<int64_t>(seen.size()), elements) << layout.toString();
    EXPECT_EQ(owned, elements) << layout.toString();
  }
}

} // namespace
