// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/transforms/bounded_load.h"
#include "girih/compiler/transforms/dot_plan.h"
#include "girih/compiler/transforms/load_ring.h"
#include "girih/compiler/transforms/scalar_slice.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILESTAGGERDOTS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// A round of two dots of which the second multiplies what is computed from the
/// first: sum' = sum * factor + weights * values.
struct Round {
  tile::DotOp first, second;
  BlockArgument sum;
  arith::MulFOp scaled;  // sum * factor; null where it is added to as it is
  tile::RemapOp spread;  // that makes the factor of `factor`, if one does
  Value factor, weights; // computed in the round
  tile::LoadOp values;
};

/// Whether what the dot multiplies comes from `source`, lane by lane.
bool comesFrom(tile::DotOp dot, tile::DotOp source) {
  SmallVector<Value> open{dot.getA()};
  SmallPtrSet<Operation *, 16> seen;
  while (!open.empty()) {
    Operation *op = open.pop_back_val().getDefiningOp();
    if (op == source)
      return true;
    if (op && op->getBlock() == dot->getBlock() && seen.insert(op).second)
      llvm::append_range(open, op->getOperands());
  }
  return false;
}

/// The two dots of the loop, and nothing else that holds other rounds up.
bool findDots(scf::ForOp loop, Round &round) {
  SmallVector<tile::DotOp> dots;
  bool plain = true;
  loop.getBody()->walk([&](Operation *op) {
    if (auto dot = dyn_cast<tile::DotOp>(op))
      dots.push_back(dot);
    plain &= isa<tile::LoadOp, scf::YieldOp, tile::YieldOp>(op) || isPure(op);
    plain &=
        op->getNumRegions() == 0 || isa<tile::ReduceOp, tile::InlinePtxOp>(op);
  });
  if (!plain || dots.size() != 2 || !comesFrom(dots[1], dots[0]))
    return false;
  round.first = dots[0];
  round.second = dots[1];
  return matchPattern(round.first.getAcc(), m_AnyZeroFloat());
}

/// Whether the value is computed in the loop's own block.
bool isInside(Value value, scf::ForOp loop) {
  Operation *op = value.getDefiningOp();
  return op && op->getBlock() == loop.getBody();
}

bool findSum(scf::ForOp loop, Round &round) {
  Value added = round.second.getAcc();
  round.scaled = added.getDefiningOp<arith::MulFOp>();
  if (round.scaled) {
    if (!round.scaled->hasOneUse())
      return false;
    bool left = isa<BlockArgument>(round.scaled.getLhs());
    added = left ? round.scaled.getLhs() : round.scaled.getRhs();
    round.factor = left ? round.scaled.getRhs() : round.scaled.getLhs();
    round.spread = round.factor.getDefiningOp<tile::RemapOp>();
    if (round.spread && round.spread->hasOneUse() &&
        isInside(round.spread, loop))
      round.factor = round.spread.getSource();
    else
      round.spread = {};
    if (!isInside(round.factor, loop))
      return false;
  }
  round.sum = dyn_cast<BlockArgument>(added);
  if (!round.sum || round.sum.getOwner() != loop.getBody() ||
      !round.sum.hasOneUse() || !round.second->hasOneUse())
    return false;
  OpOperand *yielded = loop.getTiedLoopYieldedValue(round.sum);
  return yielded && yielded->get() == round.second.getResult();
}

/// A loop that goes on where another one has ended has few rounds: a further
/// one would cost more than it gains.
bool goesOn(scf::ForOp loop, BlockArgument sum) {
  return loop.getTiedLoopInit(sum)->get().getDefiningOp<scf::ForOp>() !=
         nullptr;
}

std::optional<Round> match(scf::ForOp loop, int warps, int capability) {
  Round round;
  if (!findDots(loop, round) || !findSum(loop, round) ||
      goesOn(loop, round.sum))
    return std::nullopt;
  for (tile::DotOp dot : {round.first, round.second})
    if (planDot(dot, warps, capability).kind != DotPlan::Kind::wgmma)
      return std::nullopt;
  round.weights = round.second.getA();
  round.values = round.second.getB().getDefiningOp<tile::LoadOp>();
  if (!round.values || !round.values->hasOneUse() ||
      !isInside(round.values, loop) || !isInside(round.weights, loop))
    return std::nullopt;
  // One copy is for both dots of a round.
  auto first = round.first.getB().getDefiningOp<tile::LoadOp>();
  if (first && isTransposed(round.values, first))
    return std::nullopt;
  for (auto load : loop.getBody()->getOps<tile::LoadOp>())
    if (!scalarSlice(load, loop))
      return std::nullopt;
  if (llvm::any_of(*scalarSlice(round.values, loop),
                   llvm::IsaPred<tile::GatherOp>))
    return std::nullopt;
  return round;
}

class Staggering {
public:
  Staggering(scf::ForOp loop, Round round) : loop(loop), round(round) {}

  void run() {
    OpBuilder builder(loop);
    Location loc = loop.getLoc();
    SmallVector<Value> inits(loop.getInitArgs());
    // Before the first round nothing is added, by exact identities.
    inits.push_back(filled(builder, round.weights, 0));
    if (round.factor)
      inits.push_back(filled(builder, round.factor, 1));
    late = inits.size();
    llvm::append_range(inits, loop.getInitArgs());
    Value end = arith::AddIOp::create(builder, loc, loop.getUpperBound(),
                                      loop.getStep());
    auto made = scf::ForOp::create(
        builder, loc, loop.getLowerBound(), end, loop.getStep(), inits,
        [&](OpBuilder &inside, Location, Value index, ValueRange arguments) {
          scf::YieldOp::create(inside, loc, body(inside, index, arguments));
        });
    for (unsigned i = 0; i < loop.getNumResults(); ++i)
      loop.getResult(i).replaceAllUsesWith(
          made.getResult(i == sumNumber() ? i : late + i));
    loop.erase();
  }

private:
  unsigned sumNumber() { return round.sum.getArgNumber() - 1; }

  static Value filled(OpBuilder &builder, Value like, double number) {
    auto type = cast<RankedTensorType>(like.getType());
    auto element = builder.getFloatAttr(type.getElementType(), number);
    return arith::ConstantOp::create(builder, like.getLoc(),
                                     DenseElementsAttr::get(type, element));
  }

  bool isSecondPart(Operation *op) {
    return op == round.second || op == round.scaled || op == round.spread ||
           op == round.values;
  }

  /// The first part of round `index`, and the second one of the round before.
  SmallVector<Value> body(OpBuilder &builder, Value index,
                          ValueRange arguments) {
    IRMapping mapping;
    mapping.map(loop.getInductionVar(), index);
    for (auto [was, is] : llvm::zip(loop.getRegionIterArgs(), arguments))
      mapping.map(was, is);
    // While nothing is in flight: the units' registers are not to be touched.
    Value scaled = scaledSum(builder, arguments), sum;
    for (Operation &op : loop.getBody()->without_terminator()) {
      if (isSecondPart(&op))
        continue;
      if (auto load = dyn_cast<tile::LoadOp>(op))
        mapping.map(load.getResult(), loadBelow(builder, load, mapping, index,
                                                loop.getUpperBound())
                                          .getResult());
      else
        builder.clone(op, mapping);
      if (&op == round.first)
        sum =
            secondDot(builder, index, scaled, arguments[loop.getNumResults()]);
    }
    SmallVector<Value> yielded;
    for (Value value : loop.getYieldedValues())
      yielded.push_back(value == round.second.getResult()
                            ? sum
                            : mapping.lookupOrDefault(value));
    yielded.push_back(mapping.lookup(round.weights));
    if (round.factor)
      yielded.push_back(mapping.lookup(round.factor));
    // As the first part has left them in the round before: of the last round,
    // which is one too many, nothing is used.
    llvm::append_range(yielded, arguments.take_front(loop.getNumResults()));
    return yielded;
  }

  Value scaledSum(OpBuilder &builder, ValueRange arguments) {
    IRMapping mapping;
    mapping.map(round.sum, arguments[sumNumber()]);
    if (!round.scaled)
      return arguments[sumNumber()];
    mapping.map(round.factor, arguments[loop.getNumResults() + 1]);
    if (round.spread)
      builder.clone(*round.spread, mapping);
    builder.clone(*round.scaled, mapping);
    return mapping.lookup(round.scaled.getResult());
  }

  Value secondDot(OpBuilder &builder, Value index, Value scaled,
                  Value weights) {
    Location loc = round.second.getLoc();
    Value before = arith::SubIOp::create(builder, loc, index, loop.getStep());
    IRMapping mapping;
    mapping.map(loop.getInductionVar(), before);
    auto slice = scalarSlice(round.values, loop);
    // What says where they are is read in no round below the first, either.
    Value one = arith::ConstantIndexOp::create(builder, loc, 1);
    Value behind = arith::AddIOp::create(builder, loc, before, one);
    for (Operation *op : *slice)
      if (auto load = dyn_cast<tile::LoadOp>(op))
        mapping.map(load.getResult(), loadBelow(builder, load, mapping,
                                                loop.getLowerBound(), behind)
                                          .getResult());
      else
        builder.clone(*op, mapping);
    Value values =
        loadBelow(builder, round.values, mapping, loop.getLowerBound(), behind);
    mapping.map(round.second.getAcc(), scaled);
    mapping.map(round.values.getResult(), values);
    mapping.map(round.weights, weights);
    return builder.clone(*round.second, mapping)->getResult(0);
  }

  scf::ForOp loop;
  Round round;
  unsigned late = 0;
};

struct TileStaggerDots : impl::TileStaggerDotsBase<TileStaggerDots> {
  using Base::Base;
  void runOnOperation() override {
    if (!getOperation()->hasAttr(tile::TileDialect::kernelAttr))
      return;
    SmallVector<scf::ForOp> loops;
    getOperation().walk([&](scf::ForOp loop) { loops.push_back(loop); });
    for (scf::ForOp loop : loops)
      if (auto round = match(loop, warps, capability))
        Staggering(loop, *round).run();
  }
};

} // namespace
} // namespace girih::compiler
