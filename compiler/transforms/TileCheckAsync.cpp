// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

#define DEBUG_TYPE "tile-check-async"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILECHECKASYNC
#include "compiler/transforms/Passes.h.inc"

namespace {

constexpr int64_t warpSize = 32;

/// The dots that are in flight, in the order of their start: each by the values
/// that are its result there.
using Flying = SmallVector<SmallVector<Value, 2>>;

bool isFlying(const Flying &flying, Value value) {
  return llvm::any_of(flying, [&](const auto &names) {
    return llvm::is_contained(names, value);
  });
}

/// Whoever has one of `from` has the value of `to` at its place as well.
void rename(Flying &flying, ValueRange from, ValueRange to) {
  for (auto &names : flying)
    for (auto [old, name] : llvm::zip_equal(from, to))
      if (llvm::is_contained(names, old) && !llvm::is_contained(names, name))
        names.push_back(name);
}

/// Follows sums that warp groups still add to.
class FlightChecker {
public:
  LogicalResult check(Block &block, Flying &flying) {
    for (Operation &op : block)
      if (failed(checkOp(&op, flying)))
        return failure();
    return success();
  }

private:
  LogicalResult checkOp(Operation *op, Flying &flying) {
    if (auto dot = dyn_cast<tile::DotOp>(op))
      return checkDot(dot, flying);
    if (auto wait = dyn_cast<tile::DotWaitOp>(op))
      return checkWait(wait, flying);
    if (auto loop = dyn_cast<scf::ForOp>(op))
      return checkLoop(loop, flying);
    if (auto branch = dyn_cast<scf::IfOp>(op))
      return checkBranch(branch, flying);
    if (op->hasTrait<OpTrait::IsTerminator>())
      return success(); // hands on
    for (Value operand : op->getOperands())
      if (isFlying(flying, operand))
        return touched(op);
    for (Region &region : op->getRegions())
      for (Block &block : region) {
        Flying own;
        if (failed(check(block, own)))
          return failure();
      }
    return success();
  }

  static LogicalResult touched(Operation *op) {
    return op->emitOpError("touches the result of a dot that is in flight");
  }

  static LogicalResult checkDot(tile::DotOp dot, Flying &flying) {
    if (isFlying(flying, dot.getA()) || isFlying(flying, dot.getB()) ||
        (isFlying(flying, dot.getAcc()) && !dot.getInFlight()))
      return touched(dot);
    if (dot.getInFlight())
      flying.push_back({dot.getResult()});
    return success();
  }

  static LogicalResult checkWait(tile::DotWaitOp wait, Flying &flying) {
    auto pending = static_cast<size_t>(wait.getPending());
    if (flying.size() > pending)
      flying.erase(flying.begin(), flying.end() - pending);
    for (Value source : wait.getSources())
      if (isFlying(flying, source))
        return wait.emitOpError("has a source that it does not wait for");
    return success();
  }

  /// The second time through the body with what the first time hands on.
  LogicalResult checkLoop(scf::ForOp loop, Flying &flying) {
    Flying before(flying);
    rename(flying, loop.getInitArgs(), loop.getRegionIterArgs());
    for (int time = 0; time < 2; ++time) {
      if (failed(check(*loop.getBody(), flying)))
        return failure();
      Flying next(flying);
      rename(next, loop.getYieldedValues(), loop.getRegionIterArgs());
      rename(flying, loop.getYieldedValues(), loop.getResults());
      if (time == 0)
        flying = next;
    }
    rename(before, loop.getInitArgs(), loop.getResults());
    // Without a round what flew before flies on.
    if (flying.size() < before.size())
      flying = before;
    return success();
  }

  LogicalResult checkBranch(scf::IfOp branch, Flying &flying) {
    Flying longest;
    for (Region *region : {&branch.getThenRegion(), &branch.getElseRegion()}) {
      Flying own(flying);
      if (!region->empty()) {
        if (failed(check(region->front(), own)))
          return failure();
        rename(own, region->front().getTerminator()->getOperands(),
               branch.getResults());
      }
      if (own.size() >= longest.size())
        longest = own;
    }
    flying = longest;
    return success();
  }
};

/// What arrives at barriers, and what lands.
class BarrierChecker {
public:
  explicit BarrierChecker(int64_t warps) : warps(warps) {}

  LogicalResult check(tile::AllocBarriersOp barriers) {
    bool copied = false, expects = false, waits = false;
    int64_t copying = 0, blocks = 0;
    for (Operation *user : barriers->getUsers()) {
      waits |= isa<tile::BarrierWaitOp>(user);
      expects |= isa<tile::BarrierExpectOp>(user);
      auto arrive = dyn_cast<tile::BarrierArriveOp>(user);
      if (arrive && arrive.getCopied()) {
        copied = true;
        copying = user->getParentOfType<tile::ProducerOp>().getWarps();
      } else if (arrive) {
        int64_t from = arrive.getCluster().value_or(1);
        if (blocks != 0 && blocks != from)
          return arrive.emitOpError("arrives for another number of blocks");
        blocks = from;
      }
    }
    int64_t counted =
        blocks * warps + (copied ? copying * warpSize : 0) + (expects ? 1 : 0);
    // Of a tile that is copied once nobody says that it is free.
    if (counted != 0 && counted != barriers.getType().getArrivals())
      return barriers.emitOpError("is said to count ")
             << barriers.getType().getArrivals() << " arrivals, of which "
             << counted << " come";
    if (!waits)
      return barriers.emitOpError("has nobody who waits for it");
    return success();
  }

  /// The bytes of copies that follow in the same block.
  static LogicalResult check(tile::BarrierExpectOp expect) {
    int64_t bytes = 0;
    for (Operation *op = expect->getNextNode(); op; op = op->getNextNode()) {
      auto other = dyn_cast<tile::BarrierExpectOp>(op);
      if (other && other.getBarriers() == expect.getBarriers())
        break;
      auto copy = dyn_cast<tile::CopyBulkOp>(op);
      if (copy && copy.getBarriers() == expect.getBarriers())
        bytes += bytesOf(copy);
    }
    if (bytes != static_cast<int64_t>(expect.getBytes()))
      return expect.emitOpError("announces ")
             << expect.getBytes() << " bytes, of which " << bytes << " come";
    return success();
  }

private:
  static int64_t bytesOf(tile::CopyBulkOp copy) {
    tile::SharedType target = copy.getTarget().getType();
    int64_t elements = 1;
    for (int64_t size : target.getShape())
      elements *= size;
    if (std::optional<ArrayRef<int64_t>> part = copy.getPart())
      elements = elements / target.getShape()[(*part)[0]] * (*part)[2];
    return elements * target.getElement().getIntOrFloatBitWidth() / 8;
  }

  int64_t warps;
};

struct TileCheckAsync : impl::TileCheckAsyncBase<TileCheckAsync> {
  using Base::Base;
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (!kernel->hasAttr(tile::TileDialect::kernelAttr))
      return;
    Flying flying;
    if (failed(FlightChecker().check(kernel.getBody().front(), flying)))
      return signalPassFailure();
    WalkResult barriers = kernel.walk([&](Operation *op) {
      auto allocated = dyn_cast<tile::AllocBarriersOp>(op);
      auto expect = dyn_cast<tile::BarrierExpectOp>(op);
      bool wrong =
          (allocated && failed(BarrierChecker(warps).check(allocated))) ||
          (expect && failed(BarrierChecker::check(expect)));
      return wrong ? WalkResult::interrupt() : WalkResult::advance();
    });
    if (barriers.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
} // namespace girih::compiler
