// SPDX-License-Identifier: Apache-2.0
// Verifiers of the tile operations.
#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#define GET_OP_CLASSES
#include "compiler/dialect/TileOps.cpp.inc"

using namespace mlir;

namespace girih::tile {

LogicalResult ProgramIdOp::verify() {
  auto kernel = (*this)->getParentOfType<func::FuncOp>();
  if (!kernel)
    return success();
  auto grid = kernel->getAttrOfType<AffineMapAttr>(TileDialect::gridAttr);
  if (grid && static_cast<int64_t>(getDim()) >=
                  static_cast<int64_t>(grid.getValue().getNumResults()))
    return emitOpError("dimension ") << getDim() << " of a grid of rank "
                                     << grid.getValue().getNumResults();
  return success();
}

LogicalResult SizeOp::verify() {
  int64_t rank = getView().getType().getRank();
  if (static_cast<int64_t>(getDim()) >= rank)
    return emitOpError("dimension ")
           << getDim() << " of a view of rank " << rank;
  return success();
}

LogicalResult ValueOp::verify() {
  ViewType view = getView().getType();
  if (view.getRank() != 0)
    return emitOpError("a view of rank ") << view.getRank();
  if (getType() != view.getElement())
    return emitOpError("gives ")
           << getType() << " of a view of " << view.getElement();
  return success();
}

/// What load and store have in common: `tile` accessed through map and bounds.
template <typename AccessOp>
static LogicalResult verifyAccess(AccessOp op, RankedTensorType tile,
                                  int64_t pieces = 1) {
  ViewType view = op.getView().getType();
  AffineMap map = op.getMap();
  if (tile.getElementType() != view.getElement())
    return op.emitOpError("the tile has elements of type ")
           << tile.getElementType() << " but the view has "
           << view.getElement();
  if (map.getNumDims() != static_cast<unsigned>(tile.getRank()))
    return op.emitOpError("the map has ")
           << map.getNumDims() << " dims for a tile of rank " << tile.getRank();
  if (map.getNumSymbols() * static_cast<size_t>(pieces) !=
      op.getScalars().size())
    return op.emitOpError("the map has ")
           << map.getNumSymbols() << " symbols for " << op.getScalars().size()
           << " scalars";
  if (map.getNumResults() != static_cast<unsigned>(view.getRank()))
    return op.emitOpError("the map has ")
           << map.getNumResults() << " results for a view of rank "
           << view.getRank();
  std::optional<IntegerSet> bounds = op.getBounds();
  if (!bounds)
    return success();
  if (bounds->getNumDims() != map.getNumDims() ||
      bounds->getNumSymbols() != map.getNumSymbols())
    return op.emitOpError("map and bounds differ in dims or symbols");
  return success();
}

LogicalResult LoadOp::verify() {
  if (getOther().getType() != getView().getType().getElement())
    return emitOpError("'other' has type ")
           << getOther().getType() << " but the view has "
           << getView().getType().getElement();
  RankedTensorType type = getResult().getType();
  auto pieces = static_cast<int64_t>(getPieces().value_or(1)),
       along = static_cast<int64_t>(getAlong().value_or(0));
  if (getPieces().has_value() != getAlong().has_value() || pieces < 1 ||
      (getPieces() && (along < 0 || along >= type.getRank() ||
                       type.getDimSize(static_cast<unsigned>(along)) % pieces)))
    return emitOpError("its lanes are not equal pieces along a dimension");
  return verifyAccess(*this, type, pieceCount());
}

SmallVector<int64_t> LoadOp::pieceShape() {
  SmallVector<int64_t> shape(getType().getShape());
  if (getPieces())
    shape[*getAlong()] /= pieceCount();
  return shape;
}

OperandRange LoadOp::pieceScalars(int64_t piece) {
  unsigned count = getMap().getNumSymbols();
  return getScalars().slice(static_cast<unsigned>(piece) * count, count);
}

LogicalResult StoreOp::verify() {
  return verifyAccess(*this, getValue().getType());
}

LogicalResult LoadWindowOp::verify() {
  if (getTiles().empty() || !llvm::all_equal(getTiles().getTypes()) ||
      getPlaces().size() != getTiles().size())
    return emitOpError("must have a tile for each place, all of one type");
  auto type = cast<RankedTensorType>(getTiles().front().getType());
  ViewType view = getView().getType();
  auto along = static_cast<int64_t>(getAlong()),
       run = static_cast<int64_t>(getRun());
  if (along < 0 || along >= type.getRank() || run < 1 ||
      type.getDimSize(static_cast<unsigned>(along)) % run != 0)
    return emitOpError("its runs do not divide a dimension");
  if (view.getUnit() < 0 || getOther().getType() != view.getElement())
    return emitOpError("needs a dimension of stride 1 and 'other' of type ")
           << view.getElement();
  if (getMoves().size() != (getBounds() ? getBounds()->getNumConstraints() : 0))
    return emitOpError("must have a move for each constraint");
  return verifyAccess(*this, type);
}

static bool isFp8(Type type) {
  return isa<Float8E4M3FNType, Float8E5M2Type>(type);
}

/// The type that products of `operand` are summed in, or null.
static Type accumulatorType(Type operand) {
  MLIRContext *context = operand.getContext();
  if (operand.isF64())
    return operand;
  if (operand.isF32() || operand.isF16() || operand.isBF16() || isFp8(operand))
    return Float32Type::get(context);
  if (operand.isSignlessInteger(8) || operand.isSignlessInteger(16) ||
      operand.isSignlessInteger(32))
    return IntegerType::get(context, 32);
  if (operand.isSignlessInteger(64))
    return operand;
  return {};
}

static LogicalResult verifyDotTypes(DotOp op) {
  Type a = op.getA().getType().getElementType();
  Type b = op.getB().getType().getElementType();
  Type acc = op.getAcc().getType().getElementType();
  if (a != b && !(isFp8(a) && isFp8(b)))
    return op.emitOpError("operands of different types ") << a << " and " << b;
  Type wanted = accumulatorType(a);
  if (!wanted)
    return op.emitOpError("no dot of elements of type ") << a;
  if (acc != wanted)
    return op.emitOpError("products of ")
           << a << " are summed in " << wanted << ", not in " << acc;
  if ((op.getUnsignedA() || op.getUnsignedB()) && !a.isSignlessInteger(8))
    return op.emitOpError("only i8 operands can be unsigned, not ") << a;
  return success();
}

LogicalResult DotOp::verify() {
  RankedTensorType a = getA().getType(), b = getB().getType();
  RankedTensorType acc = getAcc().getType();
  if (a.getRank() != 2 || b.getRank() != 2 || acc.getRank() != 2)
    return emitOpError("operands must have rank 2");
  if (a.getDimSize(1) != b.getDimSize(0))
    return emitOpError("a has ") << a.getDimSize(1) << " columns but b has "
                                 << b.getDimSize(0) << " rows";
  if (acc.getDimSize(0) != a.getDimSize(0) ||
      acc.getDimSize(1) != b.getDimSize(1))
    return emitOpError("the accumulator is ")
           << acc.getDimSize(0) << "x" << acc.getDimSize(1)
           << " but the product is " << a.getDimSize(0) << "x"
           << b.getDimSize(1);
  return verifyDotTypes(*this);
}

LogicalResult DotWaitOp::verify() {
  if (getSources().getTypes() != getResults().getTypes())
    return emitOpError("results must be what is waited for");
  return success();
}

} // namespace girih::tile
