// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/transforms/dot_plan.h"
#include "girih/compiler/transforms/round_values.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILEDEFERSUMS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// Registers that the warps which multiply share, what a thread can have, and
/// what it takes beside sums and products.
constexpr int64_t sharedRegisters = 61440, threadRegisters = 240, beside = 48;

/// Registers of a thread that sums and two rounds' products may take.
int64_t mostRegisters(int64_t warps) {
  return std::min(threadRegisters, sharedRegisters / (32 * warps)) - beside;
}

/// A round whose products are added up by threads: sum' = sum + products *
/// factors.
struct Round {
  tile::DotOp dot;
  BlockArgument sum;
  SetVector<Operation *> adding; // from the dot to the next sum
  SetVector<Value> factors;      // computed in the round beside
};

int64_t registersOf(Value tile) {
  auto type = cast<RankedTensorType>(tile.getType());
  auto layout = cast<tile::LayoutAttr>(type.getEncoding());
  return layout.getLayout().size(Axis::reg);
}

/// The only dot of the loop, from zero and by warp groups.
tile::DotOp onlyDot(scf::ForOp loop, int64_t warps) {
  SmallVector<tile::DotOp> dots;
  loop.walk([&](tile::DotOp dot) { dots.push_back(dot); });
  if (dots.size() != 1 || dots[0]->getBlock() != loop.getBody() ||
      !warpgroupShare(dots[0]) ||
      3 * registersOf(dots[0]) > mostRegisters(warps) ||
      !matchPattern(dots[0].getAcc(), m_AnyZeroFloat()))
    return {};
  return dots[0];
}

/// The operations of the loop's block that depend on the dot, if all of them
/// multiply or add.
bool findAdding(scf::ForOp loop, Round &round) {
  for (Operation &op : loop.getBody()->without_terminator()) {
    bool depends = llvm::any_of(op.getOperands(), [&](Value operand) {
      Operation *from = operand.getDefiningOp();
      return from && (from == round.dot || round.adding.contains(from));
    });
    if (!depends)
      continue;
    if (!isa<arith::MulFOp, arith::AddFOp, math::FmaOp>(op))
      return false;
    round.adding.insert(&op);
  }
  return !round.adding.empty();
}

/// The next sum, which nothing else reads, from the sum before and what is
/// nothing where products and factors are.
bool findSum(scf::ForOp loop, Round &round) {
  Operation *last = round.adding.back();
  OpOperand *use = last->hasOneUse() ? &*last->use_begin() : nullptr;
  if (!use || use->getOwner() != loop.getBody()->getTerminator())
    return false;
  for (Operation *op : round.adding)
    if (op != last && !isa<arith::MulFOp>(op))
      return false;
  round.sum = loop.getRegionIterArg(use->getOperandNumber());
  if (!round.sum.hasOneUse() || *round.sum.user_begin() != last)
    return false;
  if (isa<math::FmaOp>(last))
    return last->getOperand(2) == round.sum;
  return isa<arith::AddFOp>(last);
}

/// Whether it has the elements of a smaller tile again, which are what the next
/// round then gets.
bool isSpread(Operation *op, scf::ForOp loop) {
  auto remap = dyn_cast_or_null<tile::RemapOp>(op);
  return remap && isInside(remap.getSource(), loop) &&
         registersOf(remap.getSource()) < registersOf(remap.getResult());
}

/// What else the sum is made from, down to values of the round.
bool findFactors(scf::ForOp loop, Round &round) {
  SmallVector<Operation *> open(round.adding.begin(), round.adding.end());
  while (!open.empty()) {
    Operation *op = open.pop_back_val();
    for (Value operand : op->getOperands()) {
      Operation *from = operand.getDefiningOp();
      if (operand == round.sum || from == round.dot ||
          (from && round.adding.contains(from)))
        continue;
      if (!isInside(operand, loop) ||
          !isa<FloatType>(getElementTypeOrSelf(operand.getType())))
        return false;
      if (isSpread(from, loop)) {
        round.adding.insert(from);
        open.push_back(from);
      } else {
        round.factors.insert(operand);
      }
    }
  }
  return true;
}

std::optional<Round> match(scf::ForOp loop, int64_t warps) {
  Round round;
  round.dot = onlyDot(loop, warps);
  if (!round.dot || !findAdding(loop, round) || !findSum(loop, round) ||
      !findFactors(loop, round))
    return std::nullopt;
  return round;
}

/// Adds up what `carried` are, products and factors.
Value addUp(OpBuilder &builder, Round &round, Value sum, ValueRange carried) {
  IRMapping mapping;
  mapping.map(round.sum, sum);
  mapping.map(round.dot.getResult(), carried.front());
  for (auto [factor, is] : llvm::zip(round.factors, carried.drop_front()))
    mapping.map(factor, is);
  Block *block = round.dot->getBlock();
  Value last;
  for (Operation &op : block->without_terminator())
    if (round.adding.contains(&op))
      last = builder.clone(op, mapping)->getResult(0);
  return last;
}

void defer(scf::ForOp loop, Round round) {
  OpBuilder ahead(loop);
  Location loc = round.dot.getLoc();
  // Nothing is added at first: sum + -0 * 0 is the sum, whatever it is.
  SmallVector<Value> inits{filled(ahead, round.dot, -0.0)};
  for (Value factor : round.factors)
    inits.push_back(filled(ahead, factor, 0));
  unsigned number = round.sum.getArgNumber() - 1;
  IRRewriter rewriter(loop.getContext());
  rewriter.setInsertionPoint(loop);
  auto made = cast<scf::ForOp>(*loop.replaceWithAdditionalYields(
      rewriter, inits, /*replaceInitOperandUsesInLoop=*/false,
      [&](OpBuilder &builder, Location, ArrayRef<BlockArgument>) {
        SmallVector<Value> yielded{round.dot.getResult()};
        llvm::append_range(yielded, round.factors);
        return yielded;
      }));
  size_t first = made.getNumRegionIterArgs() - inits.size();
  round.sum = made.getRegionIterArg(number);
  OpBuilder behindDot(loc.getContext());
  behindDot.setInsertionPointAfter(round.dot);
  // Not before the dot: it is in flight while the last one's products are read.
  SmallVector<Value> carried{round.sum, made.getRegionIterArg(first)};
  auto begun = tile::HoldOp::create(behindDot, loc,
                                    TypeRange(ValueRange(carried)), carried);
  carried.assign(begun.getResults().begin(), begun.getResults().end());
  llvm::append_range(carried, made.getRegionIterArgs().drop_front(first + 1));
  Value sum =
      addUp(behindDot, round, carried.front(), ArrayRef(carried).drop_front());
  SmallVector<OpOperand *> readers;
  for (OpOperand &use : made.getResult(number).getUses())
    readers.push_back(&use);
  OpBuilder behind(loc.getContext());
  behind.setInsertionPointAfter(made);
  Value total = addUp(behind, round, made.getResult(number),
                      made.getResults().drop_front(first));
  for (OpOperand *use : readers)
    use->set(total);
  made.getBody()->getTerminator()->setOperand(number, sum);
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(*made.getBody())))
    if (round.adding.contains(&op) && op.use_empty())
      op.erase();
}

struct TileDeferSums : impl::TileDeferSumsBase<TileDeferSums> {
  using Base::Base;
  void runOnOperation() override {
    if (!getOperation()->hasAttr(tile::TileDialect::kernelAttr))
      return;
    SmallVector<scf::ForOp> loops;
    getOperation().walk([&](scf::ForOp loop) { loops.push_back(loop); });
    for (scf::ForOp loop : loops)
      if (auto round = match(loop, warps))
        defer(loop, *round);
  }
};

} // namespace
} // namespace girih::compiler
