// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/analysis/written.h"
#include "girih/compiler/transforms/bounded_load.h"
#include "girih/compiler/transforms/layout_assignment.h"
#include "girih/compiler/transforms/scalar_slice.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

#define DEBUG_TYPE "tile-prefetch-loads"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILEPREFETCHLOADS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// Registers of a thread that the tiles of a loop may take. Addresses and what
/// is being computed come on top; more would leave too few programs to an SM.
constexpr int64_t mostRegisters = 96;
/// The same with those of a round's other loads.
constexpr int64_t mostWithOthers = 112;

/// Registers of a thread that a tile takes.
int64_t registersOf(Value tile) {
  auto type = cast<RankedTensorType>(tile.getType());
  Layout layout = cast<tile::LayoutAttr>(type.getEncoding()).getLayout();
  int64_t bits = layout.size(Axis::reg) * type.getElementTypeBitWidth();
  int64_t registers = (bits + 31) / 32;
  // What repeats the elements of a smaller tile takes no more than that.
  if (auto remap = tile.getDefiningOp<tile::RemapOp>();
      remap && !isFree(remap.getSource()))
    return std::min(registers, registersOf(remap.getSource()));
  return registers;
}

/// Registers that tiles take through the whole loop.
int64_t registersHeld(scf::ForOp loop) {
  SetVector<Value> tiles;
  for (Value argument : loop.getRegionIterArgs())
    if (isTile(argument))
      tiles.insert(argument);
  loop.getBody()->walk([&](Operation *op) {
    for (Value operand : op->getOperands())
      if (isTile(operand) && !isFree(operand) &&
          !loop.getRegion().isAncestor(operand.getParentRegion()))
        tiles.insert(operand);
  });
  int64_t registers = 0;
  for (Value tile : tiles)
    registers += registersOf(tile);
  return registers;
}

/// Whether the loop is for this pass: rounds of dots are fed through shared
/// memory, a round that has loops of its own is long enough, and no read may
/// cross an arrival.
bool isSimple(scf::ForOp loop) {
  return !loop.getBody()
              ->walk([](Operation *op) {
                return isa<scf::ForOp, scf::WhileOp, tile::DotOp,
                           tile::CopyAsyncOp, tile::ArriveOp>(op)
                           ? WalkResult::interrupt()
                           : WalkResult::advance();
              })
              .wasInterrupted();
}

/// Operands that the loop writes: operands that are written never overlap
/// others.
SmallPtrSet<Value, 4> writtenIn(scf::ForOp loop) {
  SmallPtrSet<Value, 4> views;
  loop.getBody()->walk([&](Operation *op) {
    if (Value view = writtenView(op))
      views.insert(view);
  });
  return views;
}

class Prefetcher {
public:
  explicit Prefetcher(scf::ForOp loop) : loop(loop) {}

  void run() {
    if (!isSimple(loop))
      return;
    SmallPtrSet<Value, 4> written = writtenIn(loop);
    SmallVector<tile::LoadOp> candidates;
    // What a dependent kernel need not wait for comes first.
    for (bool settled : {true, false})
      for (auto load : loop.getBody()->getOps<tile::LoadOp>())
        if (tile::TileDialect::isSettled(load.getView()) == settled &&
            !written.contains(load.getView()) && moves(load))
          candidates.push_back(load);
    choose(candidates);
    if (loads.empty())
      return;
    rewrite();
  }

private:
  /// Those that there are registers for, of this round and of the next one.
  void choose(ArrayRef<tile::LoadOp> candidates) {
    int64_t registers = registersHeld(loop), others = 0;
    for (tile::LoadOp load : candidates)
      others += registersOf(load);
    for (tile::LoadOp load : candidates) {
      int64_t each = registersOf(load), all = registers + 2 * each;
      if (all > mostRegisters || all + others - each > mostWithOthers) {
        load.emitRemark() << DEBUG_TYPE
            ": rounds wait for this load because reading ahead would take "
                          << all << " registers of a thread, or "
                          << all + others - each
                          << " with the round's other loads, more than "
                          << mostRegisters << " or " << mostWithOthers;
        continue;
      }
      registers = all;
      others -= each;
      loads.push_back(load);
    }
  }

  /// Whether the load is another one in each round, known ahead.
  bool moves(tile::LoadOp load) {
    if (load->use_empty() || load.getType().getRank() == 0)
      return false;
    auto slice = scalarSlice(load, loop);
    if (!slice)
      return false;
    slice->push_back(load);
    return llvm::any_of(*slice, [&](Operation *op) {
      return llvm::is_contained(op->getOperands(), loop.getInductionVar());
    });
  }

  /// The tiles of one round; nothing is read where the loop has no such round.
  SmallVector<Value> read(OpBuilder &builder, Value round) {
    IRMapping mapping;
    mapping.map(loop.getInductionVar(), round);
    SmallVector<Value> tiles;
    for (tile::LoadOp load : loads) {
      auto slice = scalarSlice(load, loop);
      for (Operation *op : *slice)
        if (!mapping.contains(op->getResult(0)))
          builder.clone(*op, mapping);
      tiles.push_back(
          loadBelow(builder, load, mapping, round, loop.getUpperBound()));
    }
    return tiles;
  }

  void rewrite() {
    OpBuilder before(loop);
    IRRewriter rewriter(before);
    SmallVector<Value> first = read(before, loop.getLowerBound());
    (void)loop.replaceWithAdditionalYields(
        rewriter, first, /*replaceInitOperandUsesInLoop=*/false,
        [&](OpBuilder &, Location loc, ArrayRef<BlockArgument> current) {
          OpBuilder top = OpBuilder::atBlockBegin(loop.getBody());
          Value ahead = arith::AddIOp::create(top, loc, loop.getInductionVar(),
                                              loop.getStep());
          SmallVector<Value> next = read(top, ahead);
          for (auto [load, tile] : llvm::zip_equal(loads, current)) {
            load.getResult().replaceAllUsesWith(tile);
            load.erase();
          }
          return next;
        });
  }

  scf::ForOp loop;
  SmallVector<tile::LoadOp> loads;
};

struct TilePrefetchLoads : impl::TilePrefetchLoadsBase<TilePrefetchLoads> {
  void runOnOperation() override {
    if (!getOperation()->hasAttr(tile::TileDialect::kernelAttr))
      return;
    SmallVector<scf::ForOp> loops;
    getOperation().walk([&](scf::ForOp loop) { loops.push_back(loop); });
    for (scf::ForOp loop : loops)
      Prefetcher(loop).run();
  }
};

} // namespace
} // namespace girih::compiler
