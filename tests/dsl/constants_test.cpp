// SPDX-License-Identifier: Apache-2.0
// Constants: plain numbers for both functions, part of the Program.
#include "kernels.h"

#include <gtest/gtest.h>

#include <cmath>

namespace girih {
namespace {

using testing::record_all;

KernelSource scaled_source(Constants constants) {
  auto source = make_source(
      "scaled",
      [](Tensor x, Tensor y) {
        auto block = constexpr_value<int>("BLOCK", 16);
        return arranged(x.tile({block}), y.tile({block}));
      },
      [](In x, Out y) {
        if (constexpr_value<bool>("CAUSAL"))
          y = x * constexpr_value<double>("SCALE", 0.5);
        else
          y = x + constexpr_value("BLOCK", 16);
      });
  source.constants = std::move(constants);
  return source;
}

TEST(ConstantsTest, BothFunctionsBranch) {
  Program causal = record_all(scaled_source({{"CAUSAL", true}}), f32, 1, {});
  Program plain =
      record_all(scaled_source({{"CAUSAL", 0}, {"BLOCK", 8}}), f32, 1, {});
  EXPECT_EQ(causal.operands[0].tile, (std::vector<std::int64_t>{16}));
  EXPECT_EQ(plain.operands[0].tile, (std::vector<std::int64_t>{8}));
  EXPECT_NE(causal.to_string().find("constant 0.5"), std::string::npos);
  EXPECT_NE(plain.to_string().find("constant 8"), std::string::npos);
  EXPECT_NE(causal.hash(), plain.hash());
  // Fallbacks are said, too; what was not asked for is not.
  Constants expected = {{"BLOCK", 16}, {"CAUSAL", true}, {"SCALE", 0.5}};
  EXPECT_EQ(causal.constants, expected);
  EXPECT_EQ(plain.constants, (Constants{{"BLOCK", 8}, {"CAUSAL", 0}}));
}

TEST(ConstantsTest, KindsConvertWhereNothingIsLost) {
  Constants given = {{"I", 3}, {"F", 2.0}, {"B", true}, {"Z", 0}}, used;
  ConstantScope scope(given, used);
  EXPECT_EQ(constexpr_value<double>("I"), 3.0);
  EXPECT_EQ(constexpr_value<int>("F"), 2);
  EXPECT_EQ(constexpr_value("B"), 1);
  EXPECT_FALSE(constexpr_value<bool>("Z"));
  EXPECT_EQ(constexpr_value<std::uint8_t>("I"), 3);
  EXPECT_EQ(constexpr_value<float>("NEW", 0.25F), 0.25F);
  EXPECT_EQ(constexpr_value<float>("NEW", 0.75F), 0.25F); // one constant
  EXPECT_EQ(used.size(), 5U);
}

TEST(ConstantsTest, WithoutARecordingFallbacksHold) {
  EXPECT_EQ(constexpr_value("N", 5), 5);
  EXPECT_THROW(constexpr_value("N"), CompileError);
}

TEST(ConstantsTest, TextRoundTrips) {
  Program program = record_all(scaled_source({{"CAUSAL", true}}), f32, 1, {});
  program.constants = {{"A", -7},       {"B", false}, {"C", 0.1},
                       {"D", INFINITY}, {"E", NAN},   {"F", true}};
  std::string text = program.to_string();
  Program read = parse_program(text);
  EXPECT_EQ(read.to_string(), text);
  EXPECT_EQ(read.constants, program.constants);
  for (const char *bad :
       {"constant A int x", "constant A bool 1", "constant A 3",
        "constant A int 1 constant A int 2"}) {
    std::string changed = text;
    changed.replace(changed.find("constant A int -7"), 17, bad);
    EXPECT_THROW(parse_program(changed), CompileError) << bad;
  }
}

TEST(ConstantsTest, BlockSizesAndTablesSeeThem) {
  auto source = scaled_source({{"BLOCK", 2}, {"CAUSAL", true}});
  EXPECT_EQ(evaluate(source, {}, {{3}, {3}})[0].to_string(),
            "[[0, 1],\n[2, -1]]");
  const int ranks[] = {1, 1};
  EXPECT_TRUE(block_sizes(source, ranks).empty());
}

} // namespace
} // namespace girih
