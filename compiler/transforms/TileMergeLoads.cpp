// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/analysis/written.h"

#include "mlir/IR/OperationSupport.h"

#define DEBUG_TYPE "tile-merge-loads"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILEMERGELOADS
#include "compiler/transforms/Passes.h.inc"

namespace {

bool sameLoad(tile::LoadOp a, tile::LoadOp b) {
  return OperationEquivalence::isEquivalentTo(
      a, b, OperationEquivalence::IgnoreLocations);
}

struct TileMergeLoads : impl::TileMergeLoadsBase<TileMergeLoads> {
  /// Loads whose result still is what memory holds. Kernels have few.
  using Known = SmallVector<tile::LoadOp>;

  static void forget(Known &known, Value view) {
    llvm::erase_if(known,
                   [&](tile::LoadOp load) { return load.getView() == view; });
  }

  void visit(tile::LoadOp load, Known &known) {
    auto *same = llvm::find_if(
        known, [&](tile::LoadOp other) { return sameLoad(load, other); });
    if (same == known.end()) {
      known.push_back(load);
      return;
    }
    load.getResult().replaceAllUsesWith(same->getResult());
    load.erase();
  }

  void visit(Block &block, Known known) {
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (auto load = dyn_cast<tile::LoadOp>(op)) {
        visit(load, known);
        continue;
      }
      // A store in a loop comes before the loads of its next round, too.
      op.walk([&](Operation *inner) {
        // Behind an arrival, what others have written may be seen.
        if (isa<tile::ArriveOp>(inner))
          llvm::erase_if(known, [](tile::LoadOp load) {
            return isWritten(load.getView());
          });
        else if (Value view = writtenView(inner))
          forget(known, view);
      });
      for (Region &region : op.getRegions())
        for (Block &nested : region)
          visit(nested, known);
    }
  }

  void runOnOperation() override {
    if (!getOperation().isExternal())
      visit(getOperation().getBody().front(), {});
  }
};

} // namespace

} // namespace girih::compiler
