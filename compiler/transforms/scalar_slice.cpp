// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/scalar_slice.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace girih::compiler {

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
    if (!op || op->getBlock() != loop.getBody() || !isPure(op) ||
        op->getNumRegions())
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
