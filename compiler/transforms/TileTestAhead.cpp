// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILETESTAHEAD
#include "compiler/transforms/Passes.h.inc"

namespace {

/// The only operation of its kind in the loop, directly; null otherwise.
template <typename Op> Op onlyOne(scf::ForOp loop) {
  Op found;
  bool several = false;
  loop.walk([&](Op op) {
    several |= found || op->getBlock() != loop.getBody();
    found = op;
  });
  return several ? Op() : found;
}

/// Where threads begin to add up what the dot gave, or, where that is another
/// round's, where they end; null where they do not add up.
Operation *addingPlace(scf::ForOp loop) {
  auto dot = onlyOne<tile::DotOp>(loop);
  if (!dot || !dot.getInFlight() ||
      !matchPattern(dot.getAcc(), m_AnyZeroFloat()))
    return nullptr;
  Operation *held = nullptr;
  for (tile::HoldOp hold : loop.getBody()->getOps<tile::HoldOp>())
    held = hold;
  if (held)
    return held;
  auto wait = onlyOne<tile::DotWaitOp>(loop);
  return wait ? wait->getNextNode() : nullptr;
}

/// What the next round has where this one has the value; null unless the loop
/// hands it on.
Value handedOn(scf::ForOp loop, Value value) {
  auto carried = dyn_cast<BlockArgument>(value);
  OpOperand *next = carried ? loop.getTiedLoopYieldedValue(carried) : nullptr;
  return next ? next->get() : Value();
}

void testAhead(scf::ForOp loop) {
  Operation *place = addingPlace(loop);
  auto wait = onlyOne<tile::BarrierWaitOp>(loop);
  if (!place || !wait)
    return;
  Value index = handedOn(loop, wait.getIndex()),
        phase = handedOn(loop, wait.getPhase());
  IRRewriter rewriter(loop.getContext());
  if (!index || !phase ||
      failed(moveValueDefinitions(rewriter, {index, phase}, place)))
    return;
  rewriter.setInsertionPoint(place);
  auto ended =
      tile::BarrierTestOp::create(rewriter, wait.getLoc(), rewriter.getI1Type(),
                                  wait.getBarriers(), index, phase);
  rewriter.setInsertionPoint(loop);
  Value never = arith::ConstantIntOp::create(rewriter, wait.getLoc(), 0, 1);
  auto made = cast<scf::ForOp>(*loop.replaceWithAdditionalYields(
      rewriter, never, /*replaceInitOperandUsesInLoop=*/false,
      [&](OpBuilder &, Location, ArrayRef<BlockArgument>) {
        return SmallVector<Value>{ended};
      }));
  wait.getEndedMutable().assign(made.getRegionIterArgs().back());
}

struct TileTestAhead : impl::TileTestAheadBase<TileTestAhead> {
  using Base::Base;
  void runOnOperation() override {
    SmallVector<scf::ForOp> loops;
    getOperation().walk([&](scf::ForOp loop) {
      if (!loop->getParentOfType<tile::ProducerOp>())
        loops.push_back(loop);
    });
    for (scf::ForOp loop : loops)
      testAhead(loop);
  }
};

} // namespace
} // namespace girih::compiler
