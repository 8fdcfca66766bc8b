// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/column_part.h"

#include "girih/compiler/transforms/layout_assignment.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace girih::compiler {

namespace {

RankedTensorType typeOf(Value tile) {
  return cast<RankedTensorType>(tile.getType());
}

/// The dimension of a remap's source that its result's dimension `dim` runs
/// along, -1 where none does; none where it is not as simple as that.
std::optional<int> sourceDim(tile::RemapOp remap, int dim) {
  AffineExpr lane = getAffineDimExpr(dim, remap.getContext());
  int found = -1;
  for (auto [at, expr] : llvm::enumerate(remap.getMap().getResults())) {
    if (!expr.isFunctionOfDim(dim))
      continue;
    if (expr != lane || found >= 0)
      return std::nullopt;
    found = static_cast<int>(at);
  }
  return found;
}

/// Whether a part of `tile` along `dim` takes no more than parts of what it is
/// made of, down to `whole`.
bool isMadeOfParts(Value tile, int dim, Value whole,
                   DenseSet<std::pair<Value, int>> &known) {
  if (tile == whole)
    return dim == typeOf(whole).getRank() - 1;
  Operation *op = tile.getDefiningOp();
  if (!op)
    return false;
  if (isa<tile::LoadOp, tensor::SplatOp>(op) || known.contains({tile, dim}))
    return true;
  bool found = false;
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    found = isa<SplatElementsAttr>(constant.getValue());
  } else if (auto remap = dyn_cast<tile::RemapOp>(op)) {
    std::optional<int> at = sourceDim(remap, dim);
    found =
        at && (*at < 0 || isMadeOfParts(remap.getSource(), *at, whole, known));
  } else if (isLaneByLane(op)) {
    found = llvm::all_of(op->getOperands(), [&](Value operand) {
      return !isa<RankedTensorType>(operand.getType()) ||
             isMadeOfParts(operand, dim, whole, known);
    });
  }
  if (found)
    known.insert({tile, dim});
  return found;
}

/// Makes parts of tiles.
class Maker {
public:
  Maker(Value whole, Value part, Value number, int64_t parts)
      : number(number), parts(parts), behind(part.getDefiningOp()),
        builder(behind->getNextNode()) {
    made[{whole, typeOf(whole).getRank() - 1}] = part;
  }

  Value partOf(Value tile, int dim) {
    if (Value known = made.lookup({tile, dim}))
      return known;
    Operation *op = tile.getDefiningOp();
    IRMapping mapping;
    if (auto remap = dyn_cast<tile::RemapOp>(op)) {
      if (int at = *sourceDim(remap, dim); at >= 0)
        mapping.map(remap.getSource(), partOf(remap.getSource(), at));
    } else if (isLaneByLane(op)) {
      for (Value operand : op->getOperands())
        if (isa<RankedTensorType>(operand.getType()))
          mapping.map(operand, partOf(operand, dim));
    }
    // What stands behind the sum keeps its place.
    if (op->getBlock() == behind->getBlock() && behind->isBeforeInBlock(op))
      builder.setInsertionPoint(op);
    else
      builder.setInsertionPoint(behind->getNextNode());
    Operation *copy = builder.clone(*op, mapping);
    RankedTensorType type = narrowed(typeOf(tile), dim);
    copy->getResult(0).setType(type);
    if (auto load = dyn_cast<tile::LoadOp>(copy)) {
      shift(load, dim, type.getDimSize(dim));
    } else if (auto constant = dyn_cast<arith::ConstantOp>(copy)) {
      constant.setValueAttr(
          cast<SplatElementsAttr>(constant.getValue()).resizeSplat(type));
    }
    if (!behind->isBeforeInBlock(op))
      behind = copy;
    return made[{tile, dim}] = copy->getResult(0);
  }

  void storePart(tile::StoreOp store) {
    int dim = static_cast<int>(store.getValue().getType().getRank()) - 1;
    Value part = partOf(store.getValue(), dim);
    store.getValueMutable().assign(part);
    shift(store, dim, typeOf(part).getDimSize(dim));
  }

private:
  RankedTensorType narrowed(RankedTensorType type, int dim) const {
    SmallVector<int64_t> shape(type.getShape());
    shape[dim] /= parts;
    return RankedTensorType::get(shape, type.getElementType());
  }

  /// Moves the lanes of an access to those of the part.
  template <typename Op> void shift(Op access, int dim, int64_t width) {
    AffineMap map = access.getMap();
    unsigned dims = map.getNumDims(), symbols = map.getNumSymbols();
    MLIRContext *context = map.getContext();
    SmallVector<AffineExpr> lanes, scalars;
    for (unsigned at = 0; at < dims; ++at)
      lanes.push_back(getAffineDimExpr(at, context));
    for (unsigned at = 0; at < symbols; ++at)
      scalars.push_back(getAffineSymbolExpr(at, context));
    lanes[dim] = lanes[dim] + getAffineSymbolExpr(symbols, context) * width;
    access.setMap(map.replaceDimsAndSymbols(lanes, scalars, dims, symbols + 1));
    if (auto bounds = access.getBounds())
      access.setBoundsAttr(IntegerSetAttr::get(
          bounds->replaceDimsAndSymbols(lanes, scalars, dims, symbols + 1)));
    access.getScalarsMutable().append(number);
  }

  Value number;
  int64_t parts;
  Operation *behind;
  OpBuilder builder;
  DenseMap<std::pair<Value, int>, Value> made;
};

} // namespace

ColumnParts::ColumnParts(Value whole, int64_t parts)
    : whole(whole), parts(parts) {}

bool ColumnParts::arePossible() const {
  int64_t columns = typeOf(whole).getShape().back();
  DenseSet<std::pair<Value, int>> known;
  DenseSet<Value> written;
  for (Operation *op = whole.getDefiningOp()->getNextNode(); op;
       op = op->getNextNode()) {
    if (auto store = dyn_cast<tile::StoreOp>(op)) {
      auto type = store.getValue().getType();
      int last = static_cast<int>(type.getRank()) - 1;
      if (last < 0 || type.getDimSize(last) != columns ||
          !isMadeOfParts(store.getValue(), last, whole, known))
        return false;
      written.insert(store.getView());
    } else if (!isPure(op) && !isa<tile::LoadOp>(op) &&
               !op->hasTrait<OpTrait::IsTerminator>()) {
      return false;
    }
  }
  return llvm::none_of(written, [](Value view) {
    return llvm::any_of(view.getUsers(),
                        llvm::IsaPred<tile::LoadOp, tile::GatherOp>);
  });
}

void ColumnParts::rewrite(Value part, Value number) const {
  Operation *sum = part.getDefiningOp();
  SmallVector<Operation *> ops;
  for (Operation *op = sum->getNextNode(); op; op = op->getNextNode())
    ops.push_back(op);
  Maker maker(whole, part, number, parts);
  for (Operation *op : ops)
    if (auto store = dyn_cast<tile::StoreOp>(op))
      maker.storePart(store);
  for (Operation *op : llvm::reverse(ops))
    if (op->use_empty() && (isPure(op) || isa<tile::LoadOp>(op)) &&
        !op->hasTrait<OpTrait::IsTerminator>())
      op->erase();
}

} // namespace girih::compiler
