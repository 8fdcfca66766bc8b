// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/ptx_fences.h"

#include <gtest/gtest.h>

#include <string>

namespace girih::compiler {
namespace {

std::string missing(const std::string &ptx) {
  return missingFence(ptx).value_or("");
}

const std::string fence = "wgmma.fence.sync.aligned;\n";
const std::string dot =
    "{ .reg .pred p; .reg .b64 x; setp.ne.b32 p, 1, 0; add.s64 x, %rd1, 2; "
    "wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%r1, %r2, %r3, %r4}, "
    "{%r5, %r6, %r7, %r8}, x, p, 1, 1, 0; }\n";

TEST(PtxFences, DotsNeedOneInTheirBlock) {
  EXPECT_EQ(missing(fence + dot + dot), "");
  EXPECT_EQ(missing(dot),
            "wgmma.fence before a "
            "wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16");
  EXPECT_NE(missing(fence + "$L__BB0_1:\n" + dot), "");
  EXPECT_NE(missing(fence + "@%p1 bra $L__BB0_1;\n" + dot), "");
}

TEST(PtxFences, WhatIsWrittenBehindThemIsNotTheirs) {
  const auto between = [](const std::string &text) {
    return missing(fence + text + dot);
  };
  EXPECT_EQ(between("mul.f32 %r9, %r1, %r2;\nadd.s64 %rd1, %rd2, 8;\n"), "");
  EXPECT_EQ(between("mul.f32 %r2, %r9, %r9;\n"),
            "wgmma.fence between what writes %r2 and a "
            "wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16");
  EXPECT_NE(between("cvt.rn.bf16x2.f32 %r7, %r9, %r10;\n"), "");
  EXPECT_NE(between("@%p1 mov.b32 %r7, 0;\n"), "");
  EXPECT_NE(between("ld.shared.v2.b32 {%r7, %r8}, [%r9+16];\n"), "");
  EXPECT_NE(between("mov.b64 {%r7, %r8}, %rd9;\n"), "");
  EXPECT_EQ(between("st.shared.b32 [%r1], %r2;\n"), "");
}

TEST(PtxFences, CopiesAreWhatTheyCopy) {
  const auto between = [](const std::string &text) {
    return missing(fence + text + dot);
  };
  EXPECT_EQ(between("mov.b32 %r9, %r10;\nmov.b32 %r5, %r9; // a copy\n"), "");
  EXPECT_NE(between("mul.f32 %r9, %r10, %r10;\nmov.b32 %r5, %r9;\n"), "");
  EXPECT_NE(between("mov.b32 %r5, 0f00000000;\n"), "");
}

const std::string store = "st.shared.v4.b32 [%r1], {%r2,%r3,%r4,%r5};\n",
                  proxy = "fence.proxy.async.shared::cta;\n",
                  bulk = "cp.async.bulk.tensor.2d.global.shared::cta."
                         "bulk_group [%rd1, {%r6, %r7}], [%r8];\n";

TEST(PtxFences, TheCopyEngineSeesWhatAFenceShowsIt) {
  constexpr llvm::StringRef problem =
      "fence.proxy.async before a cp.async.bulk that stores";
  EXPECT_EQ(missing(store + proxy + "bar.sync 1, 128;\n" + bulk), "");
  EXPECT_EQ(missing(store + bulk), problem);
  EXPECT_EQ(missing(proxy + store + bulk), problem);
  EXPECT_EQ(missing(bulk), "");
}

TEST(PtxFences, AllWaysAreFollowed) {
  // Round the loop.
  EXPECT_NE(missing("$L__BB0_1:\n" + bulk + store + "@%p1 bra $L__BB0_1;\n" +
                    "ret;\n"),
            "");
  EXPECT_EQ(missing("$L__BB0_1:\n" + bulk + store + proxy +
                    "@%p1 bra $L__BB0_1;\nret;\n"),
            "");
  // Over the fence, and never to the copy.
  EXPECT_NE(missing(store + "@%p1 bra $L__BB0_2;\n" + proxy + "$L__BB0_2:\n" +
                    bulk + "ret;\n"),
            "");
  EXPECT_EQ(missing(store + "bra.uni $L__BB0_3;\n$L__BB0_2:\n" + bulk +
                    "$L__BB0_3:\nret;\n"),
            "");
}

} // namespace
} // namespace girih::compiler
