// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/transforms/bounded_load.h"
#include "girih/compiler/transforms/dot_plan.h"
#include "girih/compiler/transforms/load_ring.h"
#include "girih/compiler/transforms/round_values.h"
#include "girih/compiler/transforms/scalar_slice.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <list>

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

std::optional<Round> match(scf::ForOp loop, int warps, int capability) {
  Round round;
  if (!findDots(loop, round) || !findSum(loop, round))
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
  auto slice = scalarSlice(round.values, loop);
  if (!slice || llvm::any_of(*slice, llvm::IsaPred<tile::GatherOp>))
    return std::nullopt;
  return round;
}

/// The loop from whose sum this one goes on.
scf::ForOp loopBefore(scf::ForOp loop, const Round &round) {
  return loop.getTiedLoopInit(round.sum)->get().getDefiningOp<scf::ForOp>();
}

bool sameType(Value a, Value b) {
  return a ? b && a.getType() == b.getType() : !b;
}

/// Whether the first round's second dot can be the last one of the loop before:
/// the same tiles, at other places.
bool continues(scf::ForOp loop, Round round, scf::ForOp before, Round earlier) {
  OpOperand *sum = loop.getTiedLoopInit(round.sum);
  tile::LoadOp values = round.values, others = earlier.values;
  if (loop->getBlock() != before->getBlock() || !sum->get().hasOneUse() ||
      sum->get() != before.getTiedLoopResult(earlier.sum) ||
      !sameType(round.weights, earlier.weights) ||
      !sameType(round.factor, earlier.factor) || !sameType(values, others))
    return false;
  if (values.getView() != others.getView() ||
      values.getMap() != others.getMap() ||
      values.getBounds() != others.getBounds() ||
      values.getOther() != others.getOther() ||
      values.getPieces() != others.getPieces() ||
      values.getAlong() != others.getAlong())
    return false;
  // The copy engine takes no other bounds than those of its operand.
  return llvm::all_of(
      llvm::zip_equal(values.getScalars(), others.getScalars()), [](auto pair) {
        auto [a, b] = pair;
        return a == b || !(a.template getDefiningOp<tile::SizeOp>() ||
                           b.template getDefiningOp<tile::SizeOp>());
      });
}

class Staggering {
public:
  Staggering(scf::ForOp loop, Round round, Staggering *before)
      : loop(loop), round(round), before(before) {
    if (before)
      before->goesOn = true;
  }

  bool isOf(scf::ForOp other) const { return loop == other; }

  bool isContinuedBy(scf::ForOp other, const Round &its) const {
    return !goesOn && continues(other, its, loop, round);
  }

  void run() {
    OpBuilder ahead(loop), behind(loop->getContext());
    behind.setInsertionPointAfter(loop);
    SmallVector<Value> inits(loop.getInitArgs());
    llvm::append_range(inits, before ? before->pending : nothing(ahead));
    // Where the last values are is known ahead, for who copies them.
    last = placeOfValues(ahead, lastRound(ahead));
    auto made = scf::ForOp::create(
        ahead, loop.getLoc(), loop.getLowerBound(), loop.getUpperBound(),
        loop.getStep(), inits,
        [&](OpBuilder &inside, Location loc, Value index,
            ValueRange arguments) {
          scf::YieldOp::create(inside, loc, body(inside, index, arguments));
        });
    pending = made.getResults().drop_front(loop.getNumResults());
    Value sum = made.getResult(sumNumber());
    if (!goesOn) {
      Value scaled = scaledSum(behind, made.getResults());
      sum = secondDot(behind, last, scaled, made.getResults());
    }
    for (unsigned i = 0; i < loop.getNumResults(); ++i)
      loop.getResult(i).replaceAllUsesWith(
          i == sumNumber() ? sum : made.getResult(i));
    loop.erase();
  }

private:
  unsigned sumNumber() { return round.sum.getArgNumber() - 1; }

  /// What adds nothing, by exact identities.
  SmallVector<Value> nothing(OpBuilder &builder) const {
    SmallVector<Value> values{filled(builder, round.weights, 0)};
    if (round.factor)
      values.push_back(filled(builder, round.factor, 1));
    return values;
  }

  /// The last index of the loop; one below the first where it has no rounds.
  Value lastRound(OpBuilder &builder) {
    Location loc = loop.getLoc();
    Value lower = loop.getLowerBound(), step = loop.getStep();
    Value length =
        builder.createOrFold<arith::SubIOp>(loc, loop.getUpperBound(), lower);
    Value count = builder.createOrFold<arith::CeilDivSIOp>(loc, length, step);
    Value far = builder.createOrFold<arith::MulIOp>(loc, count, step);
    Value end = builder.createOrFold<arith::AddIOp>(loc, far, lower);
    return builder.createOrFold<arith::SubIOp>(loc, end, step);
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
      builder.clone(op, mapping);
      if (&op != round.first)
        continue;
      Value earlier = arith::SubIOp::create(builder, round.second.getLoc(),
                                            index, loop.getStep());
      sum = secondDot(builder, placeOfValues(builder, earlier), scaled,
                      arguments);
    }
    SmallVector<Value> yielded;
    for (Value value : loop.getYieldedValues())
      yielded.push_back(value == round.second.getResult()
                            ? sum
                            : mapping.lookupOrDefault(value));
    yielded.push_back(mapping.lookup(round.weights));
    if (round.factor)
      yielded.push_back(mapping.lookup(round.factor));
    return yielded;
  }

  /// What the sum is before it is added to; `carried` is what goes from round
  /// to round.
  Value scaledSum(OpBuilder &builder, ValueRange carried) {
    IRMapping mapping;
    mapping.map(round.sum, carried[sumNumber()]);
    if (!round.scaled)
      return carried[sumNumber()];
    mapping.map(round.factor, carried[loop.getNumResults() + 1]);
    if (round.spread)
      builder.clone(*round.spread, mapping);
    builder.clone(*round.scaled, mapping);
    return mapping.lookup(round.scaled.getResult());
  }

  /// What the values of round `index` are found by, as loadBelow takes it. The
  /// round ahead of the first one is the last of the loop before.
  SmallVector<Value> placeOfValues(OpBuilder &builder, Value index) {
    Location loc = round.second.getLoc();
    Value lower = loop.getLowerBound();
    Value one = arith::ConstantIndexOp::create(builder, loc, 1);
    Value behind = arith::AddIOp::create(builder, loc, index, one);
    IRMapping mapping;
    mapping.map(loop.getInductionVar(), index);
    auto slice = scalarSlice(round.values, loop);
    // What says where they are is read in no round below the first, either.
    for (Operation *op : *slice)
      if (auto load = dyn_cast<tile::LoadOp>(op))
        mapping.map(
            load.getResult(),
            loadBelow(builder, load, mapping, lower, behind).getResult());
      else
        builder.clone(*op, mapping);
    SmallVector<Value> scalars;
    for (int64_t piece = 0; piece < round.values.pieceCount(); ++piece) {
      for (Value scalar : round.values.pieceScalars(piece))
        scalars.push_back(mapping.lookupOrDefault(scalar));
      scalars.append({lower, behind});
    }
    if (!before)
      return scalars;
    Value isAhead = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::slt, index, lower);
    for (auto [scalar, earlier] : llvm::zip_equal(scalars, before->last))
      if (scalar != earlier)
        scalar =
            arith::SelectOp::create(builder, loc, isAhead, earlier, scalar);
    return scalars;
  }

  /// The second dot of the round whose values are at `place`, if there is such
  /// a round.
  Value secondDot(OpBuilder &builder, ValueRange place, Value scaled,
                  ValueRange carried) {
    IRMapping mapping;
    mapping.map(round.second.getAcc(), scaled);
    mapping.map(round.values.getResult(),
                loadBelow(builder, round.values, place).getResult());
    mapping.map(round.weights, carried[loop.getNumResults()]);
    return builder.clone(*round.second, mapping)->getResult(0);
  }

  scf::ForOp loop;
  Round round;
  Staggering *before;         // of the loop from which this one goes on
  bool goesOn = false;        // another loop goes on from this one
  SmallVector<Value> last;    // where the last values are
  SmallVector<Value> pending; // weights and factor of the last round
};

struct TileStaggerDots : impl::TileStaggerDotsBase<TileStaggerDots> {
  using Base::Base;
  void runOnOperation() override {
    if (!getOperation()->hasAttr(tile::TileDialect::kernelAttr))
      return;
    SmallVector<scf::ForOp> loops;
    getOperation().walk([&](scf::ForOp loop) { loops.push_back(loop); });
    std::list<Staggering> chosen;
    for (scf::ForOp loop : loops)
      if (auto round = match(loop, warps, capability))
        choose(chosen, loop, *round);
    for (Staggering &each : chosen)
      each.run();
  }

private:
  /// A loop that goes on where another one has ended often has few rounds: it
  /// is chosen only together with that one.
  static void choose(std::list<Staggering> &chosen, scf::ForOp loop,
                     const Round &round) {
    scf::ForOp earlier = loopBefore(loop, round);
    if (!earlier) {
      chosen.emplace_back(loop, round, nullptr);
      return;
    }
    for (Staggering &each : chosen)
      if (each.isOf(earlier) && each.isContinuedBy(loop, round)) {
        chosen.emplace_back(loop, round, &each);
        return;
      }
  }
};

} // namespace
} // namespace girih::compiler
