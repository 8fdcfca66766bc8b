// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/analysis/access.h"
#include "girih/compiler/transforms/dot_plan.h"
#include "girih/compiler/transforms/lane_conditions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <vector>

#define DEBUG_TYPE "tile-join-loads"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILEJOINLOADS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// One of the tiles that a tile is made of.
struct Piece {
  tile::LoadOp load;
  SmallVector<Value> scalars;
  AffineMap map;
  SmallVector<AffineExpr> constraints;
  SmallVector<bool> equalities;
  SmallVector<int64_t> shape;
};

/// A tile: pieces of one shape, one after the other along `dim`.
struct Joined {
  std::vector<Piece> pieces;
  unsigned dim = 0;
};

std::optional<Joined> joined(Value value);

Joined single(tile::LoadOp load) {
  Piece piece{
      load, SmallVector<Value>(load.getScalars()),          load.getMap(), {},
      {},   SmallVector<int64_t>(load.getType().getShape())};
  if (std::optional<IntegerSet> bounds = load.getBounds()) {
    llvm::append_range(piece.constraints, bounds->getConstraints());
    llvm::append_range(piece.equalities, bounds->getEqFlags());
  }
  return {{piece}, 0};
}

bool isSwap(AffineMap map) {
  MLIRContext *context = map.getContext();
  return map == AffineMap::get(2, 0,
                               {getAffineDimExpr(1, context),
                                getAffineDimExpr(0, context)},
                               context);
}

Joined transposed(Joined tile) {
  for (Piece &piece : tile.pieces) {
    MLIRContext *context = piece.map.getContext();
    SmallVector<AffineExpr> dims{getAffineDimExpr(1, context),
                                 getAffineDimExpr(0, context)};
    piece.map =
        piece.map.replaceDimsAndSymbols(dims, {}, 2, piece.map.getNumSymbols());
    for (AffineExpr &expr : piece.constraints)
      expr = expr.replaceDims(dims);
    std::swap(piece.shape[0], piece.shape[1]);
  }
  tile.dim = 1 - tile.dim;
  return tile;
}

/// The remap's source, if lanes from `begin` to `end` along `dim` are the
/// source's from 0 on and the other dimension stays as it is.
Value sourceOfLanes(Value value, unsigned dim, int64_t begin, int64_t end) {
  auto remap = value.getDefiningOp<tile::RemapOp>();
  if (!remap || remap.getMap().getNumResults() != 2)
    return {};
  AffineMap map = remap.getMap();
  MLIRContext *context = map.getContext();
  if (map.getResult(1 - dim) != getAffineDimExpr(1 - dim, context) ||
      remap.getSource().getType().getDimSize(dim) != end - begin)
    return {};
  for (int64_t lane = begin; lane < end; ++lane) {
    SmallVector<AffineExpr> at(2, getAffineConstantExpr(0, context));
    at[dim] = getAffineConstantExpr(lane, context);
    if (map.getResult(dim).replaceDims(at) !=
        getAffineConstantExpr(lane - begin, context))
      return {};
  }
  return remap.getSource();
}

/// The tile as one of two, one after the other: where a lane is below a number
/// says which.
std::optional<Joined> concatenated(arith::SelectOp select) {
  auto type = cast<RankedTensorType>(select.getType());
  std::optional<LaneLimit> limit = laneLimit(select.getCondition());
  if (!limit)
    return std::nullopt;
  Value first =
      sourceOfLanes(select.getTrueValue(), limit->dim, 0, limit->below);
  Value second = sourceOfLanes(select.getFalseValue(), limit->dim, limit->below,
                               type.getDimSize(limit->dim));
  if (!first || !second)
    return std::nullopt;
  std::optional<Joined> left = joined(first), right = joined(second);
  if (!left || !right)
    return std::nullopt;
  auto fits = [&](const Joined &side) {
    return side.pieces.size() == 1 || side.dim == limit->dim;
  };
  if (!fits(*left) || !fits(*right))
    return std::nullopt;
  llvm::append_range(left->pieces, right->pieces);
  left->dim = limit->dim;
  return left;
}

bool isSplatOf(Value value, Attribute element) {
  DenseElementsAttr constant;
  return matchPattern(value, m_Constant(&constant)) && constant.isSplat() &&
         constant.getSplatValue<Attribute>() == element;
}

/// The number, once in the kernel: equal places are to be equal values.
Value indexOnce(Operation *within, int64_t number) {
  Block &entry = within->getParentOfType<func::FuncOp>().getBody().front();
  Operation *place = entry.findAncestorOpInBlock(*within);
  for (auto constant : entry.getOps<arith::ConstantIndexOp>())
    if (constant.value() == number && constant->isBeforeInBlock(place))
      return constant;
  OpBuilder builder = OpBuilder::atBlockBegin(&entry);
  return arith::ConstantIndexOp::create(builder, within->getLoc(), number);
}

/// The tile with what a condition of its lanes leaves out as out of bounds.
std::optional<Joined> bounded(arith::SelectOp select) {
  std::optional<Joined> tile = joined(select.getTrueValue());
  if (!tile ||
      !isSplatOf(select.getFalseValue(), tile->pieces[0].load.getOther()))
    return std::nullopt;
  std::optional<LaneConditions> conditions =
      laneConditions(select.getCondition());
  if (!conditions)
    return std::nullopt;
  MLIRContext *context = select.getContext();
  for (auto [number, piece] : llvm::enumerate(tile->pieces)) {
    unsigned own = piece.map.getNumSymbols();
    int64_t begin = static_cast<int64_t>(number) * piece.shape[tile->dim];
    SmallVector<AffineExpr> dims{getAffineDimExpr(0, context),
                                 getAffineDimExpr(1, context)};
    dims[tile->dim] = dims[tile->dim] + getAffineSymbolExpr(own, context);
    piece.scalars.push_back(indexOnce(select, begin));
    SmallVector<AffineExpr> symbols;
    for (Value scalar : conditions->scalars) {
      symbols.push_back(getAffineSymbolExpr(
          static_cast<unsigned>(piece.scalars.size()), context));
      piece.scalars.push_back(scalar);
    }
    for (AffineExpr expr : conditions->nonNegative) {
      piece.constraints.push_back(expr.replaceDimsAndSymbols(dims, symbols));
      piece.equalities.push_back(false);
    }
    piece.map = AffineMap::get(2, static_cast<unsigned>(piece.scalars.size()),
                               piece.map.getResults(), context);
  }
  return tile;
}

std::optional<Joined> joined(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto load = dyn_cast_or_null<tile::LoadOp>(op))
    return load.getType().getRank() == 2 && !load.getPieces()
               ? std::optional(single(load))
               : std::nullopt;
  if (auto remap = dyn_cast_or_null<tile::RemapOp>(op)) {
    if (!isSwap(remap.getMap()))
      return std::nullopt;
    std::optional<Joined> source = joined(remap.getSource());
    return source ? std::optional(transposed(*source)) : std::nullopt;
  }
  auto select = dyn_cast_or_null<arith::SelectOp>(op);
  if (!select || cast<RankedTensorType>(value.getType()).getRank() != 2)
    return std::nullopt;
  if (std::optional<Joined> tile = concatenated(select))
    return tile;
  return bounded(select);
}

bool agree(const Piece &a, const Piece &b) {
  tile::LoadOp left = a.load, right = b.load;
  Access one(left), other(right);
  int dim = one.contiguousLane();
  return left.getView() == right.getView() && a.map == b.map &&
         a.shape == b.shape && a.constraints == b.constraints &&
         a.equalities == b.equalities && left.getOther() == right.getOther() &&
         dim == other.contiguousLane() &&
         (dim < 0 || one.vectorWidth(dim) == other.vectorWidth(dim));
}

Value loadOf(OpBuilder &builder, Joined &tile, RankedTensorType type) {
  Piece &first = tile.pieces.front();
  SmallVector<Value> scalars;
  for (Piece &piece : tile.pieces) {
    if (!agree(first, piece))
      return {};
    llvm::append_range(scalars, piece.scalars);
  }
  IntegerSetAttr bounds;
  if (!first.constraints.empty())
    bounds = IntegerSetAttr::get(IntegerSet::get(
        2, first.map.getNumSymbols(), first.constraints, first.equalities));
  IntegerAttr pieces, along;
  if (tile.pieces.size() > 1) {
    pieces =
        builder.getI64IntegerAttr(static_cast<int64_t>(tile.pieces.size()));
    along = builder.getI64IntegerAttr(tile.dim);
  }
  return tile::LoadOp::create(builder, first.load.getLoc(), type,
                              first.load.getView(), scalars,
                              AffineMapAttr::get(first.map), bounds,
                              first.load.getOtherAttr(), pieces, along);
}

/// Erases what nobody needs any more.
void eraseUnused(SmallVector<Operation *> open) {
  SmallPtrSet<Operation *, 32> erased;
  while (!open.empty()) {
    Operation *op = open.pop_back_val();
    if (!op || erased.contains(op) || !isOpTriviallyDead(op))
      continue;
    for (Value operand : op->getOperands())
      open.push_back(operand.getDefiningOp());
    erased.insert(op);
    op->erase();
  }
}

struct TileJoinLoads : impl::TileJoinLoadsBase<TileJoinLoads> {
  using Base::Base;

  /// Reads what the dot multiplies by in one load, if that is for warp groups.
  void join(tile::DotOp dot) {
    Value before = dot.getB();
    Operation *made = before.getDefiningOp();
    if (!isa_and_nonnull<arith::SelectOp, tile::RemapOp>(made))
      return;
    OpBuilder builder(made);
    std::optional<Joined> tile = joined(before);
    Value load = tile ? loadOf(builder, *tile, dot.getB().getType()) : Value();
    if (!load)
      return;
    dot.getBMutable().assign(load);
    Operation *unused = made;
    if (planDot(dot, warps, capability).kind != DotPlan::Kind::wgmma) {
      dot.getBMutable().assign(before);
      unused = load.getDefiningOp();
    }
    eraseUnused({unused});
  }

  void runOnOperation() override {
    if (!getOperation()->hasAttr(tile::TileDialect::kernelAttr))
      return;
    SmallVector<tile::DotOp> dots;
    getOperation().walk([&](tile::DotOp dot) { dots.push_back(dot); });
    for (tile::DotOp dot : dots)
      join(dot);
  }
};

} // namespace
} // namespace girih::compiler
