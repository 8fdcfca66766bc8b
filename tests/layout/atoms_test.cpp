// SPDX-License-Identifier: Apache-2.0
// The layouts that kernels are made of, against the tables of the PTX manual
// and against what memory wants.
#include "girih/compiler/layout/atoms.h"

#include <gtest/gtest.h>

#include <set>

using namespace girih::compiler;

namespace {

const WarpGrid one{1, 1, 1};

TEST(LayoutAtoms, BlockedIsCoalesced) {
  Layout layout = blockedLayout({1024}, 0, 8, 2, 4);
  EXPECT_EQ(layout.toString(),
            "rank = 1, reg = [[1], [2], [4]], lane = [[8], [16], [32], [64], "
            "[128]], warp = [[256], [512]]");
  Layout operand = blockedLayout({128, 32}, 1, 8, 2, 4);
  EXPECT_EQ(operand.coordinates(0, 5, 0), (Coords{1, 8}));
  EXPECT_EQ(operand.coordinates(0, 0, 1), (Coords{8, 0}));
  EXPECT_EQ(operand.coordinates(8, 0, 0), (Coords{32, 0}));
}

TEST(LayoutAtoms, BlockedCoversAnyShape) {
  for (Coords shape : {Coords{1}, Coords{13}, Coords{1000}, Coords{4097},
                       Coords{13, 7}, Coords{176, 80}, Coords{3, 5, 7}})
    for (int warps : {1, 2, 3, 4, 8, 12}) {
      Layout layout = blockedLayout(shape, shape.size() - 1, 1, 4, warps);
      EXPECT_EQ(layout.size(Axis::lane), 32);
      EXPECT_EQ(layout.size(Axis::warp), warps) << layout.toString();
      for (size_t dim = 0; dim < shape.size(); ++dim)
        EXPECT_GE(layout.shape()[dim], shape[dim]) << layout.toString();
    }
  // 176 columns of bf16 by 8 split exactly; nothing is wasted.
  EXPECT_EQ(blockedLayout({128, 176}, 1, 8, 2, 4).shape(), (Coords{128, 176}));
}

TEST(LayoutAtoms, MmaFragmentsAreThoseOfTheManual) {
  Layout a = mmaOperandA(16, 16, one, 16), b = mmaOperandB(16, 8, one, 16);
  Layout c = mmaAccumulator(16, 8, one);
  for (int64_t lane = 0; lane < 32; ++lane) {
    int64_t group = lane / 4, in = lane % 4;
    for (int64_t i = 0; i < 8; ++i)
      EXPECT_EQ(a.coordinates(i, lane, 0),
                (Coords{group + (i / 2 % 2 ? 8 : 0),
                        in * 2 + i % 2 + (i >= 4 ? 8 : 0)}));
    for (int64_t i = 0; i < 4; ++i) {
      EXPECT_EQ(b.coordinates(i, lane, 0),
                (Coords{in * 2 + i % 2 + (i >= 2 ? 8 : 0), group}));
      EXPECT_EQ(c.coordinates(i, lane, 0),
                (Coords{group + (i >= 2 ? 8 : 0), in * 2 + i % 2}));
    }
  }
  Layout tf32 = mmaOperandA(16, 8, one, 32),
         bytes = mmaOperandA(16, 32, one, 8);
  EXPECT_EQ(tf32.coordinates(3, 6, 0), (Coords{9, 6}));
  EXPECT_EQ(bytes.coordinates(13, 6, 0), (Coords{9, 25}));
  EXPECT_EQ(bytes.coordinates(4, 6, 0), (Coords{9, 8}));
}

TEST(LayoutAtoms, WarpGrids) {
  auto grid = [](int64_t m, int64_t n, int warps) {
    WarpGrid g = chooseWarpGrid(m, n, 16, 8, warps);
    return Coords{g.m, g.n, g.copies};
  };
  EXPECT_EQ(grid(128, 128, 4), (Coords{2, 2, 1}));
  EXPECT_EQ(grid(128, 256, 8), (Coords{2, 4, 1}));
  EXPECT_EQ(grid(16, 128, 4), (Coords{1, 4, 1}));
  EXPECT_EQ(grid(16, 8, 4), (Coords{1, 1, 4}));
  EXPECT_EQ(grid(128, 176, 4)[2], 1);
}

TEST(LayoutAtoms, FmaOperandsAgreeWithTheAccumulator) {
  for (auto [m, n, warps, runs] : {std::tuple{64, 64, 4, FmaRuns{}},
                                   {13, 7, 4, FmaRuns{1, 4}},
                                   {1, 128, 4, FmaRuns{4, 4}},
                                   {128, 1, 2, FmaRuns{4, 4}},
                                   {128, 128, 8, FmaRuns{4, 4}},
                                   {6, 10, 3, FmaRuns{1, 2}}}) {
    Layout acc = fmaAccumulator(m, n, warps, runs);
    Layout a = fmaOperand(acc, 0, 5), b = fmaOperand(acc, 1, 5);
    EXPECT_EQ(acc.size(Axis::warp), warps);
    ASSERT_GE(acc.shape()[0], m);
    ASSERT_GE(acc.shape()[1], n);
    for (int64_t warp = 0; warp < warps; ++warp)
      for (int64_t lane = 0; lane < 32; ++lane) {
        std::set<int64_t> rows, columns;
        for (int64_t i = 0; i < a.size(Axis::reg); ++i)
          rows.insert(a.coordinates(i, lane, warp)[0]);
        for (int64_t i = 0; i < b.size(Axis::reg); ++i)
          columns.insert(b.coordinates(i, lane, warp)[1]);
        for (int64_t i = 0; i < acc.size(Axis::reg); ++i) {
          EXPECT_TRUE(rows.count(acc.coordinates(i, lane, warp)[0]));
          EXPECT_TRUE(columns.count(acc.coordinates(i, lane, warp)[1]));
        }
      }
  }
}

TEST(LayoutAtoms, FmaThreadsHoldSquareBlocksInRuns) {
  // Rows of a thread, columns, and how many columns are neighbours.
  auto block = [](int64_t m, int64_t n, int warps, FmaRuns runs) {
    Layout acc = fmaAccumulator(m, n, warps, runs);
    return Coords{fmaOperand(acc, 0, 1).size(Axis::reg),
                  fmaOperand(acc, 1, 1).size(Axis::reg), acc.registerRun(1)};
  };
  EXPECT_EQ(block(128, 128, 8, {1, 4}), (Coords{8, 8, 4}));
  EXPECT_EQ(block(128, 128, 4, {1, 4}), (Coords{8, 16, 4}));
  EXPECT_EQ(block(128, 128, 8, {1, 1}), (Coords{8, 8, 1}));
  // No runs where they would leave threads without an element.
  EXPECT_EQ(block(16, 16, 8, {4, 4})[2], 1);
}

TEST(LayoutAtoms, FmaLanesAskInPairs) {
  // What shared memory needs to serve half a warp at once.
  Layout acc = fmaAccumulator(128, 128, 8, {1, 4});
  for (int64_t lane = 0; lane < 32; ++lane) {
    EXPECT_EQ(acc.coordinates(0, lane, 0)[0],
              acc.coordinates(0, lane ^ 1, 0)[0]);
    EXPECT_EQ(acc.coordinates(0, lane, 0)[1],
              acc.coordinates(0, lane ^ 2, 0)[1]);
  }
}

/// Banks (of 4 bytes) that 16-byte pieces of 8 rows touch, each `step` from
/// the last: all 32 once.
void expectFreeOfConflicts(const Layout &memory, int contiguous, int64_t bytes,
                           int64_t step = 1) {
  auto map = OffsetMap::of(memory);
  int64_t chunk = 16 / bytes;
  for (int64_t column = 0; column < memory.shape()[contiguous];
       column += chunk) {
    std::set<int64_t> chunks;
    for (int64_t row = 0; row < 8; ++row) {
      Coords at{row * step, column};
      if (contiguous == 0)
        std::swap(at[0], at[1]);
      chunks.insert(map->offset(at) / chunk % 8);
    }
    EXPECT_EQ(chunks.size(), 8u) << memory.toString() << " column " << column;
  }
}

TEST(LayoutAtoms, SharedSwizzleHasNoBankConflicts) {
  for (int64_t width : {16, 32, 64, 128, 80, 192})
    for (int contiguous : {0, 1})
      for (int64_t bytes : {1, 2, 4}) {
        Coords shape{64, 64};
        shape[contiguous] = width * 2 / bytes;
        expectFreeOfConflicts(swizzledShared(shape, contiguous, bytes, 1),
                              contiguous, bytes);
      }
}

TEST(LayoutAtoms, TallAtomsHaveNoConflictsOfRowsApart) {
  for (int contiguous : {0, 1})
    for (int64_t bytes : {1, 2, 4}) {
      Coords shape{64, 64};
      shape[contiguous] = 256 / bytes;
      const Layout memory = exchangeShared(shape, contiguous, bytes);
      for (int64_t step : {1, 8})
        expectFreeOfConflicts(memory, contiguous, bytes, step);
    }
  // Rows that 64 does not divide have smaller atoms.
  EXPECT_EQ(exchangeShared({24, 64}, 1, 2), swizzledShared({24, 64}, 1, 2, 1));
}

TEST(LayoutAtoms, FewRowsTakeNoMoreMemory) {
  for (int64_t bytes : {1, 2, 4, 8}) {
    for (int64_t rows : {1, 2, 4, 32})
      EXPECT_EQ(exchangeShared({rows, 512}, 1, bytes).size(Axis::offset),
                rows * 512);
    EXPECT_EQ(exchangeShared({3, 512}, 1, bytes).size(Axis::offset), 4 * 512);
    EXPECT_EQ(exchangeShared({512, 1}, 0, bytes).size(Axis::offset), 512);
    // The rows are those of the first dimension.
    const Layout flat = exchangeShared({64, 1, 32}, 2, bytes);
    EXPECT_EQ(flat.size(Axis::offset), 64 * 32);
    EXPECT_EQ(flat.atomShape()[0], 64);
  }
}

TEST(LayoutAtoms, PatchesHaveNeighboursBothWays) {
  const Layout layout = blockedLayout({64, 64}, 0, 8, 2, 4, {1, 4});
  EXPECT_EQ(layout.registerRun(0), 8);
  EXPECT_EQ(layout.coordinates(8, 0, 0), (Coords{0, 1}));
  EXPECT_EQ(layout.coordinates(16, 0, 0), (Coords{0, 2}));
  EXPECT_EQ(layout.coordinates(0, 8, 0), (Coords{0, 4}));
  EXPECT_EQ(layout.shape(), (Coords{64, 64}));
}

/// Deals out memory as the instruction does, and compares with the layout.
void expectMatrixLoad(const Layout &layout, int contiguous, int64_t bytes,
                      bool transposed, int64_t matrices) {
  auto load = matchMatrixLoad(layout, contiguous, bytes);
  ASSERT_TRUE(load.has_value()) << layout.toString();
  EXPECT_EQ(load->transposed, transposed);
  EXPECT_EQ(load->matrices, matrices);
  int64_t perWord = bytes == 4 ? 1 : 4 / bytes;
  for (int64_t lane = 0; lane < 32; ++lane)
    for (int64_t matrix = 0; matrix < matrices; ++matrix)
      for (int64_t part = 0; part < perWord; ++part) {
        // Lane's word `matrix` holds row lane / 4, columns from lane % 4 on;
        // transposed: the other way round.
        int64_t major = lane / 4, minor = lane % 4 * perWord + part;
        int64_t row = transposed ? minor : major;
        int64_t column = transposed ? major : minor;
        Coords at(2, 0);
        for (int bit = 0; bit < 5; ++bit)
          if ((row + matrix * 8) >> bit & 1)
            for (int dim = 0; dim < 2; ++dim)
              at[dim] ^= load->rows[bit][dim];
        at[contiguous] += column;
        EXPECT_EQ(at, layout.coordinates(matrix * perWord + part, lane, 0));
      }
}

TEST(LayoutAtoms, MatrixLoadsFollowFromTheFragments) {
  expectMatrixLoad(mmaOperandA(16, 16, one, 16), 1, 2, false, 4);
  expectMatrixLoad(mmaOperandA(16, 16, one, 16), 0, 2, true, 4);
  expectMatrixLoad(mmaOperandB(16, 16, one, 16), 1, 2, true, 4);
  expectMatrixLoad(mmaOperandB(16, 16, one, 16), 0, 2, false, 4);
  expectMatrixLoad(mmaOperandB(16, 8, one, 16), 1, 2, true, 2);
  expectMatrixLoad(mmaOperandA(16, 8, one, 32), 1, 4, false, 4);
  expectMatrixLoad(mmaOperandA(16, 32, one, 8), 1, 1, false, 4);
  expectMatrixLoad(mmaOperandB(32, 16, one, 8), 0, 1, false, 4);
  // Only 16-bit elements can be transposed on the way.
  EXPECT_FALSE(matchMatrixLoad(mmaOperandA(16, 8, one, 32), 0, 4).has_value());
  EXPECT_FALSE(matchMatrixLoad(mmaOperandB(32, 16, one, 8), 1, 1).has_value());
  EXPECT_FALSE(
      matchMatrixLoad(blockedLayout({16, 16}, 1, 8, 2, 1), 1, 2).has_value());
}

TEST(LayoutAtoms, OddTilesOfAttentionAndThreeWarpgroups) {
  // FlashAttention: 128 x 176 scores in two consumer warpgroups.
  Layout scores = wgmmaAccumulator(128, 176, 2, 1);
  EXPECT_EQ(scores.shape(), (Coords{128, 176}));
  EXPECT_EQ(scores.size(Axis::reg), 88);
  EXPECT_EQ(scores.size(Axis::warp), 8);
  // 192 x 128 over three warpgroups.
  Layout gemm = wgmmaAccumulator(192, 128, 3, 1);
  EXPECT_EQ(gemm.shape(), (Coords{192, 128}));
  EXPECT_EQ(gemm.size(Axis::reg), 64);
  EXPECT_EQ(gemm.coordinates(0, 0, 4), (Coords{64, 0}));
  EXPECT_EQ(gemm.coordinates(0, 0, 11), (Coords{176, 0}));
  // Its operand: K blocks of 176 rows by 128, three stages, no padding.
  Layout keys = swizzledShared({176, 128}, 1, 2, 3);
  EXPECT_EQ(keys.shape(), (Coords{176, 128}));
  EXPECT_EQ(keys.size(Axis::offset), 176 * 128);
  EXPECT_EQ(keys.size(Axis::stage), 3);
}

} // namespace
