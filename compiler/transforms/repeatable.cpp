// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/repeatable.h"

#include "girih/compiler/analysis/written.h"
#include "girih/compiler/dialect/Tile.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace girih::compiler {

static bool isScalar(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return !tensor || tensor.getRank() == 0;
}

static bool isRepeatableOp(Operation *op) {
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

bool isRepeatable(Value value, func::FuncOp kernel) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return isa<tile::ViewType>(value.getType());
  return op->getParentOp() == kernel && isRepeatableOp(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return isRepeatable(operand, kernel);
         });
}

Value repeated(OpBuilder &builder, Value value, IRMapping &known) {
  if (isa<tile::ViewType>(value.getType()))
    return value;
  if (Value already = known.lookupOrNull(value))
    return already;
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    repeated(builder, operand, known);
  builder.clone(*op, known);
  return known.lookup(value);
}

} // namespace girih::compiler
