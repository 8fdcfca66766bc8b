// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/scalar_slice.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace girih::compiler {

/// Whether `op` reads one element of an operand that nothing here writes, such
/// as the number of the next page: it may be read rounds before.
static bool readsScalar(Operation *op) {
  if (!isa<tile::LoadOp, tile::GatherOp>(op) ||
      cast<RankedTensorType>(op->getResult(0).getType()).getRank() != 0)
    return false;
  Value view = isa<tile::LoadOp>(op) ? cast<tile::LoadOp>(op).getView()
                                     : cast<tile::GatherOp>(op).getView();
  return llvm::all_of(
      view.getUsers(),
      llvm::IsaPred<tile::LoadOp, tile::GatherOp, tile::SizeOp>);
}

std::optional<SmallVector<Operation *>> scalarSlice(tile::LoadOp load,
                                                    scf::ForOp loop) {
  SetVector<Operation *> needed;
  SmallVector<Value> open(load.getScalars());
  while (!open.empty()) {
    Value value = open.pop_back_val();
    if (value == loop.getInductionVar() ||
        !loop.getRegion().isAncestor(value.getParentRegion()))
      continue;
    Operation *op = value.getDefiningOp();
    if (!op || op->getBlock() != loop.getBody() ||
        !(isPure(op) || readsScalar(op)) || op->getNumRegions())
      return std::nullopt;
    if (needed.insert(op))
      llvm::append_range(open, op->getOperands());
  }
  SmallVector<Operation *> slice = needed.takeVector();
  llvm::sort(slice,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return slice;
}

} // namespace girih::compiler
