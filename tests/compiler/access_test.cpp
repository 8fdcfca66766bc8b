// SPDX-License-Identifier: Apache-2.0
#include "parsed_access.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using compiler::Access;

// Half-precision rows: what a GEMM operand looks like.
const ParsedLoad::Text gemm = {
    .view = "sizes = [1, 16], strides = [16, 1], unit = 1, align = 16",
    .element = "bf16",
    .rank = "[s0, s1]",
    .before = "%m = tile.size %x, 1 : !tile.view<element = bf16, sizes = "
              "[1, 16], strides = [16, 1], unit = 1, align = 16>",
    .scalars = "%p, %q, %n, %m",
    .map = "(d0, d1)[s0, s1, s2, s3] -> (s0 * 128 + d0, s1 * 64 + d1)",
    .bounds = "(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 128 - d0 - 1 >= 0, "
              "s3 - s1 * 64 - d1 - 1 >= 0, s0 * 128 + d0 >= 0)",
    .tile = "128x64",
};

TEST(Access, RowsOfAMatrix) {
  ParsedLoad load(gemm);
  ASSERT_TRUE(load.load);
  Access access = load.access();
  EXPECT_EQ(access.contiguousLane(), 1);
  EXPECT_TRUE(access.isLinear());
  EXPECT_TRUE(access.isBox());

  const auto &rows = access.lanes()[0], &columns = access.lanes()[1];
  EXPECT_EQ(columns.extent, 64);
  EXPECT_EQ(columns.run, 64);
  EXPECT_EQ(columns.elementStep, 1);
  EXPECT_EQ(columns.maskGranularity, 16); // 16 divides the row length
  EXPECT_EQ(rows.run, 1);
  EXPECT_FALSE(rows.elementStep.has_value());
  EXPECT_EQ(rows.maskGranularity, 1);
  EXPECT_EQ((llvm::ArrayRef<int64_t>(rows.steps)),
            (llvm::ArrayRef<int64_t>{1, 0}));

  // 8 lanes of bf16 are 16 bytes; the pointer promises no more than that.
  EXPECT_EQ(access.alignment(1, 8), 16);
  EXPECT_EQ(access.alignment(1, 4), 8);
  EXPECT_EQ(access.alignment(1, 1), 2);
  EXPECT_EQ(access.vectorWidth(1), 8);
  EXPECT_EQ(access.vectorWidth(1, 4), 2);
  EXPECT_EQ(access.vectorWidth(0), 1);
}

TEST(Access, ProvableConstraintsAreGone) {
  ParsedLoad load(gemm);
  Access access = load.access();
  ASSERT_EQ(access.constraints().size(), 2u);
  EXPECT_FALSE(access.provablyInBounds());
  const auto &row = access.constraints()[0];
  EXPECT_TRUE(row.linear);
  ASSERT_EQ(row.lanes.size(), 1u);
  EXPECT_EQ(row.lanes[0], 0u);
  EXPECT_EQ(row.coefficients[0], -1);
}

TEST(Access, ScalarStepsOfTheBase) {
  ParsedLoad load(gemm);
  Access access = load.access();
  auto steps = access.scalarSteps(1);
  ASSERT_TRUE(steps);
  EXPECT_EQ((llvm::ArrayRef<int64_t>(*steps)),
            (llvm::ArrayRef<int64_t>{0, 64}));
}

ParsedLoad::Text vectorOf(std::string view) {
  return {.view = view,
          .before = "",
          .scalars = "%p, %n",
          .map = "(d0)[s0, s1] -> (s0 * 128 + d0)",
          .bounds = "(d0)[s0, s1] : (s1 - s0 * 128 - d0 - 1 >= 0)",
          .tile = "128"};
}

TEST(Access, UnalignedVector) {
  ParsedLoad load(vectorOf("sizes = [1], strides = [1], unit = 0, align = 4"));
  Access access = load.access();
  EXPECT_EQ(access.lanes()[0].run, 128);
  EXPECT_EQ(access.lanes()[0].maskGranularity, 1);
  EXPECT_EQ(access.alignment(0, 4), 4);
  EXPECT_EQ(access.vectorWidth(0), 1);
}

TEST(Access, UnknownStrideIsNotContiguous) {
  ParsedLoad load(
      vectorOf("sizes = [16], strides = [16], unit = -1, align = 16"));
  Access access = load.access();
  EXPECT_EQ(access.contiguousLane(), -1);
  EXPECT_EQ(access.lanes()[0].run, 1);
  EXPECT_FALSE(access.lanes()[0].elementStep.has_value());
  EXPECT_TRUE(access.lanes()[0].linear);
}

TEST(Access, NotAPowerOfTwo) {
  ParsedLoad::Text text =
      vectorOf("sizes = [16], strides = [1], unit = 0, align = 16");
  text.map = "(d0)[s0, s1] -> (s0 * 176 + d0)";
  text.bounds = "(d0)[s0, s1] : (s1 - s0 * 176 - d0 - 1 >= 0)";
  text.tile = "176";
  ParsedLoad load(text);
  Access access = load.access();
  EXPECT_EQ(access.lanes()[0].run, 176);
  EXPECT_EQ(access.lanes()[0].maskGranularity, 16);
  EXPECT_EQ(access.vectorWidth(0), 4);
  EXPECT_EQ(access.vectorWidth(0, 64), 4); // the pointer allows 16 bytes
}

TEST(Access, OffsetBreaksAlignmentNotTheRun) {
  ParsedLoad::Text text =
      vectorOf("sizes = [16], strides = [1], unit = 0, align = 16");
  text.map = "(d0)[s0, s1] -> (s0 * 128 + d0 + 2)";
  text.bounds = "(d0)[s0, s1] : (s1 - s0 * 128 - d0 - 3 >= 0)";
  ParsedLoad load(text);
  Access access = load.access();
  EXPECT_EQ(access.lanes()[0].run, 128);
  EXPECT_EQ(access.alignment(0, 4), 8);
  // size - 2 is even, so pairs are still in bounds together.
  EXPECT_EQ(access.lanes()[0].maskGranularity, 2);
  EXPECT_EQ(access.vectorWidth(0), 2);
}

// Flattened [n, m] with 16 dividing m: runs break where a row ends.
TEST(Access, FlattenedRows) {
  ParsedLoad load(
      {.view = "sizes = [1, 16], strides = [16, 1], unit = 1, align = 16",
       .rank = "[s0, s1]",
       .before = "%m = tile.size %x, 1 : !tile.view<element = f32, sizes = "
                 "[1, 16], strides = [16, 1], unit = 1, align = 16>",
       .scalars = "%p, %m, %n",
       .map = "(d0)[s0, s1, s2] -> ((s0 * 128 + d0) floordiv s1, "
              "(s0 * 128 + d0) mod s1)",
       .bounds =
           "(d0)[s0, s1, s2] : (s2 - (s0 * 128 + d0) floordiv s1 - 1 >= 0)",
       .tile = "128"});
  ASSERT_TRUE(load.load);
  Access access = load.access();
  EXPECT_FALSE(access.isLinear());
  EXPECT_FALSE(access.isBox());
  EXPECT_EQ(access.lanes()[0].run, 16);
  EXPECT_EQ(access.lanes()[0].maskGranularity, 16);
  EXPECT_EQ(access.contiguousLane(), 0);
  EXPECT_EQ(access.vectorWidth(0), 4);
}

// Steps of 2 through memory: never contiguous, but known.
TEST(Access, ElementStep) {
  ParsedLoad::Text text =
      vectorOf("sizes = [16], strides = [1], unit = 0, align = 16");
  text.map = "(d0)[s0, s1] -> (s0 * 256 + d0 * 2)";
  ParsedLoad load(text);
  EXPECT_EQ(load.access().lanes()[0].elementStep, 2);
  EXPECT_EQ(load.access().lanes()[0].run, 1);

  text.map = "(d0)[s0, s1] -> (s0)";
  ParsedLoad broadcast(text);
  EXPECT_EQ(broadcast.access().lanes()[0].elementStep, 0);
}

TEST(Access, GridProvesExactCover) {
  ParsedLoad::Text text =
      vectorOf("sizes = [16], strides = [1], unit = 0, align = 16");
  text.map = "(d0)[s0, s1] -> (s0 * 16 + d0)";
  text.bounds = "(d0)[s0, s1] : (s1 - s0 * 16 - d0 - 1 >= 0)";
  text.tile = "16";
  EXPECT_TRUE(ParsedLoad(text).access().provablyInBounds());
  // A tile that reaches one further is not proven.
  text.bounds = "(d0)[s0, s1] : (s1 - s0 * 16 - d0 - 2 >= 0)";
  EXPECT_FALSE(ParsedLoad(text).access().provablyInBounds());
  // Nor is anything when the size is not known to be divisible.
  text = vectorOf("sizes = [8], strides = [1], unit = 0, align = 16");
  text.map = "(d0)[s0, s1] -> (s0 * 16 + d0)";
  text.bounds = "(d0)[s0, s1] : (s1 - s0 * 16 - d0 - 1 >= 0)";
  text.tile = "16";
  EXPECT_FALSE(ParsedLoad(text).access().provablyInBounds());
}

TEST(Access, LoopCounterFacts) {
  ParsedLoad load(
      {.view = "sizes = [1], strides = [1], unit = 0, align = 16",
       .before = "%c0 = arith.constant 0 : index\n%c8 = arith.constant 8 : "
                 "index\n%c12 = arith.constant 12 : index\n"
                 "%s = arith.muli %n, %c12 : index",
       .scalars = "%c8, %s",
       .map = "(d0)[s0, s1] -> (s0 + s1 + d0)",
       .bounds = "",
       .tile = "8"});
  ASSERT_TRUE(load.load);
  Access access = load.access();
  EXPECT_EQ(access.scalarFacts()[0].divisor, 8);
  EXPECT_EQ(access.scalarFacts()[1].divisor, 12);
  EXPECT_EQ(access.scalarFacts()[1].lower, 0);
  EXPECT_EQ(access.alignment(0, 8), 16);
}

TEST(Access, EqualityIsNoBox) {
  ParsedLoad::Text text =
      vectorOf("sizes = [16], strides = [1], unit = 0, align = 16");
  text.bounds = "(d0)[s0, s1] : (s0 * 4 - d0 == 0)";
  ParsedLoad load(text);
  EXPECT_FALSE(load.access().isBox());
  EXPECT_EQ(load.access().lanes()[0].maskGranularity, 1);
}

} // namespace
} // namespace girih::testing
