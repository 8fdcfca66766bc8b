// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/analysis/access.h"
#include "girih/compiler/analysis/settled.h"
#include "girih/compiler/transforms/load_ring.h"
#include "girih/compiler/transforms/program_loop.h"
#include "girih/compiler/transforms/scalar_slice.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

#define DEBUG_TYPE "tile-pipeline-loads"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILEPIPELINELOADS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// Whether something before `place` goes through shared memory that a loop's
/// ring may take over.
bool sharedBefore(Operation *place, func::FuncOp kernel) {
  bool found = false;
  kernel->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op == place)
      return WalkResult::interrupt();
    auto load = op->getNumOperands() == 1
                    ? op->getOperand(0).getDefiningOp<tile::LoadOp>()
                    : tile::LoadOp();
    if (isa<tile::ConvertLayoutOp>(op) && load && feedsDots(load))
      return WalkResult::advance(); // will have memory of its own
    found |=
        isa<tile::ConvertLayoutOp, tile::RemapOp, tile::ReduceOp, tile::ScanOp,
            tile::SortOp, tile::TakeOp, tile::HistogramOp, tile::AtomicOp>(op);
    return WalkResult::advance();
  });
  return found;
}

/// Whether the operation reads a settled operand that the kernel does not
/// write.
bool readsUnwritten(Operation *op) {
  if (!isa<tile::LoadOp, tile::GatherOp>(op) || touchesUnsettled(op))
    return false;
  auto load = dyn_cast<tile::LoadOp>(op);
  Value view = load ? load.getView() : cast<tile::GatherOp>(op).getView();
  return llvm::none_of(view.getUsers(), touchesUnsettled);
}

/// Operations of the loop's block, in order, that have to move for `values` to
/// be known at `place`, ahead of the loop; nothing where that cannot be.
std::optional<SmallVector<Operation *>> aheadOf(Operation *place,
                                                SmallVector<Value> values) {
  SetVector<Operation *> moved;
  while (!values.empty()) {
    Operation *op = values.pop_back_val().getDefiningOp();
    if (!op || op->getBlock() != place->getBlock() ||
        op->isBeforeInBlock(place))
      continue;
    if (op->getNumRegions() != 0 || !(isPure(op) || readsUnwritten(op)))
      return std::nullopt;
    if (moved.insert(op))
      llvm::append_range(values, op->getOperands());
  }
  SmallVector<Operation *> ops = moved.takeVector();
  llvm::sort(ops,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return ops;
}

/// A load behind a loop of one more tile of a ring.
struct Further {
  tile::LoadOp load, round; // and the one that the loop has; null without
};

/// The load of one more tile of the loop's rings, if its place is known ahead
/// of the loop.
Further findFurther(scf::ForOp loop, ArrayRef<Feed> feeds, int stages) {
  for (Operation *op = loop->getNextNode(); op && !isa<scf::ForOp>(op);
       op = op->getNextNode()) {
    auto load = dyn_cast<tile::LoadOp>(op);
    if (!load || !feedsDots(load) ||
        !llvm::all_of(load.getScalars(), [&](Value scalar) {
          Operation *made = scalar.getDefiningOp();
          return !made || made->getBlock() != loop->getBlock() ||
                 made->isBeforeInBlock(loop);
        }))
      continue;
    for (Feed feed : feeds)
      if (isFurtherTile(load, feed.load, stages))
        return {load, feed.load};
  }
  return {};
}

/// Where the first copies of settled operands go: ahead of the kernel's first
/// access of what is not settled, if that comes before the loop and all that
/// says what to copy is known there, perhaps once it has moved; else the loop.
Operation *earlyPlace(scf::ForOp loop, ArrayRef<Feed> settled,
                      const Further &further) {
  Operation *place = nullptr;
  for (Operation &op : *loop->getBlock())
    if (&op == loop || touchesUnsettled(&op)) {
      place = &op;
      break;
    }
  if (place == loop || !isa<func::FuncOp>(loop->getParentOp()))
    return loop;
  SmallVector<Value> needed{loop.getLowerBound(), loop.getUpperBound(),
                            loop.getStep()};
  for (const Feed &feed : settled) {
    tile::LoadOp load = feed.load;
    // An operand that is written is so behind its reads, in order.
    if (!llvm::all_of(load.getView().getUsers(), [&](Operation *user) {
          return !touchesUnsettled(user) ||
                 loop->getBlock()->findAncestorOpInBlock(*user) == nullptr ||
                 loop->isBeforeInBlock(
                     loop->getBlock()->findAncestorOpInBlock(*user));
        }))
      return loop;
    auto slice = scalarSlice(load, loop);
    slice->push_back(load);
    for (Operation *op : *slice)
      for (Value operand : op->getOperands())
        if (!loop.getRegion().isAncestor(operand.getParentRegion()))
          needed.push_back(operand);
    if (load == further.round)
      llvm::append_range(needed, tile::LoadOp(further.load).getScalars());
  }
  auto moved = aheadOf(place, needed);
  if (!moved)
    return loop;
  for (Operation *op : *moved)
    op->moveBefore(place);
  return place;
}

class Pipeliner {
public:
  Pipeliner(func::FuncOp kernel, int stages, int warps)
      : kernel(kernel), stages(std::max(stages, 1)), warps(warps) {}

  void run() {
    SmallVector<scf::ForOp> loops;
    kernel.walk([&](scf::ForOp loop) {
      if (!isProgramLoop(loop))
        loops.push_back(loop);
    });
    if (stages > 1)
      for (scf::ForOp loop : loops)
        pipeline(loop);
    SmallVector<tile::LoadOp> rest;
    kernel.walk([&](tile::LoadOp load) {
      if (feedsDots(load))
        rest.push_back(load);
    });
    for (tile::LoadOp load : rest)
      copyInPlace(load);
  }

private:
  Value index(OpBuilder &builder, int64_t value) {
    return arith::ConstantIndexOp::create(builder, kernel.getLoc(), value);
  }

  Value allocate(OpBuilder &builder, tile::LoadOp load, int64_t count) {
    return tile::AllocSharedOp::create(builder, load.getLoc(),
                                       ringType(load, count));
  }

  /// One copy at the place of the load, waited for.
  void copyInPlace(tile::LoadOp load) {
    OpBuilder top(load);
    Value ring = allocate(top, load, 1);
    Value stage = index(top, 0);
    // What was read from this memory before is done with.
    tile::AsyncWaitOp::create(top, load.getLoc(), 0);
    copyToRing(top, load, load.getScalars(), ring, stage, warps);
    tile::AsyncCommitOp::create(top, load.getLoc());
    tile::AsyncWaitOp::create(top, load.getLoc(), 0);
    readFromRing({load, ring}, stage);
  }

  /// The copies of round `round` into stage `stage`, if there is such a round;
  /// of the one behind the last, one more tile.
  void copyRound(OpBuilder &builder, scf::ForOp loop, ArrayRef<Feed> feeds,
                 Value round, Value stage) {
    Location loc = loop.getLoc();
    Value active = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::slt, round, loop.getUpperBound());
    const Feed *more = llvm::find_if(
        feeds, [&](Feed feed) { return feed.load == further.round; });
    auto branch = scf::IfOp::create(builder, loc, active, more != feeds.end());
    if (more != feeds.end()) {
      OpBuilder otherwise = branch.getElseBodyBuilder();
      Value one = behindLast(otherwise, loop, round);
      auto last = scf::IfOp::create(otherwise, loc, one, false);
      OpBuilder inside = last.getThenBodyBuilder();
      copyToRing(inside, further.load, further.load.getScalars(), more->ring,
                 stage, warps);
    }
    OpBuilder inside = branch.getThenBodyBuilder();
    IRMapping mapping;
    mapping.map(loop.getInductionVar(), round);
    for (Feed feed : feeds) {
      auto slice = scalarSlice(feed.load, loop);
      for (Operation *op : *slice)
        if (!mapping.contains(op->getResult(0)))
          inside.clone(*op, mapping);
      SmallVector<Value> scalars;
      for (Value scalar : feed.load.getScalars())
        scalars.push_back(mapping.lookupOrDefault(scalar));
      copyToRing(inside, feed.load, scalars, feed.ring, stage, warps);
    }
  }

  /// Whether `round`, which the loop does not have, is the first such one.
  static Value behindLast(OpBuilder &builder, scf::ForOp loop, Value round) {
    Location loc = loop.getLoc();
    Value end = arith::MaxSIOp::create(builder, loc, loop.getLowerBound(),
                                       loop.getUpperBound());
    end = arith::AddIOp::create(builder, loc, end, loop.getStep());
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, round,
                                 end);
  }

  /// Rounds that copies are ahead of their reading. Dots that are in flight at
  /// the end of a round still read its tiles: those are not the next to be
  /// overwritten.
  int ahead(scf::ForOp loop) const {
    int64_t flying = 0;
    for (auto wait : loop.getBody()->getOps<tile::DotWaitOp>())
      flying = wait.getPending();
    return flying > 0 ? stages - 2 : stages - 1;
  }

  /// The copies of the rounds before the first, a group for each round.
  void copyFirstRounds(OpBuilder &builder, scf::ForOp loop,
                       ArrayRef<Feed> feeds, bool commits) {
    Location loc = loop.getLoc();
    Value round = loop.getLowerBound();
    for (int stage = 0; stage < ahead(loop); ++stage) {
      if (!feeds.empty())
        copyRound(builder, loop, feeds, round, index(builder, stage));
      if (commits)
        tile::AsyncCommitOp::create(builder, loc);
      round = arith::AddIOp::create(builder, loc, round, loop.getStep());
    }
  }

  /// Whether something ahead of `place` may read the memory of a ring there.
  bool needsWait(Operation *place) {
    return place->getParentOp() != kernel || usedBefore ||
           sharedBefore(place, kernel);
  }

  void pipeline(scf::ForOp loop) {
    SmallVector<Feed> settled, feeds;
    for (auto load : loop.getBody()->getOps<tile::LoadOp>())
      if (feedsDots(load) && scalarSlice(load, loop))
        (tile::TileDialect::isSettled(load.getView()) ? settled : feeds)
            .push_back({load, {}});
    if (feeds.empty() && settled.empty())
      return;
    SmallVector<Feed> all(feeds);
    llvm::append_range(all, settled);
    further = findFurther(loop, all, stages);
    OpBuilder before(loop);
    Location loc = loop.getLoc();
    // What a dependent kernel need not wait for comes first. Whatever it is
    // part of, a group is complete when those behind it are.
    Operation *early = settled.empty() || usedBefore
                           ? loop.getOperation()
                           : earlyPlace(loop, settled, further);
    OpBuilder first(early);
    for (Feed &feed : settled)
      feed.ring = allocate(first, feed.load, stages);
    for (Feed &feed : feeds)
      feed.ring = allocate(before, feed.load, stages);
    if (needsWait(early))
      tile::AsyncWaitOp::create(first, loc, 0);
    copyFirstRounds(first, loop, settled, feeds.empty());
    if (!feeds.empty()) {
      if (early != loop && needsWait(loop))
        tile::AsyncWaitOp::create(before, loc, 0);
      copyFirstRounds(before, loop, feeds, true);
    }
    usedBefore = true;
    llvm::append_range(feeds, settled);
    rewriteBody(loop, feeds);
  }

  void rewriteBody(scf::ForOp loop, ArrayRef<Feed> feeds) {
    OpBuilder before(loop);
    IRRewriter rewriter(before);
    Location loc = loop.getLoc();
    Value zero = index(before, 0), one = index(before, 1);
    int rounds = ahead(loop);
    Value lead = index(before, rounds), count = index(before, stages);
    Value distance = arith::MulIOp::create(before, loc, loop.getStep(), lead);
    auto newLoop = cast<scf::ForOp>(*loop.replaceWithAdditionalYields(
        rewriter, {zero, lead}, /*replaceInitOperandUsesInLoop=*/false,
        [&](OpBuilder &builder, Location loc, ArrayRef<BlockArgument> stage) {
          SmallVector<Value> next;
          for (Value value : stage) {
            Value up = arith::AddIOp::create(builder, loc, value, one);
            Value wraps = arith::CmpIOp::create(
                builder, loc, arith::CmpIPredicate::eq, up, count);
            next.push_back(
                arith::SelectOp::create(builder, loc, wraps, zero, up));
          }
          return next;
        }));
    Value read = newLoop.getRegionIterArgs().end()[-2];
    Value write = newLoop.getRegionIterArgs().back();
    OpBuilder top = OpBuilder::atBlockBegin(newLoop.getBody());
    tile::AsyncWaitOp::create(top, loc, rounds - 1);
    Value round =
        arith::AddIOp::create(top, loc, newLoop.getInductionVar(), distance);
    copyRound(top, newLoop, feeds, round, write);
    tile::AsyncCommitOp::create(top, loc);
    if (further.load) {
      OpBuilder behind(further.load);
      tile::AsyncWaitOp::create(behind, loc, rounds - 1);
      auto ring = llvm::find_if(
          feeds, [&](Feed feed) { return feed.load == further.round; });
      readFromRing({further.load, ring->ring}, newLoop.getResults().end()[-2]);
    }
    for (Feed feed : feeds)
      readFromRing(feed, read);
  }

  func::FuncOp kernel;
  int stages, warps;
  Further further;         // of the loop that is being rewritten
  bool usedBefore = false; // an earlier ring may share the memory
};

struct TilePipelineLoads : impl::TilePipelineLoadsBase<TilePipelineLoads> {
  using Base::Base;
  void runOnOperation() override {
    if (getOperation()->hasAttr(tile::TileDialect::kernelAttr))
      Pipeliner(getOperation(), stages, warps).run();
  }
};

} // namespace
} // namespace girih::compiler
