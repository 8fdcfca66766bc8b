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
            "\t{ .reg .pred smaller; setp.lt.s32 smaller, %r3, %r2; "
            "selp.b32 %r4, %r3, %r2, smaller; }\n"
            "\tmin.s32 \t%r6, %r4, %r5;\n");
  EXPECT_EQ(withoutNegatedExtrema("neg.s16 %rs2, %rs1;\n"
                                  "@%p1 max.s16 %rs4, %rs2, 7;\n"),
            "neg.s16 %rs2, %rs1;\n"
            "{ .reg .pred smaller; setp.lt.s16 smaller, %rs2, 7; "
            "@%p1 selp.b16 %rs4, 7, %rs2, smaller; }\n");
}

TEST(PtxExtrema, UnderAnyName) {
  const auto changes = [](const std::string &text) {
    const std::string whole = text + "max.s32 %r4, %r2, %r3;";
    return withoutNegatedExtrema(whole) != whole;
  };
  EXPECT_TRUE(changes("sub.s32 %r2, 0, %r1;\n"));
  EXPECT_TRUE(changes("mul.lo.s32 %r3, %r1, -1;\n"));
  EXPECT_TRUE(changes("neg.s32 %r1, %r9;\nmov.b32 %r2, %r1;\n"));
  EXPECT_TRUE(changes("mov.b32 %r2, %r1;\nneg.s32 %r1, %r9;\n")); // a loop's
  EXPECT_TRUE(changes("neg.s64 %rd1, %rd2;\ncvt.u32.u64 %r3, %rd1;\n"));
  EXPECT_TRUE(changes("{ .reg .b32 t; neg.s32 %r2, %r1; }\n"));
  EXPECT_FALSE(changes("neg.s32 %r1, %r9;\n"));
  EXPECT_FALSE(changes("sub.s32 %r2, %r1, %r9;\n"));
  EXPECT_FALSE(changes("sub.s32 %r2, 1, %r9;\n"));
}

TEST(PtxExtrema, OthersStay) {
  for (const char *text : {"", "neg.s32 %r2, %r1;\nmin.u32 %r4, %r2, %r3;\n",
                           "neg.f32 %r2, %r1;\nmin.f32 %r4, %r2, %r3;\n",
                           "min.s32 %r4, %r2, %r3;\n",
                           "neg.s64 %rd2, %rd1;\nmin.s64 %rd4, %rd2, %rd3;\n",
                           "neg.s32 %r1, %r2;\nst.global.b32 [%rd1], %r1;\n"})
    EXPECT_EQ(withoutNegatedExtrema(text), text);
}

} // namespace
} // namespace girih::compiler
