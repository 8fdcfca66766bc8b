// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/clusters.h"
#include "girih/compiler/transforms/cluster_share.h"
#include "girih/compiler/transforms/program_loop.h"
#include "girih/compiler/transforms/repeatable.h"
#include "girih/compiler/transforms/scalar_slice.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#define DEBUG_TYPE "tile-specialise-warps"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILESPECIALISEWARPS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// Warps that copy: a group, as registers are dealt out by groups.
constexpr int64_t copyingWarps = 4;
constexpr int64_t warpSize = 32;
/// Of a block, beside those.
constexpr int64_t mostWarps = 28;

class Specialiser {
public:
  Specialiser(func::FuncOp kernel, int64_t stages, int64_t warps,
              bool persistent, int64_t blocks, int64_t groups)
      : kernel(kernel), stages(stages), warps(warps), persistent(persistent),
        blocks(blocks), groups(groups) {}

  void run() {
    if (StringRef reason = findFed(kernel, stages, fed); !reason.empty()) {
      kernel.emitRemark() << DEBUG_TYPE ": no warps that only copy: " << reason;
      return;
    }
    if (llvm::none_of(fed, [](Fed &each) { return bool(each.loop); }))
      return;
    findBesideDots(kernel, fed);
    checkPersistent();
    checkGroups();
    checkShared();
    OpBuilder start = OpBuilder::atBlockBegin(&kernel.getBody().front());
    allocate(start);
    auto producer =
        tile::ProducerOp::create(start, kernel.getLoc(), copyingWarps);
    OpBuilder inside =
        OpBuilder::atBlockBegin(&producer.getBody().emplaceBlock());
    for (Ring &ring : rings) {
      ring.copied = {index(inside, 0), index(inside, 1)};
      ring.read = {index(start, 0), index(start, 0)};
    }
    auto [rounds, least] = sharedRounds();
    ProgramLoop copying(kernel, rings, &Ring::copied);
    ProgramLoop reading(kernel, rings, &Ring::read);
    if (persistent) {
      reading.open(start, {blocks, groups, turns, rounds, least});
      reading.takeProgram(fed);
      copying.open(inside, {blocks, 1, Value(), rounds, least});
      known.map(reading.number(), copying.number());
      inside.setInsertionPointToEnd(copying.body());
    }
    for (Fed &each : fed)
      each.loop ? copyRounds(inside, each) : copyOnce(inside, each);
    for (Fed &each : fed)
      each.loop ? readRounds(each) : readOnce(each);
    if (!persistent)
      return;
    copying.close();
    for (Fed &each : fed)
      if (!each.loop && each.further < 0)
        releaseOnce(each, reading.program());
    reading.close();
  }

private:
  static Value index(OpBuilder &builder, int64_t value) {
    return arith::ConstantIndexOp::create(builder, builder.getUnknownLoc(),
                                          value);
  }

  void checkPersistent() {
    bool shares =
        kernel.walk([](tile::ClusterSumOp) { return WalkResult::interrupt(); })
            .wasInterrupted();
    if (persistent && shares) {
      kernel.emitRemark() << DEBUG_TYPE ": each block does one program, as "
                                        "blocks share the rounds of one";
      persistent = false;
    }
  }

  void checkGroups() {
    if (groups == 1 || (persistent && warps * groups <= mostWarps))
      return;
    kernel.emitRemark() << DEBUG_TYPE ": no groups that take turns: "
                        << (persistent ? "a block has no room for their warps"
                                       : "blocks do not do several programs");
    groups = 1;
  }

  void checkShared() {
    if (blocks == 1)
      return;
    SmallVector<scf::ForOp> loops;
    bool shared = false;
    for (Fed &each : fed) {
      if (!each.loop)
        continue;
      loops.push_back(each.loop);
      for (const Feed &feed : each.feeds)
        shared |=
            sharingBlocks(feed.load, ringType(feed.load, stages), blocks) > 1;
    }
    StringRef reason = !persistent ? "blocks do not do several programs"
                       : blocks > mostClusterBlocks
                           ? "devices have no such clusters"
                       : !shared ? "programs below each other read nothing "
                                   "in common that the copy engine brings"
                                 : whyNotBeside(kernel, loops);
    if (reason.empty())
      return;
    kernel.emitRemark() << DEBUG_TYPE ": no copies for a cluster: " << reason;
    blocks = 1;
  }

  void allocate(OpBuilder &builder) {
    const Fed *before = nullptr;
    for (Fed &each : fed) {
      if (each.further < 0)
        chooseRing(builder, each);
      else
        goOn(each, *before);
      before = &each;
    }
    for (Ring &ring : rings) {
      ring.full = barriers(builder, ring.stages,
                           (ring.byThreads ? copyingWarps * warpSize : 0) +
                               (ring.inBulk ? 1 : 0));
      ring.free = barriers(builder, ring.stages, warps * ring.blocks);
    }
    if (persistent && groups > 1)
      turns = barriers(builder, groups, warps);
  }

  /// One more tile has the place of one that a loop reads.
  static void goOn(Fed &each, const Fed &loop) {
    Feed &feed = each.feeds.front();
    feed.ring = loop.feeds[each.further].ring;
    feed.bulk = loop.feeds[each.further].bulk;
    each.byThreads = !feed.bulk;
    feed.whereWhole = loop.feeds[each.further].whereWhole;
    each.bulkBytes = feed.bulk ? bytesOf(feed.load) : 0;
    each.wholeBytes = feed.whereWhole ? bytesOf(feed.load) : 0;
    each.ring = loop.ring;
    ++each.ring->uses;
  }

  void chooseRing(OpBuilder &builder, Fed &each) {
    int64_t count = each.loop ? stages : 1;
    SmallVector<Type> types;
    SmallVector<size_t> places; // of each feed, among the tiles
    for (auto [number, feed] : llvm::enumerate(each.feeds)) {
      if (std::optional<size_t> twin = twinOf(each.feeds, number)) {
        feed.transposed = true;
        places.push_back(places[*twin]);
        continue;
      }
      tile::SharedType type = ringType(feed.load, count);
      feed.bulk = isBulk(feed.load, type);
      if (each.loop)
        feed.blocks = sharingBlocks(feed.load, type, blocks);
      feed.whereWhole = isBulkWhereWhole(feed.load, type);
      each.byThreads |= !feed.bulk;
      if (feed.bulk)
        each.bulkBytes += bytesOf(feed.load);
      if (feed.whereWhole)
        each.wholeBytes += bytesOf(feed.load);
      places.push_back(types.size());
      types.push_back(type);
    }
    for (Ring &ring : rings)
      if (each.loop && ring.uses > 0 &&
          TypeRange(ValueRange(ring.tiles)) == TypeRange(types))
        each.ring = &ring;
    if (!each.ring)
      each.ring = &makeRing(builder, types, count);
    for (Feed feed : each.feeds)
      each.ring->blocks = std::max(each.ring->blocks, feed.blocks);
    each.ring->inBulk |= each.bulkBytes + each.wholeBytes > 0;
    each.ring->byThreads |= each.byThreads;
    each.ring->uses += each.loop ? 1 : 0;
    for (auto [feed, place] : llvm::zip_equal(each.feeds, places))
      feed.ring = each.ring->tiles[place];
  }

  /// The rounds that blocks have as many of as each other, and how many have to
  /// be saved: sums are written and read once more, and by all at the same
  /// time, which takes three times as long as what a round reads.
  std::pair<Value, int64_t> sharedRounds() {
    constexpr int64_t slower = 3;
    Value rounds;
    int64_t sums = 0, read = 0;
    kernel.walk([&](tile::StreamPartOp op) { rounds = op.getRounds(); });
    kernel.walk([&](tile::StreamSumOp op) {
      sums = op.getType().getNumElements() * 4;
    });
    for (Fed &each : fed)
      if (each.loop)
        for (const Feed &feed : each.feeds)
          read += bytesOf(feed.load);
    return {rounds,
            llvm::divideCeil(2 * slower * sums, std::max<int64_t>(read, 1))};
  }

  Ring &makeRing(OpBuilder &builder, ArrayRef<Type> types, int64_t count) {
    Ring &ring = rings.emplace_back();
    ring.stages = count;
    for (Type type : types)
      ring.tiles.push_back(
          tile::AllocSharedOp::create(builder, kernel.getLoc(), type));
    return ring;
  }

  static int64_t bytesOf(tile::LoadOp load) {
    return load.getType().getNumElements() *
           cast<tile::ViewType>(load.getView().getType()).getElementBytes();
  }

  Value barriers(OpBuilder &builder, int64_t count, int64_t arrivals) {
    return tile::AllocBarriersOp::create(
        builder, kernel.getLoc(),
        tile::BarriersType::get(kernel.getContext(), count, arrivals));
  }

  /// The value in the producer's region, with all that it takes.
  Value inProducer(OpBuilder &builder, Value value) {
    return repeated(builder, value, known);
  }

  /// Copies of the tiles to `place`, as soon as it is free; `mapping` knows
  /// what they are at.
  static void copyTiles(OpBuilder &builder, Fed &each, const IRMapping &mapping,
                        RingPlace place) {
    const Ring &ring = *each.ring;
    Location loc = each.feeds.front().load.getLoc();
    tile::BarrierWaitOp::create(builder, loc, ring.free, place.stage,
                                place.phase);
    if (Value whole = areWhole(builder, each, mapping)) {
      auto branch = scf::IfOp::create(builder, loc, whole,
                                      /*withElseRegion=*/true);
      OpBuilder yes = branch.getThenBodyBuilder(),
                no = branch.getElseBodyBuilder();
      startCopies(yes, each, mapping, place, /*whole=*/true);
      startCopies(no, each, mapping, place, /*whole=*/false);
    } else {
      startCopies(builder, each, mapping, place, /*whole=*/false);
    }
    if (ring.byThreads)
      tile::BarrierArriveOp::create(builder, loc, ring.full, place.stage,
                                    Value(), /*copied=*/true, IntegerAttr());
  }

  static SmallVector<Value> scalarsOf(tile::LoadOp load,
                                      const IRMapping &mapping) {
    SmallVector<Value> scalars;
    for (Value scalar : load.getScalars())
      scalars.push_back(mapping.lookup(scalar));
    return scalars;
  }

  /// i1: whether all tiles are whole that the copy engine brings only then;
  /// null where there are none.
  static Value areWhole(OpBuilder &builder, const Fed &each,
                        const IRMapping &mapping) {
    Value all;
    for (const Feed &feed : each.feeds) {
      if (!feed.whereWhole || feed.transposed)
        continue;
      Value whole = isWhole(builder, feed, scalarsOf(feed.load, mapping));
      all = !all ? whole
                 : arith::AndIOp::create(builder, whole.getLoc(), all, whole);
    }
    return all;
  }

  static void startCopies(OpBuilder &builder, Fed &each,
                          const IRMapping &mapping, RingPlace place,
                          bool whole) {
    const Ring &ring = *each.ring;
    if (ring.inBulk)
      tile::BarrierExpectOp::create(
          builder, each.feeds.front().load.getLoc(), ring.full, place.stage,
          each.bulkBytes + (whole ? each.wholeBytes : 0));
    for (const Feed &feed : each.feeds) {
      if (feed.transposed)
        continue;
      SmallVector<Value> scalars = scalarsOf(feed.load, mapping);
      if (feed.bulk || (whole && feed.whereWhole))
        copyInBulk(builder, feed, scalars, place.stage, ring.full);
      else
        copyToRing(builder, feed.load, scalars, feed.ring, place.stage,
                   copyingWarps);
    }
  }

  void copyOnce(OpBuilder &builder, Fed &each) {
    for (Value scalar : each.feeds.front().load.getScalars())
      inProducer(builder, scalar);
    Ring &ring = *each.ring;
    copyTiles(builder, each, known, ring.copied);
    ring.copied = next(builder, kernel.getLoc(), ring, ring.copied);
  }

  /// The copies of all rounds of the loop, each as soon as its stage is free.
  void copyRounds(OpBuilder &builder, Fed &each) {
    Ring &ring = *each.ring;
    Location loc = each.loop.getLoc();
    for (Feed feed : each.feeds) {
      auto slice = scalarSlice(feed.load, each.loop);
      slice->push_back(feed.load);
      for (Operation *op : *slice)
        for (Value operand : op->getOperands())
          if (!isWithin(each.loop, operand))
            inProducer(builder, operand);
    }
    auto loop = scf::ForOp::create(
        builder, loc, inProducer(builder, each.loop.getLowerBound()),
        inProducer(builder, each.loop.getUpperBound()),
        inProducer(builder, each.loop.getStep()),
        ValueRange{ring.copied.stage, ring.copied.phase});
    OpBuilder inside = OpBuilder::atBlockEnd(loop.getBody());
    IRMapping mapping(known);
    mapping.map(each.loop.getInductionVar(), loop.getInductionVar());
    RingPlace place{loop.getRegionIterArg(0), loop.getRegionIterArg(1)};
    for (Feed feed : each.feeds) {
      auto slice = scalarSlice(feed.load, each.loop);
      for (Operation *op : *slice)
        if (!mapping.contains(op->getResult(0)))
          inside.clone(*op, mapping);
    }
    copyTiles(inside, each, mapping, place);
    RingPlace after = next(inside, loc, ring, place);
    scf::YieldOp::create(inside, loc, ValueRange{after.stage, after.phase});
    ring.copied = {loop.getResult(0), loop.getResult(1)};
  }

  void readOnce(Fed &each) {
    Ring &ring = *each.ring;
    Feed feed = each.feeds.front();
    OpBuilder place(feed.load);
    Location loc = feed.load.getLoc();
    tile::BarrierWaitOp::create(place, loc, ring.full, ring.read.stage,
                                ring.read.phase);
    RingPlace after = next(place, loc, ring, ring.read);
    if (each.further >= 0) {
      --ring.uses;
      OpBuilder behind(place.getContext());
      behind.setInsertionPointAfter(lastReader(feed.load));
      if (ring.uses > 0 || persistent)
        release(behind, loc, ring, ring.read.stage);
    }
    readFromRing(feed, ring.read.stage);
    ring.read = after;
  }

  void readRounds(Fed &each) {
    Ring &ring = *each.ring;
    --ring.uses;
    OpBuilder before(each.loop);
    IRRewriter rewriter(before);
    Location loc = each.loop.getLoc();
    bool flies = flyingDots(each.loop) > 0;
    SmallVector<Value> initial{ring.read.stage, ring.read.phase};
    if (flies)
      initial.push_back(ring.read.stage);
    auto loop = cast<scf::ForOp>(*each.loop.replaceWithAdditionalYields(
        rewriter, initial, /*replaceInitOperandUsesInLoop=*/false,
        [&](OpBuilder &builder, Location loc, ArrayRef<BlockArgument> own) {
          RingPlace after = next(builder, loc, ring, {own[0], own[1]});
          SmallVector<Value> yielded{after.stage, after.phase};
          if (flies)
            yielded.push_back(own[0]);
          return yielded;
        }));
    size_t first = loop.getNumRegionIterArgs() - initial.size();
    RingPlace place{loop.getRegionIterArg(first),
                    loop.getRegionIterArg(first + 1)};
    OpBuilder top = OpBuilder::atBlockBegin(loop.getBody());
    tile::BarrierWaitOp::create(top, loc, ring.full, place.stage, place.phase);
    OpBuilder end(loop.getBody()->getTerminator());
    if (!flies) {
      end.setInsertionPoint(behindReaders(llvm::map_to_vector(
          each.feeds, [](const Feed &feed) { return feed.load; })));
      release(end, loc, ring, place.stage);
    }
    for (Feed feed : each.feeds)
      readFromRing(feed, place.stage);
    each.loop = loop;
    ring.read = {loop.getResult(first), loop.getResult(first + 1)};
    if (!flies)
      return;
    Value later =
        arith::CmpIOp::create(end, loc, arith::CmpIPredicate::ne,
                              loop.getInductionVar(), loop.getLowerBound());
    release(end, loc, ring, loop.getRegionIterArg(first + 2), later);
    releaseLast(loop, ring, loop.getResult(first + 2));
  }

  static void release(OpBuilder &builder, Location loc, const Ring &ring,
                      Value stage, Value condition = {}) {
    tile::BarrierArriveOp::create(builder, loc, ring.free, stage, condition,
                                  /*copied=*/false,
                                  clusterOf(builder, ring.blocks));
  }

  /// The wait behind `op` for all dots that are in flight.
  static Operation *waitBehind(Operation *op) {
    do
      op = op->getNextNode();
    while (!isa<tile::DotWaitOp>(op) ||
           cast<tile::DotWaitOp>(op).getPending() > 0);
    return op;
  }

  /// The stage that dots in flight still read when the loop ends, if another
  /// loop or program goes on with the ring.
  void releaseLast(scf::ForOp loop, Ring &ring, Value stage) {
    if (ring.uses == 0 && !persistent)
      return;
    Operation *wait = waitBehind(loop);
    OpBuilder behind(wait->getBlock(), ++Block::iterator(wait));
    Value ran =
        arith::CmpIOp::create(behind, loop.getLoc(), arith::CmpIPredicate::slt,
                              loop.getLowerBound(), loop.getUpperBound());
    release(behind, loop.getLoc(), ring, stage, ran);
  }

  /// A tile that is read once, when the last dot has read it.
  void releaseOnce(Fed &each, Block *program) {
    Ring &ring = *each.ring;
    Operation *last = nullptr;
    for (Operation *load : ring.tiles.front().getUsers()) {
      if (!isa<tile::SharedLoadOp>(load))
        continue;
      for (Operation *dot : load->getUsers()) {
        Operation *at = program->findAncestorOpInBlock(*dot);
        if (!last || last->isBeforeInBlock(at))
          last = at;
      }
    }
    auto dot = dyn_cast<tile::DotOp>(last);
    auto loop = dyn_cast<scf::ForOp>(last);
    if ((dot && dot.getInFlight()) || (loop && flyingDots(loop) > 0))
      last = waitBehind(last);
    OpBuilder behind(program, ++Block::iterator(last));
    // The place is 0 in every program.
    release(behind, last->getLoc(), ring, index(behind, 0));
  }

  func::FuncOp kernel;
  int64_t stages, warps;
  bool persistent; // blocks do several programs
  int64_t blocks;  // of a cluster, which do programs beside each other
  int64_t groups;  // of `warps` warps, which do programs in turns
  Value turns;
  std::list<Ring> rings;
  SmallVector<Fed> fed;
  IRMapping known;
};

struct TileSpecialiseWarps
    : impl::TileSpecialiseWarpsBase<TileSpecialiseWarps> {
  using Base::Base;
  void runOnOperation() override {
    if (getOperation()->hasAttr(tile::TileDialect::kernelAttr) && stages > 1)
      Specialiser(getOperation(), stages, warps, persistent, blocks, groups)
          .run();
  }
};

} // namespace
} // namespace girih::compiler
