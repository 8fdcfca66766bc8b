// SPDX-License-Identifier: Apache-2.0
// Warps that only copy, barriers, and blocks that do one program together.
#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace girih::tile {

LogicalResult BarriersType::verify(function_ref<InFlightDiagnostic()> emitError,
                                   int64_t count, int64_t arrivals) {
  if (count < 1 || arrivals < 1)
    return emitError() << "there must be barriers, and arrivals at them";
  return success();
}

/// Whether the region may use the value, which comes from outside.
static bool isShareable(Value value) {
  return isa<ViewType, SharedType, BarriersType>(value.getType());
}

LogicalResult ProducerOp::verify() {
  if (getWarps() < 1)
    return emitOpError("needs warps");
  WalkResult result = getBody().walk([&](Operation *op) {
    for (Value operand : op->getOperands())
      if (!getBody().isAncestor(operand.getParentRegion()) &&
          !isShareable(operand)) {
        op->emitOpError("in a tile.producer uses a value that the other warps "
                        "compute");
        return WalkResult::interrupt();
      }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult HoldsOp::verify() {
  IntegerSet set = getSet();
  if (set.getNumDims() != 0 || set.getNumSymbols() != getScalars().size())
    return emitOpError("has ")
           << getScalars().size() << " scalars for a set of "
           << set.getNumDims() << " dimensions and " << set.getNumSymbols()
           << " symbols";
  return success();
}

LogicalResult StreamSumOp::verify() {
  if (getSource().getType().getElementTypeBitWidth() != 32)
    return emitOpError("adds elements of 32 bits, not ")
           << getSource().getType().getElementType();
  return success();
}

LogicalResult ClusterSumOp::verify() {
  if (getSource().getType().getElementTypeBitWidth() != 32)
    return emitOpError("adds elements of 32 bits, not ")
           << getSource().getType().getElementType();
  if (!isa<func::FuncOp>((*this)->getParentOp()))
    return emitOpError("belongs in the kernel's own block");
  RankedTensorType source = getSource().getType(), result = getType();
  if (source.getElementType() != result.getElementType())
    return emitOpError("has a sum of other elements");
  SmallVector<int64_t> part(source.getShape());
  if (!part.empty())
    part.back() /= static_cast<int64_t>(getBlocks());
  if (result.getShape() != source.getShape() &&
      (part != SmallVector<int64_t>(result.getShape()) ||
       source.getShape().back() % static_cast<int64_t>(getBlocks())))
    return emitOpError("gives all columns or a part of them for each block");
  return success();
}

} // namespace girih::tile
