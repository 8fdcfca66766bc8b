// SPDX-License-Identifier: Apache-2.0
// Verifiers and folds of the operations on lanes.
#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace girih::tile {

LogicalResult CoordinateOp::verify() {
  AffineMap map = getMap();
  if (map.getNumResults() != 1 ||
      map.getNumDims() != static_cast<unsigned>(getType().getRank()) ||
      map.getNumSymbols() != getScalars().size())
    return emitOpError("the map must give one number from ")
           << getType().getRank() << " lanes and " << getScalars().size()
           << " scalars";
  return success();
}

LogicalResult RemapOp::verify() {
  RankedTensorType from = getSource().getType(), to = getType();
  if (from.getElementType() != to.getElementType())
    return emitOpError("changes the element type");
  AffineMap map = getMap();
  if (map.getNumSymbols() != 0 ||
      map.getNumDims() != static_cast<unsigned>(to.getRank()) ||
      map.getNumResults() != static_cast<unsigned>(from.getRank()))
    return emitOpError("the map must take ")
           << to.getRank() << " coordinates to " << from.getRank();
  if (to.getRank() == 0)
    return emitOpError("gives no tile of rank 0");
  return success();
}

OpFoldResult RemapOp::fold(FoldAdaptor) {
  if (getMap().isIdentity() && getSource().getType() == getType())
    return getSource();
  return {};
}

/// An elementwise operation of which fewer lanes are wanted is done on those.
static LogicalResult moveBefore(RemapOp op, Operation *source,
                                PatternRewriter &rewriter) {
  bool elementwise = source && OpTrait::hasElementwiseMappableTraits(source) &&
                     source->getNumResults() == 1 && source->hasOneUse();
  if (!elementwise || op.getType().getNumElements() >=
                          op.getSource().getType().getNumElements())
    return failure();
  SmallVector<Value> operands;
  for (Value operand : source->getOperands()) {
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    operands.push_back(
        type ? Value(RemapOp::create(rewriter, op.getLoc(),
                                     op.getType().clone(type.getElementType()),
                                     operand, op.getMap()))
             : operand);
  }
  Operation *moved =
      rewriter.create(source->getLoc(), source->getName().getIdentifier(),
                      operands, op.getType(), source->getAttrs());
  rewriter.replaceOp(op, moved->getResults());
  return success();
}

LogicalResult RemapOp::canonicalize(RemapOp op, PatternRewriter &rewriter) {
  Operation *source = op.getSource().getDefiningOp();
  SplatElementsAttr constant;
  if (matchPattern(op.getSource(), m_Constant(&constant))) {
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(
        op, constant.resizeSplat(op.getType()));
    return success();
  }
  if (succeeded(moveBefore(op, source, rewriter)))
    return success();
  if (auto inner = dyn_cast_or_null<RemapOp>(source)) {
    rewriter.replaceOpWithNewOp<RemapOp>(op, op.getType(), inner.getSource(),
                                         inner.getMap().compose(op.getMap()));
    return success();
  }
  if (auto splat = dyn_cast_or_null<tensor::SplatOp>(source)) {
    rewriter.replaceOpWithNewOp<tensor::SplatOp>(op, splat.getInput(),
                                                 op.getType());
    return success();
  }
  if (auto lanes = dyn_cast_or_null<CoordinateOp>(source)) {
    rewriter.replaceOpWithNewOp<CoordinateOp>(
        op, op.getType(), lanes.getScalars(),
        lanes.getMap().compose(op.getMap()));
    return success();
  }
  return failure();
}

LogicalResult TakeOp::verify() {
  RankedTensorType from = getSource().getType(), index = getIndex().getType();
  if (getType().getElementType() != from.getElementType() ||
      getType().getShape() != index.getShape())
    return emitOpError("gives the index's shape and the source's elements");
  if (from.getRank() != index.getRank() ||
      static_cast<int64_t>(getDim()) >= from.getRank())
    return emitOpError("source and index need one rank, which has dimension ")
           << getDim();
  for (int64_t dim = 0; dim < from.getRank(); ++dim)
    if (dim != static_cast<int64_t>(getDim()) &&
        from.getDimSize(dim) != index.getDimSize(dim))
      return emitOpError("source and index differ in dimension ") << dim;
  return success();
}

LogicalResult HistogramOp::verify() {
  Type values = getSource().getType().getElementType();
  if (getSource().getType().getRank() == 0 ||
      !(values.isInteger(32) || values.isInteger(64)))
    return emitOpError("counts i32 or i64 in at least one dimension");
  if (getType().getRank() != 1 || !getType().getElementType().isInteger(32))
    return emitOpError("gives counts of type i32 in one dimension");
  return success();
}

/// A region of lanes: scalars in, scalars out, elementwise in between.
static LogicalResult verifyLanes(Operation *op, Region &region,
                                 TypeRange inputs, TypeRange results,
                                 unsigned copies) {
  Block &block = region.front();
  SmallVector<Type> wanted, yielded;
  for (unsigned copy = 0; copy < copies; ++copy)
    for (Type type : inputs)
      wanted.push_back(getElementTypeOrSelf(type));
  if (block.getArgumentTypes() != TypeRange(wanted))
    return op->emitOpError("the region's arguments are not its lanes");
  // The block itself is verified later: it may still lack its end.
  auto yield = block.empty() ? YieldOp() : dyn_cast<YieldOp>(block.back());
  for (Type type : results)
    yielded.push_back(getElementTypeOrSelf(type));
  if (!yield || yield.getValues().getTypes() != TypeRange(yielded))
    return op->emitOpError("the region does not yield a lane of each result");
  for (Operation &each : block.without_terminator())
    if (!isa_and_nonnull<arith::ArithDialect, math::MathDialect>(
            each.getDialect()) ||
        llvm::any_of(each.getResultTypes(), llvm::IsaPred<ShapedType>))
      return op->emitOpError("the region holds '")
             << each.getName() << "', which is not elementwise";
  return success();
}

/// Inputs of one shape that has `dim`.
static LogicalResult verifyAlong(Operation *op, ValueRange inputs,
                                 uint64_t dim) {
  if (inputs.empty())
    return op->emitOpError("needs an input");
  auto shape = cast<RankedTensorType>(inputs[0].getType()).getShape();
  if (dim >= shape.size())
    return op->emitOpError("dimension ")
           << dim << " of a tile of rank " << shape.size();
  for (Value input : inputs)
    if (cast<RankedTensorType>(input.getType()).getShape() != shape)
      return op->emitOpError("inputs differ in shape");
  return success();
}

/// The same but for the layout.
static bool sameTile(Type a, Type b) {
  auto x = dyn_cast<RankedTensorType>(a), y = dyn_cast<RankedTensorType>(b);
  return x && y ? x.getShape() == y.getShape() &&
                      x.getElementType() == y.getElementType()
                : a == b;
}

static bool sameTiles(TypeRange a, TypeRange b) {
  return a.size() == b.size() && llvm::all_of(llvm::zip(a, b), [](auto pair) {
           return sameTile(std::get<0>(pair), std::get<1>(pair));
         });
}

static LogicalResult verifyKept(Operation *op) {
  if (sameTiles(op->getOperandTypes(), op->getResultTypes()))
    return success();
  return op->emitOpError("results have other types than the inputs");
}

LogicalResult ReduceOp::verify() {
  if (failed(verifyAlong(*this, getInputs(), getDim())))
    return failure();
  SmallVector<Type> wanted;
  for (Value input : getInputs()) {
    auto type = cast<RankedTensorType>(input.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape.erase(shape.begin() + getDim());
    wanted.push_back(shape.empty() ? type.getElementType()
                                   : Type(RankedTensorType::get(
                                         shape, type.getElementType())));
  }
  if (!sameTiles(wanted, getResultTypes()))
    return emitOpError("results are the inputs without dimension ") << getDim();
  return verifyLanes(*this, getBody(), getInputs().getTypes(), getResultTypes(),
                     2);
}

LogicalResult ScanOp::verify() {
  if (failed(verifyAlong(*this, getInputs(), getDim())) ||
      failed(verifyKept(*this)))
    return failure();
  return verifyLanes(*this, getBody(), getInputs().getTypes(), getResultTypes(),
                     2);
}

LogicalResult SortOp::verify() {
  if (failed(verifyAlong(*this, getInputs(), getDim())))
    return failure();
  return verifyKept(*this);
}

LogicalResult InlinePtxOp::verify() {
  auto shape = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor ? tensor.getShape() : ArrayRef<int64_t>();
  };
  for (Value input : getInputs())
    if (shape(input.getType()) != shape(getType()))
      return emitOpError("inputs and result differ in shape");
  return verifyLanes(*this, getBody(), getInputs().getTypes(),
                     TypeRange(getType()), 1);
}

LogicalResult PrintOp::verify() {
  if (getIsUnsigned().size() != getValues().size())
    return emitOpError("says for ")
           << getIsUnsigned().size() << " of " << getValues().size()
           << " values whether they are unsigned";
  return success();
}

LogicalResult AssertOp::verify() {
  if (!getElementTypeOrSelf(getCondition().getType()).isInteger(1))
    return emitOpError("the condition is not a bool");
  return success();
}

/// What gather, scatter and atomic have in common.
static LogicalResult verifyIndirect(Operation *op, ViewType view,
                                    RankedTensorType tile, ValueRange indices) {
  if (tile.getElementType() != view.getElement())
    return op->emitOpError("the tile has elements of type ")
           << tile.getElementType() << " but the view has "
           << view.getElement();
  if (static_cast<int64_t>(indices.size()) != view.getRank())
    return op->emitOpError() << indices.size() << " indices for a view of rank "
                             << view.getRank();
  for (Value index : indices)
    if (cast<RankedTensorType>(index.getType()).getShape() != tile.getShape())
      return op->emitOpError("an index has another shape than the tile");
  return success();
}

static LogicalResult verifyOther(Operation *op, TypedAttr other,
                                 ViewType view) {
  if (other.getType() != view.getElement())
    return op->emitOpError("'other' has type ")
           << other.getType() << " but the view has " << view.getElement();
  return success();
}

LogicalResult GatherOp::verify() {
  if (failed(
          verifyIndirect(*this, getView().getType(), getType(), getIndices())))
    return failure();
  return verifyOther(*this, getOther(), getView().getType());
}

LogicalResult ScatterOp::verify() {
  return verifyIndirect(*this, getView().getType(), getValue().getType(),
                        getIndices());
}

LogicalResult AtomicOp::verify() {
  bool compares = getKind() == AtomicKind::compare_exchange;
  if (compares != static_cast<bool>(getExpected()))
    return emitOpError("only compare_exchange expects a value");
  RankedTensorType type = getValue().getType();
  if (!sameTile(type, getType()) ||
      (compares && !sameTile(type, getExpected().getType())))
    return emitOpError("value, expected value and result differ in type");
  bool bitwise = getKind() == AtomicKind::bit_and ||
                 getKind() == AtomicKind::bit_or ||
                 getKind() == AtomicKind::bit_xor;
  if (bitwise && !isa<IntegerType>(type.getElementType()))
    return emitOpError() << stringifyAtomicKind(getKind())
                         << " combines integers, not " << type.getElementType();
  if (failed(verifyIndirect(*this, getView().getType(), type, getIndices())))
    return failure();
  return verifyOther(*this, getOther(), getView().getType());
}

LogicalResult ArriveOp::verify() {
  ViewType view = getView().getType();
  if (!view.getElement().isInteger(32))
    return emitOpError("programs are counted in an i32, not in ")
           << view.getElement();
  if (static_cast<int64_t>(getIndices().size()) != view.getRank())
    return emitOpError() << getIndices().size()
                         << " indices for a view of rank " << view.getRank();
  return success();
}

} // namespace girih::tile
