// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/transforms/dot_plan.h"
#include "girih/compiler/transforms/layout_assignment.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

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
SmallVector<tile::DotOp> carriedDots(scf::ForOp loop) {
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

tile::DotWaitOp waitFor(OpBuilder &builder, Location loc, int64_t pending,
                        ValueRange values) {
  return tile::DotWaitOp::create(builder, loc, values.getTypes(), pending,
                                 values, /*held=*/false);
}

/// Leaves the dots in flight while the next round begins; false if they cannot
/// be.
bool overlapRounds(scf::ForOp loop) {
  SmallVector<tile::DotOp> dots = carriedDots(loop);
  if (dots.empty())
    return false;
  SmallVector<Value> flying;
  for (tile::DotOp dot : dots) {
    dot.setInFlight(true);
    flying.push_back(loop.getTiedLoopResult(cast<BlockArgument>(dot.getAcc())));
  }
  OpBuilder builder(loop.getBody()->getTerminator());
  waitFor(builder, loop.getLoc(), static_cast<int64_t>(dots.size()), {});
  builder.setInsertionPointAfter(loop);
  auto wait = waitFor(builder, loop.getLoc(), 0, flying);
  for (auto [value, landed] : llvm::zip_equal(flying, wait.getResults()))
    value.replaceAllUsesExcept(landed, wait);
  return true;
}

/// Dots of one block that are waited for where their results are first needed,
/// rather than right behind them.
class Overlap {
public:
  explicit Overlap(scf::ForOp loop) : loop(loop) {}

  void run() {
    for (Operation &op : llvm::make_early_inc_range(*loop.getBody())) {
      auto dot = dyn_cast<tile::DotOp>(op);
      bool byWarpgroups = dot && warpgroupShare(dot);
      if (op.hasTrait<OpTrait::IsTerminator>()) {
        landLast();
      } else if ((op.getNumRegions() &&
                  !isa<tile::ReduceOp, tile::InlinePtxOp>(op)) ||
                 (dot && !byWarpgroups)) {
        land(&op, flying.size()); // control goes elsewhere
      } else if (size_t needed = neededBy(op)) {
        land(&op, needed);
      }
      if (!byWarpgroups)
        continue;
      dot.setInFlight(true);
      flying.push_back(dot);
    }
  }

private:
  /// How many of those in flight have to land for the operation.
  size_t neededBy(Operation &op) {
    size_t needed = 0;
    for (auto [i, dot] : llvm::enumerate(flying))
      if (llvm::is_contained(op.getOperands(), dot.getResult()))
        needed = i + 1;
    return needed;
  }

  /// Waits for the first `count`, and hands on `others` as they are then.
  tile::DotWaitOp land(Operation *before, size_t count,
                       ValueRange others = {}) {
    if (count == 0)
      return {};
    SmallVector<Value> values;
    for (tile::DotOp dot : ArrayRef(flying).take_front(count))
      values.push_back(dot.getResult());
    llvm::append_range(values, others);
    OpBuilder builder(before);
    auto pending = static_cast<int64_t>(flying.size() - count);
    auto wait = waitFor(builder, before->getLoc(), pending, values);
    for (size_t i = 0; i < count; ++i)
      values[i].replaceAllUsesExcept(wait.getResult(i), wait);
    flying.erase(flying.begin(), flying.begin() + count);
    return wait;
  }

  /// At the end of a round. What is in flight reads its operand A from
  /// registers that the next round's comes into: that one is made last.
  void landLast() {
    Operation *end = loop.getBody()->getTerminator();
    Operation *last = nullptr;
    for (tile::DotOp dot : flying) {
      Value left = dot.getA();
      while (auto convert = left.getDefiningOp<tile::ConvertLayoutOp>())
        left = convert.getSource();
      auto carried = dyn_cast<BlockArgument>(left);
      if (!carried || carried.getOwner() != loop.getBody())
        continue;
      Operation *next =
          loop.getTiedLoopYieldedValue(carried)->get().getDefiningOp();
      if (!next || next->getBlock() != loop.getBody() || !next->hasOneUse() ||
          next->getNumOperands() != 1 || !isLaneByLane(next))
        continue;
      next->moveBefore(end);
      last = next;
    }
    if (!last) {
      holdComputed(end);
      land(end, flying.size());
      return;
    }
    Value source = last->getOperand(0);
    auto wait = land(last, flying.size(), source);
    wait.setHeld(true);
    last->setOperand(0, wait.getResults().back());
  }

  /// Where a dot goes to the next round as it is, threads compute the rest of
  /// what goes there while it is in flight.
  void holdComputed(Operation *end) {
    auto first = llvm::find_if(flying, [&](tile::DotOp dot) {
      return matchPattern(dot.getAcc(), m_AnyZeroFloat()) &&
             llvm::is_contained(loop.getYieldedValues(), dot.getResult());
    });
    SmallVector<Value> computed;
    for (Value value : loop.getYieldedValues()) {
      Operation *op = value.getDefiningOp();
      if (first != flying.end() && op && op->getBlock() == loop.getBody() &&
          isLaneByLane(op) && (*first)->isBeforeInBlock(op))
        computed.push_back(value);
    }
    if (computed.empty())
      return;
    OpBuilder builder(end);
    auto hold = tile::HoldOp::create(builder, loop.getLoc(),
                                     TypeRange(ValueRange(computed)), computed);
    for (auto [was, is] : llvm::zip_equal(computed, hold.getResults()))
      was.replaceUsesWithIf(
          is, [&](OpOperand &use) { return use.getOwner() == end; });
  }

  scf::ForOp loop;
  SmallVector<tile::DotOp> flying;
};

struct TileOverlapDots : impl::TileOverlapDotsBase<TileOverlapDots> {
  using Base::Base;
  void runOnOperation() override {
    if (!getOperation()->hasAttr(tile::TileDialect::kernelAttr))
      return;
    SmallVector<scf::ForOp> loops;
    getOperation().walk([&](scf::ForOp loop) { loops.push_back(loop); });
    for (scf::ForOp loop : loops)
      if (stages < 3 || !overlapRounds(loop))
        Overlap(loop).run();
  }
};

} // namespace
} // namespace girih::compiler
