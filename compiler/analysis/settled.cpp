// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/analysis/settled.h"

using namespace mlir;

namespace girih::compiler {

static bool touches(Operation *op) {
  if (isa<tile::InlinePtxOp, tile::StreamSumOp>(op))
    return true;
  if (isa<tile::SizeOp, tile::ValueOp>(op))
    return false;
  const bool reads =
      isa<tile::LoadOp, tile::LoadWindowOp, tile::GatherOp, tile::CopyAsyncOp>(
          op);
  return llvm::any_of(op->getOperands(), [&](Value operand) {
    return isa<tile::ViewType>(operand.getType()) &&
           !(reads && tile::TileDialect::isSettled(operand));
  });
}

bool touchesUnsettled(Operation *op) {
  return op
      ->walk([](Operation *each) {
        return touches(each) ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

} // namespace girih::compiler
