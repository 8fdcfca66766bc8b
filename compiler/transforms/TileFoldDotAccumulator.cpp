// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

#define DEBUG_TYPE "tile-fold-dot-accumulator"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILEFOLDDOTACCUMULATOR
#include "compiler/transforms/Passes.h.inc"

namespace {

/// The dot that computes `value` from zero for this one use, or null.
tile::DotOp foldableDot(Value value, Block *block) {
  auto dot = value.getDefiningOp<tile::DotOp>();
  if (!dot || !value.hasOneUse() || dot->getBlock() != block)
    return {};
  bool fromZero = matchPattern(dot.getAcc(), m_AnyZeroFloat()) ||
                  matchPattern(dot.getAcc(), m_Zero());
  return fromZero ? dot : tile::DotOp();
}

void fold(Operation *sum) {
  Value lhs = sum->getOperand(0), rhs = sum->getOperand(1);
  tile::DotOp dot = foldableDot(rhs, sum->getBlock());
  Value accumulator = lhs;
  if (!dot) {
    dot = foldableDot(lhs, sum->getBlock());
    accumulator = rhs;
  }
  if (!dot)
    return;
  // The accumulator may be computed after the dot: move the dot down.
  dot->moveBefore(sum);
  dot.getAccMutable().assign(accumulator);
  sum->getResult(0).replaceAllUsesWith(dot.getResult());
  sum->erase();
}

struct TileFoldDotAccumulator
    : impl::TileFoldDotAccumulatorBase<TileFoldDotAccumulator> {
  void runOnOperation() override {
    SmallVector<Operation *> sums;
    getOperation().walk([&](Operation *op) {
      if (isa<arith::AddFOp, arith::AddIOp>(op))
        sums.push_back(op);
    });
    for (Operation *sum : sums)
      fold(sum);
  }
};

} // namespace

} // namespace girih::compiler
