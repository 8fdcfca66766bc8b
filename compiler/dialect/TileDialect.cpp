// SPDX-License-Identifier: Apache-2.0
// Registration, and the verifier of what makes a function a kernel.
#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "compiler/dialect/TileDialect.cpp.inc"
#include "compiler/dialect/TileEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "compiler/dialect/TileAttrs.cpp.inc"

namespace girih::tile {

void TileDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "compiler/dialect/TileAttrs.cpp.inc"
      >();
  registerTypes();
  addOperations<
#define GET_OP_LIST
#include "compiler/dialect/TileOps.cpp.inc"
      >();
}

bool TileDialect::isSettled(Value view) {
  auto operand = dyn_cast<BlockArgument>(view);
  auto kernel =
      operand
          ? dyn_cast_or_null<func::FuncOp>(operand.getOwner()->getParentOp())
          : func::FuncOp();
  auto directions =
      kernel ? kernel->getAttrOfType<ArrayAttr>(directionsAttr) : ArrayAttr();
  return directions && cast<StringAttr>(directions[operand.getArgNumber()])
                           .getValue()
                           .starts_with("settled");
}

LogicalResult OrderAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                OrderKind kind, int64_t group) {
  if (group < (kind == OrderKind::descending ? 0 : 1))
    return emitError() << "an order's group must be positive, got " << group;
  return success();
}

namespace {

LogicalResult verifyGrid(func::FuncOp kernel, int64_t sizeCount) {
  auto grid = kernel->getAttrOfType<AffineMapAttr>(TileDialect::gridAttr);
  if (!grid)
    return kernel.emitOpError("a kernel needs the affine map '")
           << TileDialect::gridAttr << "'";
  AffineMap map = grid.getValue();
  auto minima = kernel->getAttrOfType<ArrayAttr>(TileDialect::minimaAttr);
  int64_t minimaCount = minima ? static_cast<int64_t>(minima.size()) : 0;
  if (map.getNumDims() != 0 || map.getNumSymbols() != sizeCount + minimaCount)
    return kernel.emitOpError("the grid has ")
           << map.getNumDims() << " dims and " << map.getNumSymbols()
           << " symbols, but must have none and one for each of the "
           << sizeCount << " sizes of the operands and the " << minimaCount
           << " minima";
  for (int64_t i = 0; i < minimaCount; ++i) {
    auto each = dyn_cast<AffineMapAttr>(minima[i]);
    bool fits = each && each.getValue().getNumDims() == 0 &&
                each.getValue().getNumSymbols() == map.getNumSymbols() &&
                each.getValue().getNumResults() > 0;
    for (int64_t later = i; fits && later < minimaCount; ++later)
      fits = !each.getValue().isFunctionOfSymbol(sizeCount + later);
    if (!fits)
      return kernel.emitOpError("'")
             << TileDialect::minimaAttr
             << "' holds maps over the grid's symbols, each over those before "
                "it";
  }
  auto grids = kernel->getAttrOfType<ArrayAttr>(TileDialect::gridsAttr);
  auto isGrid = [&](Attribute attribute) {
    auto own = dyn_cast<AffineMapAttr>(attribute);
    return own && own.getValue().getNumDims() == 0 &&
           own.getValue().getNumSymbols() == map.getNumSymbols() &&
           own.getValue().getNumResults() == map.getNumResults();
  };
  if (grids && (grids.size() != kernel.getNumArguments() ||
                !llvm::all_of(grids, isGrid)))
    return kernel.emitOpError("'")
           << TileDialect::gridsAttr
           << "' holds a map like the grid for each operand";
  auto order = kernel->getAttrOfType<OrderAttr>(TileDialect::orderAttr);
  if (!order)
    return kernel.emitOpError("a kernel needs the '")
           << TileDialect::orderAttr << "' attribute";
  if (isOfRowsAndColumns(order.getKind()) && map.getNumResults() != 2)
    return kernel.emitOpError("order ")
           << stringifyOrderKind(order.getKind())
           << " needs a grid of rank 2, not " << map.getNumResults();
  return success();
}

LogicalResult verifyDirections(func::FuncOp kernel) {
  auto directions =
      kernel->getAttrOfType<ArrayAttr>(TileDialect::directionsAttr);
  if (!directions || directions.size() != kernel.getNumArguments())
    return kernel.emitOpError("a kernel needs '")
           << TileDialect::directionsAttr << "', one for each operand";
  for (Attribute direction : directions) {
    auto text = dyn_cast<StringAttr>(direction);
    if (!text || !llvm::is_contained(
                     {"in", "out", "inout", "settled in", "settled inout"},
                     text.getValue()))
      return kernel.emitOpError("a direction is \"in\", \"out\" or \"inout\", "
                                "the first or the last perhaps \"settled\", "
                                "not ")
             << direction;
  }
  return success();
}

LogicalResult verifyKernel(func::FuncOp kernel) {
  if (kernel.getNumResults() != 0)
    return kernel.emitOpError("a kernel has no results");
  int64_t sizeCount = 0;
  for (Type type : kernel.getArgumentTypes()) {
    auto view = dyn_cast<ViewType>(type);
    if (!view)
      return kernel.emitOpError("an operand of a kernel is a !tile.view, not ")
             << type;
    sizeCount += view.getRank();
  }
  auto width = kernel->getAttrOfType<IntegerAttr>(TileDialect::indexBitsAttr);
  if (!width || (width.getInt() != 32 && width.getInt() != 64))
    return kernel.emitOpError("a kernel needs '")
           << TileDialect::indexBitsAttr << "', 32 or 64";
  if (!kernel->getAttrOfType<StringAttr>(TileDialect::configAttr))
    return kernel.emitOpError("a kernel needs the string '")
           << TileDialect::configAttr << "'";
  if (failed(verifyGrid(kernel, sizeCount)))
    return failure();
  return verifyDirections(kernel);
}

} // namespace

LogicalResult TileDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attribute) {
  if (attribute.getName() != kernelAttr)
    return success();
  auto kernel = dyn_cast<func::FuncOp>(op);
  if (!kernel)
    return op->emitOpError("only a function can be a kernel");
  return verifyKernel(kernel);
}

} // namespace girih::tile
