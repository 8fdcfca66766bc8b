// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/transforms/dot_plan.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILEOVERLAPDOTS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// Whether an operand lies in shared memory, from where the units read it while
/// threads go on: registers they would have to leave alone.
bool isWhole(Value operand) {
  auto type = cast<RankedTensorType>(operand.getType());
  auto layout = dyn_cast_or_null<tile::LayoutAttr>(type.getEncoding());
  return layout && isWholeOperand(layout.getLayout());
}

/// The dots of the loop's own block, if all of them can stay in flight for a
/// round: each is added to from round to round, and read by nothing else.
SmallVector<tile::DotOp> dotsOf(scf::ForOp loop) {
  SmallVector<tile::DotOp> dots(loop.getBody()->getOps<tile::DotOp>());
  // One that is deeper would wait for these, too.
  auto inner = loop.walk([&](tile::DotOp dot) {
    return dot->getBlock() == loop.getBody() ? WalkResult::advance()
                                             : WalkResult::interrupt();
  });
  if (inner.wasInterrupted())
    return {};
  for (tile::DotOp dot : dots) {
    auto carried = dyn_cast<BlockArgument>(dot.getAcc());
    if (!carried || carried.getOwner() != loop.getBody() ||
        !carried.hasOneUse() || !dot->hasOneUse() || !isWhole(dot.getA()) ||
        !isWhole(dot.getB()))
      return {};
    OpOperand *yielded = loop.getTiedLoopYieldedValue(carried);
    if (!yielded || yielded->get() != dot.getResult())
      return {};
  }
  return dots;
}

void overlap(scf::ForOp loop) {
  SmallVector<tile::DotOp> dots = dotsOf(loop);
  if (dots.empty())
    return;
  OpBuilder builder(loop.getBody()->getTerminator());
  auto rounds = static_cast<int64_t>(dots.size());
  for (tile::DotOp dot : dots) {
    dot.setInFlight(true);
    OpOperand *yielded =
        loop.getTiedLoopYieldedValue(cast<BlockArgument>(dot.getAcc()));
    yielded->set(tile::DotWaitOp::create(builder, dot.getLoc(), dot.getType(),
                                         rounds, dot.getResult()));
  }
  builder.setInsertionPointAfter(loop);
  for (tile::DotOp dot : dots) {
    Value flying = loop.getTiedLoopResult(cast<BlockArgument>(dot.getAcc()));
    auto wait = tile::DotWaitOp::create(builder, dot.getLoc(), dot.getType(), 0,
                                        flying);
    flying.replaceAllUsesExcept(wait, wait);
  }
}

struct TileOverlapDots : impl::TileOverlapDotsBase<TileOverlapDots> {
  using Base::Base;
  void runOnOperation() override {
    if (!getOperation()->hasAttr(tile::TileDialect::kernelAttr) || stages < 3)
      return;
    SmallVector<scf::ForOp> loops;
    getOperation().walk([&](scf::ForOp loop) { loops.push_back(loop); });
    for (scf::ForOp loop : loops)
      overlap(loop);
  }
};

} // namespace
} // namespace girih::compiler
