// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/nvptx/rare.h"

using namespace mlir;

namespace girih::compiler {

Registers madeUsually(OpBuilder &b, Location loc, Value isUsual, MakeAll usual,
                      MakeAll rare) {
  Region *body = b.getInsertionBlock()->getParent();
  OpBuilder::InsertPoint before = b.saveInsertionPoint();
  Block *often = b.createBlock(body), *seldom = b.createBlock(body),
        *done = b.createBlock(body);
  b.restoreInsertionPoint(before);
  auto branch = LLVM::CondBrOp::create(b, loc, isUsual, often, ValueRange(),
                                       seldom, ValueRange());
  branch.setBranchWeights(ArrayRef<int32_t>{2000, 1});
  b.setInsertionPointToEnd(often);
  Registers values = usual();
  LLVM::BrOp::create(b, loc, values, done);
  b.setInsertionPointToEnd(seldom);
  LLVM::BrOp::create(b, loc, rare(), done);
  for (Value value : values)
    done->addArgument(value.getType(), loc);
  b.setInsertionPointToEnd(done);
  return Registers(done->args_begin(), done->args_end());
}

Registers redoneUnless(OpBuilder &b, Location loc, Value isRight,
                       Registers values, MakeAll again) {
  return madeUsually(b, loc, isRight, [&] { return values; }, again);
}

} // namespace girih::compiler
