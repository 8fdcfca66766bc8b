// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/ptx_extrema.h"

#include <gtest/gtest.h>

namespace girih::compiler {
namespace {

TEST(PtxExtrema, OfNegatedNumbersAreComparisons) {
  EXPECT_EQ(withoutNegatedExtrema("\tneg.s32 \t%r2, %r1;\n"
                                  "\tmin.s32 \t%r4, %r3, %r2;\n"
                                  "\tmin.s32 \t%r6, %r4, %r5;\n"),
            "\tneg.s32 \t%r2, %r1;\n"
            "\t{ .reg .pred __less; setp.lt.s32 __less, %r3, %r2; "
            "selp.b32 %r4, %r3, %r2, __less; }\n"
            "\tmin.s32 \t%r6, %r4, %r5;\n");
  EXPECT_EQ(withoutNegatedExtrema("neg.s16 %rs2, %rs1;\n"
                                  "max.s16 %rs3, %rs5, %rs6;\n"
                                  "@%p1 max.relu.s16 %rs4, %rs2, %rs3;\n"),
            "neg.s16 %rs2, %rs1;\n"
            "max.s16 %rs3, %rs5, %rs6;\n"
            "{ .reg .pred __less; setp.lt.s16 __less, %rs2, %rs3; "
            "@%p1 selp.b16 %rs4, %rs3, %rs2, __less; "
            "@%p1 max.s16 %rs4, %rs4, 0; }\n");
}

bool changes(const std::string &text) {
  const std::string whole =
      text + "max.s32 %r4, %r2, %r3; max.s32 %r6, %r4, %r5;";
  return withoutNegatedExtrema(whole) != whole;
}

TEST(PtxExtrema, WhatMayBeNegated) {
  EXPECT_TRUE(changes("sub.s32 %r2, 0, %r1;\n"));
  EXPECT_TRUE(changes("sub.s32 %r2, %r9, %r1;\n")); // ptxas may know %r9
  EXPECT_TRUE(changes("mul.lo.s32 %r3, %r1, -1;\n"));
  EXPECT_TRUE(changes("mad.lo.s32 %r3, %r1, -1, %r9;\n"));
  EXPECT_TRUE(changes("neg.s32 %r1, %r9;\nmov.b32 %r2, %r1;\n"));
  EXPECT_TRUE(changes("neg.s32 %r1, %r9;\nor.b32 %r2, %r1, %r8;\n"));
  EXPECT_TRUE(changes("mov.b32 %r2, %r1;\nneg.s32 %r1, %r9;\n")); // a loop's
  EXPECT_TRUE(changes("neg.s64 %rd1, %rd2;\ncvt.u32.u64 %r3, %rd1;\n"));
  EXPECT_TRUE(changes("{ .reg .b32 t; neg.s32 t, %r1; mov.b32 %r2, t; }\n"));
  EXPECT_TRUE(changes("neg.s16 %rs1, %rs2;\nmov.b32 %r2, {%rs3, %rs1};\n"));
  EXPECT_TRUE(changes("neg.s32 %r5, %r9;\n")); // the second one's
  EXPECT_FALSE(changes("neg.s32 %r1, %r9;\n"));
  EXPECT_FALSE(changes("neg.s32 %r1, %r9;\nld.global.b32 %r2, [%r1];\n"));
  EXPECT_FALSE(changes("neg.f32 %r2, %r9;\n"));
}

TEST(PtxExtrema, ChainsAlone) {
  const std::string negated = "neg.s32 %r2, %r1;\n";
  const auto changes = [&](const std::string &text) {
    return withoutNegatedExtrema(negated + text) != negated + text;
  };
  EXPECT_FALSE(changes("min.s32 %r4, %r2, %r3;\n"));
  EXPECT_FALSE(changes("min.s32 %r4, %r2, %r3;\nmax.s32 %r5, %r4, %r6;\n"));
  EXPECT_FALSE(changes("min.u32 %r4, %r2, %r3;\nmin.u32 %r5, %r4, %r6;\n"));
  EXPECT_TRUE(changes("min.relu.s32 %r4, %r2, %r3;\nmax.s32 %r5, %r4, 7;\n"));
  EXPECT_TRUE(changes("min.s32 %r4, %r7, %r3;\nmin.s32 %r5, %r4, %r2;\n"));
  // By way of a copy, and of a loop's.
  EXPECT_TRUE(changes("min.s32 %r4, %r2, %r3;\nmov.b32 %r8, %r4;\n"
                      "min.s32 %r5, %r8, %r6;\n"));
  EXPECT_TRUE(changes("min.s32 %r4, %r8, %r2;\nmov.b32 %r8, %r4;\n"));
}

TEST(PtxExtrema, OthersStay) {
  for (const char *text :
       {"", "min.s32 %r4, %r2, %r3;\nmin.s32 %r5, %r4, %r3;\n",
        "neg.s64 %rd2, %rd1;\nmin.s64 %rd4, %rd2, %rd3;\n"
        "min.s64 %rd5, %rd4, %rd3;\n",
        "neg.s32 %r1, %r2;\nst.global.b32 [%rd1], %r1;\n"})
    EXPECT_EQ(withoutNegatedExtrema(text), text);
}

} // namespace
} // namespace girih::compiler
