// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/cluster_share.h"

#include "girih/compiler/analysis/bulk_box.h"
#include "girih/compiler/analysis/written.h"
#include "girih/compiler/transforms/load_ring.h"

using namespace mlir;

namespace girih::compiler {

/// Whether programs of other rows may have another value.
static bool dependsOnRow(Value value) {
  SmallVector<Value> open{value};
  SmallPtrSet<Operation *, 16> seen;
  while (!open.empty()) {
    Operation *op = open.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op).second || isa<tile::SizeOp>(op))
      continue;
    auto id = dyn_cast<tile::ProgramIdOp>(op);
    if ((id && id.getDim() == 0) || isa<tile::LoadOp>(op))
      return true;
    if (!id)
      llvm::append_range(open, op->getOperands());
  }
  return false;
}

/// Whether a program can be done twice at the same time: it changes nothing
/// that it reads.
static bool isRepeatableWhole(func::FuncOp kernel) {
  return !kernel
              .walk([](Operation *op) {
                auto load = dyn_cast<tile::LoadOp>(op);
                bool once =
                    (load && isWritten(load.getView())) ||
                    isa<tile::AtomicOp, tile::ScatterOp, tile::PrintOp>(op);
                return once ? WalkResult::interrupt() : WalkResult::advance();
              })
              .wasInterrupted();
}

StringRef whyNotBeside(func::FuncOp kernel, ArrayRef<scf::ForOp> loops) {
  auto grid = kernel->getAttrOfType<AffineMapAttr>(tile::TileDialect::gridAttr);
  if (!grid || grid.getValue().getNumResults() != 2)
    return "the grid has no rows and columns";
  // Where rows are odd in number, the last one is done twice.
  if (!isRepeatableWhole(kernel))
    return "a program cannot be done twice";
  for (scf::ForOp loop : loops)
    for (Value bound :
         {loop.getLowerBound(), loop.getUpperBound(), loop.getStep()})
      if (dependsOnRow(bound))
        return "programs below each other have unlike rounds";
  return "";
}

int64_t sharingBlocks(tile::LoadOp load, tile::SharedType ring,
                      int64_t blocks) {
  constexpr int64_t atom = 8; // rows
  if (blocks == 1 || !isBulk(load, ring))
    return 1;
  for (int64_t piece = 0; piece < load.pieceCount(); ++piece)
    if (llvm::any_of(load.pieceScalars(piece), dependsOnRow))
      return 1;
  BulkColumns columns =
      bulkColumns(ring.getShape(), ring.getLayout().getLayout());
  int64_t rows = columns.rows / load.pieceCount();
  return rows % (atom * blocks) == 0 ? blocks : 1;
}

IntegerAttr clusterOf(OpBuilder &builder, int64_t blocks) {
  return blocks > 1 ? builder.getI64IntegerAttr(blocks) : IntegerAttr();
}

} // namespace girih::compiler
