// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/program_loop.h"

#include "girih/compiler/transforms/cluster_share.h"
#include "girih/compiler/transforms/repeatable.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace girih::compiler {

static Value index(OpBuilder &builder, int64_t value) {
  return arith::ConstantIndexOp::create(builder, builder.getUnknownLoc(),
                                        value);
}

/// The other one of 0 and 1.
static Value other(OpBuilder &builder, Value bit) {
  return arith::SubIOp::create(builder, builder.getUnknownLoc(),
                               index(builder, 1), bit);
}

SmallVector<Value> ProgramLoop::places() {
  SmallVector<Value> places;
  for (Ring &ring : rings)
    places.append({(ring.*side).stage, (ring.*side).phase});
  return places;
}

void ProgramLoop::open(OpBuilder &builder, const ProgramSharing &with) {
  sharing = with;
  Location loc = kernel.getLoc();
  Type type = builder.getIndexType();
  IRMapping known;
  Value rounds, least;
  if (sharing.rounds) {
    rounds = repeated(builder, sharing.rounds, known);
    least = index(builder, sharing.leastSaved);
  }
  auto programs =
      tile::ProgramsOp::create(builder, loc, type, type, type, rounds, least,
                               clusterOf(builder, sharing.blocks));
  SmallVector<Value> initial = places();
  if (sharing.groups > 1) {
    group = tile::GroupOp::create(builder, loc, type, sharing.groups);
    // The first group need not wait for anybody.
    initial.append({index(builder, 0), other(builder, group)});
  }
  loop = scf::ForOp::create(builder, loc, programs.getFirst(),
                            programs.getEnd(), programs.getStep(), initial);
  unsigned next = 0;
  for (Ring &ring : rings) {
    ring.*side = {loop.getRegionIterArg(next), loop.getRegionIterArg(next + 1)};
    next += 2;
  }
  if (sharing.groups > 1) {
    turn = loop.getRegionIterArg(next);
    phase = loop.getRegionIterArg(next + 1);
  }
}

void ProgramLoop::takeProgram(ArrayRef<Fed> fed) {
  Block *from = loop->getBlock(), *to = body();
  to->getOperations().splice(to->end(), from->getOperations(),
                             std::next(Block::iterator(loop)),
                             Block::iterator(from->getTerminator()));
  SmallVector<tile::ProgramIdOp> ids;
  loop.walk([&](tile::ProgramIdOp id) { ids.push_back(id); });
  for (tile::ProgramIdOp id : ids) {
    id.getProgramMutable().assign(number());
    id->moveBefore(to, to->begin());
  }
  loop.walk([&](Operation *op) {
    if (auto part = dyn_cast<tile::StreamPartOp>(op))
      part.getProgramMutable().assign(number());
    if (auto sum = dyn_cast<tile::StreamSumOp>(op))
      sum.getProgramMutable().assign(number());
  });
  if (sharing.groups > 1)
    takeTurns(fed);
}

/// How often the loop comes to its body.
static Value roundsOf(OpBuilder &builder, IRMapping &known, scf::ForOp loop) {
  Location loc = loop.getLoc();
  Value lower = repeated(builder, loop.getLowerBound(), known);
  Value upper = repeated(builder, loop.getUpperBound(), known);
  Value step = repeated(builder, loop.getStep(), known);
  Value way = arith::SubIOp::create(builder, loc, upper, lower);
  Value some = arith::MaxSIOp::create(builder, loc, way, index(builder, 0));
  return arith::CeilDivSIOp::create(builder, loc, some, step);
}

void ProgramLoop::takeTurns(ArrayRef<Fed> fed) {
  Block *block = body();
  auto rest = block->begin();
  IRMapping known;
  known.map(number(), number());
  for (; isa<tile::ProgramIdOp>(rest); ++rest)
    known.map(rest->getResult(0), rest->getResult(0));
  OpBuilder builder(block, rest);
  Location loc = kernel.getLoc();
  for (Ring &ring : rings) {
    Value sum = index(builder, 0);
    for (Fed each : fed)
      if (each.ring == &ring)
        sum = arith::AddIOp::create(builder, loc, sum,
                                    each.loop
                                        ? roundsOf(builder, known, each.loop)
                                        : index(builder, 1));
    rounds.push_back(sum);
    begins.push_back(ring.*side);
  }
  Value mine = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                     turn, group);
  SmallVector<Type> types(2 * rings.size() + 1, builder.getIndexType());
  own = scf::IfOp::create(builder, loc, types, mine, /*withElseRegion=*/true);
  Block *then = own.thenBlock();
  then->getOperations().splice(then->end(), block->getOperations(),
                               std::next(Block::iterator(own)), block->end());
  builder.setInsertionPointToStart(then);
  tile::BarrierWaitOp::create(builder, loc, sharing.turns, group, phase);
}

/// Behind which this program waits for no copies any more.
Operation *ProgramLoop::lastWait() {
  Operation *last = nullptr;
  for (Operation &op : *own.thenBlock())
    op.walk([&](tile::BarrierWaitOp) { last = &op; });
  return last;
}

/// The next group may go on, as barriers tell apart only two phases: whoever
/// waits for a stage has to know that the phase before that has ended.
void ProgramLoop::endTurn() {
  Location loc = kernel.getLoc();
  OpBuilder builder(kernel.getContext());
  builder.setInsertionPointAfter(lastWait());
  tile::BarrierArriveOp::create(builder, loc, sharing.turns,
                                other(builder, group), Value(),
                                /*copied=*/false, IntegerAttr());
  builder.setInsertionPointToEnd(own.thenBlock());
  SmallVector<Value> after = places();
  after.push_back(other(builder, phase));
  scf::YieldOp::create(builder, loc, after);
}

void ProgramLoop::skipTurn() {
  OpBuilder builder = OpBuilder::atBlockEnd(own.elseBlock());
  Location loc = kernel.getLoc();
  SmallVector<Value> after;
  for (auto [ring, count, begin] : llvm::zip_equal(rings, rounds, begins)) {
    RingPlace place = advanced(builder, loc, ring, begin, count);
    after.append({place.stage, place.phase});
  }
  after.push_back(phase);
  scf::YieldOp::create(builder, loc, after);
}

void ProgramLoop::close() {
  OpBuilder end = OpBuilder::atBlockEnd(body());
  Location loc = kernel.getLoc();
  if (!own) {
    scf::YieldOp::create(end, loc, places());
    return;
  }
  endTurn();
  skipTurn();
  SmallVector<Value> after(own.getResults().drop_back());
  after.append({other(end, turn), own.getResults().back()});
  scf::YieldOp::create(end, loc, after);
}

} // namespace girih::compiler
