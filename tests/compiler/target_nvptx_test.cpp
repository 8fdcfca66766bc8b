// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/target_nvptx.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/SourceMgr.h"

#include <gtest/gtest.h>

namespace girih::compiler {
namespace {

/// A kernel that stores (x + i) * s for each i below `count`.
std::string products(int count, bool dot) {
  std::string text =
      "define ptx_kernel void @f(ptr addrspace(1) %p, i32 %x, i32 %s) {\n";
  if (dot)
    text += "  call void asm sideeffect \"// wgmma.mma_async\", \"\"()\n";
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    text += "  %a" + n + " = add i32 %x, " + n + "\n  %b" + n +
            " = mul i32 %a" + n + ", %s\n  store volatile i32 %b" + n +
            ", ptr addrspace(1) %p\n";
  }
  return text + "  ret void\n}\n";
}

/// How many products the PTX of such a kernel has.
int products_left(int count, bool dot) {
  llvm::LLVMContext context;
  llvm::SMDiagnostic problem;
  const auto module =
      llvm::parseAssemblyString(products(count, dot), problem, context);
  EXPECT_TRUE(module) << problem.getMessage().str();
  std::string error;
  const auto ptx = makePtx(*module, nvptx_target(90), error);
  EXPECT_TRUE(ptx) << error;
  int found = 0;
  for (std::size_t at = ptx->find("mul.lo.s32"); at != std::string::npos;
       at = ptx->find("mul.lo.s32", at + 1))
    ++found;
  return found;
}

// Each product is the one before plus s after strength reduction.
TEST(TargetNvptx, ReducesStrengthOfFewComputations) {
  EXPECT_LT(products_left(20, false), 5);
  EXPECT_GT(products_left(100, false), 80);
}

TEST(TargetNvptx, ReducesMoreBesideDotsOfWarpGroups) {
  EXPECT_LT(products_left(100, true), 10);
  EXPECT_GT(products_left(600, true), 500);
}

} // namespace
} // namespace girih::compiler
