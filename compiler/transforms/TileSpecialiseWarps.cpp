// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/analysis/access.h"
#include "girih/compiler/analysis/written.h"
#include "girih/compiler/transforms/dot_plan.h"
#include "girih/compiler/transforms/load_ring.h"
#include "girih/compiler/transforms/scalar_slice.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <list>

#define DEBUG_TYPE "tile-specialise-warps"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILESPECIALISEWARPS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// Warps that copy: a group, as registers are dealt out by groups.
constexpr int64_t copyingWarps = 4;
constexpr int64_t warpSize = 32;

/// A place in a ring: the stage, and how often by turns it has been used.
struct RingPlace {
  Value stage, phase;
};

/// Rings of the same tiles, one after the other in the same memory, and where
/// the two sides are when the next loop begins.
struct Ring {
  SmallVector<Value> tiles;
  Value full, free;
  int64_t bulkBytes = 0; // of a stage, which the copy engine brings
  bool byThreads = false;
  RingPlace copied, read;
  int loops = 0; // that are still to use it
};

/// A loop whose operands of dots other warps copy.
struct FedLoop {
  scf::ForOp loop;
  SmallVector<Feed> feeds;
  Ring *ring = nullptr;
};

bool isScalar(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return !tensor || tensor.getRank() == 0;
}

/// Whether the operation can be done again by other warps.
bool isRepeatable(Operation *op) {
  if (op->getNumRegions() != 0 || !llvm::all_of(op->getResultTypes(), isScalar))
    return false;
  if (isPure(op))
    return true;
  auto load = dyn_cast<tile::LoadOp>(op);
  auto gather = dyn_cast<tile::GatherOp>(op);
  if (!load && !gather)
    return false;
  Value view = load ? load.getView() : gather.getView();
  return !isWritten(view);
}

bool isReadByWarpgroups(tile::LoadOp load) {
  for (Operation *convert : load->getUsers())
    for (Operation *user : convert->getUsers())
      if (!warpgroupShare(cast<tile::DotOp>(user)))
        return false;
  return true;
}

class Specialiser {
public:
  Specialiser(func::FuncOp kernel, int64_t stages, int64_t warps)
      : kernel(kernel), stages(stages), warps(warps) {}

  void run() {
    if (StringRef reason = findLoops(); !reason.empty()) {
      kernel.emitRemark() << DEBUG_TYPE ": no warps that only copy: " << reason;
      return;
    }
    if (loops.empty())
      return;
    Block &body = kernel.getBody().front();
    OpBuilder start = OpBuilder::atBlockBegin(&body);
    allocate(start);
    auto producer =
        tile::ProducerOp::create(start, kernel.getLoc(), copyingWarps);
    Block &region = producer.getBody().emplaceBlock();
    OpBuilder inside = OpBuilder::atBlockBegin(&region);
    for (Ring &ring : rings)
      ring.copied = {index(inside, 0), index(inside, 1)};
    for (FedLoop &fed : loops)
      copyRounds(inside, fed);
    for (Ring &ring : rings)
      ring.read = {index(start, 0), index(start, 0)};
    for (FedLoop &fed : loops)
      readRounds(fed);
  }

private:
  static Value index(OpBuilder &builder, int64_t value) {
    return arith::ConstantIndexOp::create(builder, builder.getUnknownLoc(),
                                          value);
  }

  /// What keeps other warps from copying, or nothing.
  StringRef findLoops() {
    StringRef reason;
    kernel.walk([&](tile::LoadOp load) {
      auto loop = load->getParentOfType<scf::ForOp>();
      if (!loop || !feedsDots(load))
        return WalkResult::advance();
      reason = whyNot(load, loop);
      if (!reason.empty())
        return WalkResult::interrupt();
      if (loops.empty() || loops.back().loop != loop)
        loops.push_back({loop, {}});
      loops.back().feeds.push_back({load, {}});
      return WalkResult::advance();
    });
    return reason;
  }

  StringRef whyNot(tile::LoadOp load, scf::ForOp loop) {
    if (loop->getParentOp() != kernel || load->getBlock() != loop.getBody())
      return "a loop within another reads operands of dots";
    if (!isReadByWarpgroups(load))
      return "a dot is not done by warp groups";
    if (passesThroughRegisters(load))
      return "an operand of a dot passes through registers";
    if (!isBulk(load, ringType(load, stages)) && !Access(load).isLinear())
      return "addresses of an operand of a dot take too many registers";
    if (isWritten(load.getView()))
      return "the kernel writes an operand of a dot";
    auto slice = scalarSlice(load, loop);
    if (!slice)
      return "where an operand of a dot is depends on the loop's results";
    slice->push_back(load);
    for (Operation *op : *slice)
      for (Value operand : op->getOperands())
        if (!loop.getRegion().isAncestor(operand.getParentRegion()) &&
            !isKnown(operand))
          return "where an operand of a dot is depends on tiles";
    for (Value bound :
         {loop.getLowerBound(), loop.getUpperBound(), loop.getStep()})
      if (!isKnown(bound))
        return "the rounds of a loop depend on tiles";
    return "";
  }

  /// Whether other warps can find the value out by themselves.
  bool isKnown(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return isa<tile::ViewType>(value.getType());
    return op->getParentOp() == kernel && isRepeatable(op) &&
           llvm::all_of(op->getOperands(),
                        [&](Value operand) { return isKnown(operand); });
  }

  void allocate(OpBuilder &builder) {
    Location loc = kernel.getLoc();
    for (FedLoop &fed : loops) {
      SmallVector<Type> types;
      for (Feed feed : fed.feeds)
        types.push_back(ringType(feed.load, stages));
      int64_t bulkBytes = 0;
      bool byThreads = false;
      for (auto [feed, type] : llvm::zip_equal(fed.feeds, types)) {
        feed.bulk = isBulk(feed.load, cast<tile::SharedType>(type));
        byThreads |= !feed.bulk;
        if (feed.bulk)
          bulkBytes += bytesOf(feed.load);
      }
      for (Ring &ring : rings)
        if (TypeRange(ValueRange(ring.tiles)) == TypeRange(types) &&
            ring.bulkBytes == bulkBytes && ring.byThreads == byThreads)
          fed.ring = &ring;
      if (!fed.ring) {
        fed.ring = &rings.emplace_back();
        for (Type type : types)
          fed.ring->tiles.push_back(
              tile::AllocSharedOp::create(builder, loc, type));
        fed.ring->bulkBytes = bulkBytes;
        fed.ring->byThreads = byThreads;
        fed.ring->full =
            barriers(builder, (byThreads ? copyingWarps * warpSize : 0) +
                                  (bulkBytes > 0 ? 1 : 0));
        fed.ring->free = barriers(builder, warps);
      }
      ++fed.ring->loops;
      for (auto [feed, tile] : llvm::zip_equal(fed.feeds, fed.ring->tiles))
        feed.ring = tile;
    }
  }

  static int64_t bytesOf(tile::LoadOp load) {
    return load.getType().getNumElements() *
           cast<tile::ViewType>(load.getView().getType()).getElementBytes();
  }

  Value barriers(OpBuilder &builder, int64_t arrivals) {
    return tile::AllocBarriersOp::create(
        builder, kernel.getLoc(),
        tile::BarriersType::get(kernel.getContext(), stages, arrivals));
  }

  /// The place behind this one.
  RingPlace next(OpBuilder &builder, Location loc, RingPlace place) {
    Value one = arith::ConstantIndexOp::create(builder, loc, 1);
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
    Value count = arith::ConstantIndexOp::create(builder, loc, stages);
    Value up = arith::AddIOp::create(builder, loc, place.stage, one);
    Value wraps = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                        up, count);
    Value turned = arith::SubIOp::create(builder, loc, one, place.phase);
    return {arith::SelectOp::create(builder, loc, wraps, zero, up),
            arith::SelectOp::create(builder, loc, wraps, turned, place.phase)};
  }

  /// The value in the producer's region, with all that it takes.
  Value repeated(OpBuilder &builder, Value value) {
    if (isa<tile::ViewType>(value.getType()))
      return value;
    if (Value already = known.lookupOrNull(value))
      return already;
    Operation *op = value.getDefiningOp();
    for (Value operand : op->getOperands())
      repeated(builder, operand);
    builder.clone(*op, known);
    return known.lookup(value);
  }

  /// The copies of all rounds of the loop, each as soon as its stage is free.
  void copyRounds(OpBuilder &builder, FedLoop &fed) {
    Ring &ring = *fed.ring;
    Location loc = fed.loop.getLoc();
    for (Feed feed : fed.feeds) {
      auto slice = scalarSlice(feed.load, fed.loop);
      slice->push_back(feed.load);
      for (Operation *op : *slice)
        for (Value operand : op->getOperands())
          if (!fed.loop.getRegion().isAncestor(operand.getParentRegion()))
            repeated(builder, operand);
    }
    auto loop = scf::ForOp::create(
        builder, loc, repeated(builder, fed.loop.getLowerBound()),
        repeated(builder, fed.loop.getUpperBound()),
        repeated(builder, fed.loop.getStep()),
        ValueRange{ring.copied.stage, ring.copied.phase});
    OpBuilder inside = OpBuilder::atBlockEnd(loop.getBody());
    IRMapping mapping(known);
    mapping.map(fed.loop.getInductionVar(), loop.getInductionVar());
    RingPlace place{loop.getRegionIterArg(0), loop.getRegionIterArg(1)};
    for (Feed feed : fed.feeds) {
      auto slice = scalarSlice(feed.load, fed.loop);
      for (Operation *op : *slice)
        if (!mapping.contains(op->getResult(0)))
          inside.clone(*op, mapping);
    }
    tile::BarrierWaitOp::create(inside, loc, ring.free, place.stage,
                                place.phase);
    if (ring.bulkBytes > 0)
      tile::BarrierExpectOp::create(inside, loc, ring.full, place.stage,
                                    ring.bulkBytes);
    for (Feed feed : fed.feeds) {
      SmallVector<Value> scalars;
      for (Value scalar : feed.load.getScalars())
        scalars.push_back(mapping.lookup(scalar));
      if (feed.bulk)
        copyInBulk(inside, feed.load, scalars, feed.ring, place.stage,
                   ring.full);
      else
        copyToRing(inside, feed.load, scalars, feed.ring, place.stage,
                   copyingWarps);
    }
    if (ring.byThreads)
      tile::BarrierArriveOp::create(inside, loc, ring.full, place.stage,
                                    Value(), /*copied=*/true);
    RingPlace after = next(inside, loc, place);
    scf::YieldOp::create(inside, loc, ValueRange{after.stage, after.phase});
    ring.copied = {loop.getResult(0), loop.getResult(1)};
  }

  /// The dots that are in flight at the end of a round.
  static int64_t flyingDots(scf::ForOp loop) {
    int64_t flying = 0;
    for (auto wait : loop.getBody()->getOps<tile::DotWaitOp>())
      flying = wait.getPending();
    return flying;
  }

  void readRounds(FedLoop &fed) {
    Ring &ring = *fed.ring;
    --ring.loops;
    OpBuilder before(fed.loop);
    IRRewriter rewriter(before);
    Location loc = fed.loop.getLoc();
    bool flies = flyingDots(fed.loop) > 0;
    SmallVector<Value> initial{ring.read.stage, ring.read.phase};
    if (flies)
      initial.push_back(ring.read.stage);
    auto loop = cast<scf::ForOp>(*fed.loop.replaceWithAdditionalYields(
        rewriter, initial, /*replaceInitOperandUsesInLoop=*/false,
        [&](OpBuilder &builder, Location loc, ArrayRef<BlockArgument> own) {
          RingPlace after = next(builder, loc, {own[0], own[1]});
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
    for (Feed feed : fed.feeds)
      readFromRing(feed, place.stage);
    ring.read = {loop.getResult(first), loop.getResult(first + 1)};
    OpBuilder end(loop.getBody()->getTerminator());
    if (!flies) {
      release(end, loc, ring, place.stage);
      return;
    }
    Value later =
        arith::CmpIOp::create(end, loc, arith::CmpIPredicate::ne,
                              loop.getInductionVar(), loop.getLowerBound());
    release(end, loc, ring, loop.getRegionIterArg(first + 2), later);
    releaseLast(loop, ring, loop.getResult(first + 2));
  }

  static void release(OpBuilder &builder, Location loc, const Ring &ring,
                      Value stage, Value condition = {}) {
    tile::BarrierArriveOp::create(builder, loc, ring.free, stage, condition,
                                  /*copied=*/false);
  }

  /// The stage that dots in flight still read when the loop ends, if another
  /// loop goes on with the ring.
  void releaseLast(scf::ForOp loop, Ring &ring, Value stage) {
    if (ring.loops == 0)
      return;
    Operation *wait = loop->getNextNode();
    while (!isa<tile::DotWaitOp>(wait))
      wait = wait->getNextNode();
    OpBuilder behind(wait->getBlock(), ++Block::iterator(wait));
    Value ran =
        arith::CmpIOp::create(behind, loop.getLoc(), arith::CmpIPredicate::slt,
                              loop.getLowerBound(), loop.getUpperBound());
    release(behind, loop.getLoc(), ring, stage, ran);
  }

  func::FuncOp kernel;
  int64_t stages, warps;
  std::list<Ring> rings;
  SmallVector<FedLoop> loops;
  IRMapping known;
};

struct TileSpecialiseWarps
    : impl::TileSpecialiseWarpsBase<TileSpecialiseWarps> {
  using Base::Base;
  void runOnOperation() override {
    if (getOperation()->hasAttr(tile::TileDialect::kernelAttr) && stages > 1)
      Specialiser(getOperation(), stages, warps).run();
  }
};

} // namespace
} // namespace girih::compiler
