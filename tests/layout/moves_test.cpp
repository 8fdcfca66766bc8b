// SPDX-License-Identifier: Apache-2.0
// What stays in its thread and what moves, by counting elements.
#include "girih/compiler/layout/atoms.h"
#include "girih/compiler/layout/moves.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

using namespace girih::compiler;

namespace {

class LayoutMoves : public ::testing::Test {
protected:
  mlir::AffineMap map(const std::string &text) {
    auto attr = mlir::parseAttribute("affine_map<" + text + ">", &context);
    return llvm::cast<mlir::AffineMapAttr>(attr).getValue();
  }

  /// Every thread finds each element that it holds of the result where the
  /// renaming says.
  void expectRenaming(const Layout &from, const Layout &to,
                      const LaneMap &names, const Coords &toShape) {
    auto registers = findRenaming(from, to, names);
    ASSERT_TRUE(registers.has_value()) << to.toString();
    for (int64_t reg = 0; reg < to.size(Axis::reg); ++reg)
      for (int64_t warp = 0; warp < to.size(Axis::warp); ++warp)
        for (int64_t lane = 0; lane < 32; ++lane) {
          Coords at = to.coordinates(reg, lane, warp);
          bool inside = true;
          for (size_t dim = 0; dim < at.size(); ++dim)
            inside &= at[dim] < toShape[dim];
          if (inside)
            EXPECT_EQ(from.coordinates((*registers)[reg], lane, warp),
                      apply(names.map, at));
        }
  }

  static Coords apply(mlir::AffineMap map, const Coords &at) {
    mlir::MLIRContext *context = map.getContext();
    llvm::SmallVector<mlir::AffineExpr> dims;
    for (int64_t coord : at)
      dims.push_back(mlir::getAffineConstantExpr(coord, context));
    Coords result;
    for (mlir::AffineExpr expr : map.getResults())
      result.push_back(llvm::cast<mlir::AffineConstantExpr>(
                           expr.replaceDimsAndSymbols(dims, {}))
                           .getValue());
    return result;
  }

  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
};

const WarpGrid rows{4, 1, 1};

TEST_F(LayoutMoves, AttentionKeepsItsProbabilitiesInRegisters) {
  mlir::AffineMap same = map("(d0, d1) -> (d0, d1)");
  for (int64_t n : {64, 128, 176}) {
    Coords shape{128, n};
    LaneMap names{same, shape, shape};
    expectRenaming(mmaAccumulator(128, n, rows), mmaOperandA(128, n, rows, 16),
                   names, shape);
  }
  // Two warps along N hold parts of a row each.
  Coords shape{128, 64};
  EXPECT_FALSE(findRenaming(mmaAccumulator(128, 64, {2, 2, 1}),
                            mmaOperandA(128, 64, {2, 2, 1}, 16),
                            {same, shape, shape}));
  // 32-bit operands have another order of lanes.
  EXPECT_FALSE(findRenaming(mmaAccumulator(128, 64, rows),
                            mmaOperandA(128, 64, rows, 32),
                            {same, shape, shape}));
}

TEST_F(LayoutMoves, StatisticsOfRowsStay) {
  mlir::AffineMap spread = map("(d0, d1) -> (d0)");
  for (const Layout &layout :
       {mmaAccumulator(128, 64, rows), mmaAccumulator(128, 64, {2, 2, 1}),
        blockedLayout({128, 64}, 1, 8, 2, 4),
        blockedLayout({13, 70}, 1, 2, 4, 3), fmaAccumulator(13, 7, 4),
        wgmmaAccumulator(192, 128, 3, 1)}) {
    Layout kept = withoutDim(layout, 1);
    Coords wide = layout.shape(), narrow{wide[0]};
    EXPECT_EQ(kept.shape(), narrow);
    EXPECT_EQ(kept.size(Axis::warp), layout.size(Axis::warp));
    EXPECT_FALSE(kept.replicates(Axis::reg));
    expectRenaming(kept, layout, {spread, narrow, wide}, wide);
    EXPECT_EQ(withoutCopies(*throughMap(layout, {spread, narrow, wide})), kept);
  }
  // As many registers as rows of a thread.
  EXPECT_EQ(withoutDim(mmaAccumulator(128, 64, rows), 1).size(Axis::reg), 4);
  // The statistics of scores and of what they weigh are laid out alike.
  EXPECT_EQ(withoutDim(mmaAccumulator(128, 64, rows), 1),
            withoutDim(mmaAccumulator(128, 256, rows), 1));
}

TEST_F(LayoutMoves, OneToOneMapsTakeTheLayoutAlong) {
  struct Case {
    const char *text;
    Coords from, to;
  };
  for (const Case &c :
       {Case{"(d0, d1) -> (d1, d0)", {32, 64}, {64, 32}},
        {"(d0, d1) -> (d0)", {32}, {32, 1}},
        {"(d0) -> (d0, 0)", {32, 1}, {32}},
        {"(d0, d1) -> (d0 * 16 + d1)", {256}, {16, 16}},
        {"(d0) -> (d0 floordiv 16, d0 mod 16)", {16, 16}, {256}},
        {"(d0, d1, d2) -> (d2, d0 * 8 + d1)", {4, 64}, {8, 8, 4}}}) {
    SCOPED_TRACE(c.text);
    LaneMap names{map(c.text), c.from, c.to};
    int64_t vector = std::min<int64_t>(c.from.back(), 2);
    Layout source = blockedLayout(c.from, static_cast<int>(c.from.size()) - 1,
                                  vector, 4, 2);
    auto result = behindMap(source, names);
    ASSERT_TRUE(result.has_value());
    expectRenaming(source, *result, names, c.to);
    // And back again.
    auto again = throughMap(*result, names);
    ASSERT_TRUE(again.has_value());
    for (int64_t reg = 0; reg < source.size(Axis::reg); ++reg)
      EXPECT_EQ(again->coordinates(reg, 13, 1), source.coordinates(reg, 13, 1));
  }
}

TEST_F(LayoutMoves, WhatNoLayoutSays) {
  Coords six{60}, matrix{6, 10};
  EXPECT_FALSE(behindMap(blockedLayout(six, 0, 1, 4, 2),
                         {map("(d0, d1) -> (d0 * 10 + d1)"), six, matrix}));
  Coords four{4}, eight{8};
  // Not one-to-one; one element further, which is no linear map over F2.
  EXPECT_FALSE(behindMap(blockedLayout(eight, 0, 1, 4, 1),
                         {map("(d0) -> (d0)"), eight, four}));
  EXPECT_FALSE(throughMap(blockedLayout(four, 0, 1, 4, 1),
                          {map("(d0) -> (d0 + 1)"), eight, four}));
}

/// Does what the exchange says and looks at what arrives.
void expectExchange(const Layout &from, const Layout &to, const LaneMap &names,
                    const Exchange &exchange) {
  for (int64_t reg = 0; reg < to.size(Axis::reg); ++reg)
    for (int64_t lane = 0; lane < 32; ++lane) {
      const Exchange::Source &source = exchange.sources[exchange.of[reg]];
      int64_t other = source.lane.constant;
      for (int bit = 0; bit < 5; ++bit)
        if (lane >> bit & 1)
          other ^= static_cast<int64_t>(source.lane.bases[bit]);
      Coords at = to.coordinates(reg, lane, 0);
      if (at[0] < names.to[0])
        EXPECT_EQ(from.coordinates(source.reg, other, 0), at);
    }
}

TEST_F(LayoutMoves, LanesExchangeWithinAWarp) {
  mlir::AffineMap same = map("(d0) -> (d0)");
  // Rows of an accumulator: lanes 4 i hold row i, afterwards lane i does.
  Coords shape{16};
  LaneMap names{same, shape, shape};
  Layout from = withoutDim(mmaAccumulator(16, 8, {}), 1);
  Layout to = blockedLayout({16}, 0, 1, 4, 1);
  EXPECT_FALSE(findRenaming(from, to, names));
  // Lane 8 and on want the other register: that is no shuffle.
  EXPECT_FALSE(findExchange(from, to, names));
  Layout spread(1);
  spread.basis(Axis::reg, {8});
  for (int64_t step : {1, 2, 4, 0, 0})
    spread.basis(Axis::lane, {step});
  auto exchange = findExchange(from, spread, names);
  ASSERT_TRUE(exchange.has_value());
  EXPECT_EQ(exchange->sources.size(), 2u);
  expectExchange(from, spread, names, *exchange);
  // Between warps nothing can be shuffled.
  EXPECT_FALSE(findExchange(blockedLayout({64}, 0, 1, 4, 2),
                            blockedLayout({64}, 0, 2, 4, 2),
                            {same, Coords{64}, Coords{64}}));
}

TEST_F(LayoutMoves, DimensionsThatMoveAlone) {
  EXPECT_TRUE(isSeparable(mmaAccumulator(64, 64, rows), 1));
  Layout mixed(2);
  mixed.basis(Axis::lane, {1, 1});
  EXPECT_FALSE(isSeparable(mixed, 0));
}

} // namespace
