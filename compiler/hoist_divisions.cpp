// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/hoist_divisions.h"

#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/KnownBits.h"

namespace girih::compiler {

namespace {

bool isDivision(const llvm::Instruction &instruction) {
  switch (instruction.getOpcode()) {
  case llvm::Instruction::UDiv:
  case llvm::Instruction::URem:
  case llvm::Instruction::SDiv:
  case llvm::Instruction::SRem:
    return instruction.getType()->isIntegerTy();
  default:
    return false;
  }
}

// Whether it may run where the program would not have run it.
bool mayRunEarly(const llvm::Instruction &instruction,
                 const llvm::DataLayout &layout) {
  if (isDivision(instruction)) {
    const llvm::Value *divisor = instruction.getOperand(1);
    return llvm::isKnownNonZero(divisor, layout) &&
           llvm::computeKnownBits(divisor, layout).isNonNegative();
  }
  return llvm::isa<llvm::BinaryOperator, llvm::CastInst, llvm::CmpInst,
                   llvm::SelectInst>(instruction) &&
         llvm::isSafeToSpeculativelyExecute(&instruction);
}

// Only for the sake of a division: everything else that LICM left stays.
bool feedsOrFollows(const llvm::Instruction &instruction,
                    const llvm::SmallPtrSetImpl<llvm::Instruction *> &hoisted) {
  return isDivision(instruction) ||
         llvm::any_of(instruction.operands(), [&](const llvm::Use &use) {
           return hoisted.contains(llvm::dyn_cast<llvm::Instruction>(use));
         });
}

bool hoistFrom(llvm::Loop &loop, llvm::Function &function) {
  llvm::BasicBlock *before = loop.getLoopPreheader();
  if (!before)
    return false;
  llvm::SmallPtrSet<llvm::Instruction *, 32> hoisted;
  const llvm::DataLayout &layout = function.getParent()->getDataLayout();
  // In an order in which operands come before what uses them.
  for (llvm::BasicBlock *block :
       llvm::ReversePostOrderTraversal<llvm::Function *>(&function)) {
    if (!loop.contains(block))
      continue;
    for (llvm::Instruction &each : llvm::make_early_inc_range(*block)) {
      if (!loop.hasLoopInvariantOperands(&each) ||
          !feedsOrFollows(each, hoisted) || !mayRunEarly(each, layout))
        continue;
      each.moveBefore(before->getTerminator()->getIterator());
      hoisted.insert(&each);
    }
  }
  return !hoisted.empty();
}

} // namespace

llvm::PreservedAnalyses
HoistDivisions::run(llvm::Function &function,
                    llvm::FunctionAnalysisManager &manager) {
  bool changed = false;
  // Innermost first, so that what is invariant further out goes on.
  llvm::SmallVector<llvm::Loop *, 4> loops =
      manager.getResult<llvm::LoopAnalysis>(function).getLoopsInPreorder();
  for (llvm::Loop *loop : llvm::reverse(loops))
    changed |= hoistFrom(*loop, function);
  if (!changed)
    return llvm::PreservedAnalyses::all();
  llvm::PreservedAnalyses kept;
  kept.preserveSet<llvm::CFGAnalyses>();
  return kept;
}

} // namespace girih::compiler
