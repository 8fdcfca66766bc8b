// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/lane_conditions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace girih::compiler {

namespace {

class Reader {
public:
  explicit Reader(MLIRContext *context) : context(context) {}

  LaneConditions found;

  /// Adds what the tile says; its lane is at `dims`.
  bool read(Value truths, ArrayRef<AffineExpr> dims) {
    Operation *op = truths.getDefiningOp();
    if (auto remap = dyn_cast_or_null<tile::RemapOp>(op))
      return read(remap.getSource(), through(remap, dims));
    if (auto both = dyn_cast_or_null<arith::AndIOp>(op))
      return read(both.getLhs(), dims) && read(both.getRhs(), dims);
    auto compare = dyn_cast_or_null<arith::CmpIOp>(op);
    if (!compare)
      return false;
    AffineExpr left = number(compare.getLhs(), dims),
               right = number(compare.getRhs(), dims);
    if (!left || !right)
      return false;
    using Predicate = arith::CmpIPredicate;
    switch (compare.getPredicate()) {
    case Predicate::slt:
      return add(right - left - 1);
    case Predicate::sle:
      return add(right - left);
    case Predicate::sgt:
      return add(left - right - 1);
    case Predicate::sge:
      return add(left - right);
    default:
      return false;
    }
  }

private:
  SmallVector<AffineExpr> through(tile::RemapOp remap,
                                  ArrayRef<AffineExpr> dims) {
    SmallVector<AffineExpr> source;
    for (AffineExpr expr : remap.getMap().getResults())
      source.push_back(expr.replaceDims(dims));
    return source;
  }

  bool add(AffineExpr expr) {
    found.nonNegative.push_back(expr);
    return true;
  }

  AffineExpr symbol(Value scalar) {
    auto *at = llvm::find(found.scalars, scalar);
    auto place = static_cast<unsigned>(at - found.scalars.begin());
    if (at == found.scalars.end())
      found.scalars.push_back(scalar);
    return getAffineSymbolExpr(place, context);
  }

  /// A number of the lane at `dims`; null for what is not affine.
  AffineExpr number(Value value, ArrayRef<AffineExpr> dims) {
    DenseElementsAttr constant;
    if (matchPattern(value, m_Constant(&constant)) && constant.isSplat())
      return getAffineConstantExpr(
          constant.getSplatValue<APInt>().getSExtValue(), context);
    Operation *op = value.getDefiningOp();
    if (auto splat = dyn_cast_or_null<tensor::SplatOp>(op)) {
      auto cast = splat.getInput().getDefiningOp<arith::IndexCastOp>();
      return cast && cast.getIn().getType().isIndex() ? symbol(cast.getIn())
                                                      : AffineExpr();
    }
    if (auto remap = dyn_cast_or_null<tile::RemapOp>(op))
      return number(remap.getSource(), through(remap, dims));
    if (auto lanes = dyn_cast_or_null<tile::CoordinateOp>(op)) {
      SmallVector<AffineExpr> symbols;
      for (Value scalar : lanes.getScalars())
        symbols.push_back(symbol(scalar));
      return lanes.getMap().getResult(0).replaceDimsAndSymbols(dims, symbols);
    }
    if (!op || !isa<arith::AddIOp, arith::SubIOp>(op))
      return {};
    AffineExpr left = number(op->getOperand(0), dims),
               right = number(op->getOperand(1), dims);
    if (!left || !right)
      return {};
    return isa<arith::AddIOp>(op) ? left + right : left - right;
  }

  MLIRContext *context;
};

} // namespace

std::optional<LaneConditions> laneConditions(Value truths) {
  MLIRContext *context = truths.getContext();
  SmallVector<AffineExpr> dims;
  auto rank = cast<RankedTensorType>(truths.getType()).getRank();
  for (int64_t dim = 0; dim < rank; ++dim)
    dims.push_back(getAffineDimExpr(static_cast<unsigned>(dim), context));
  Reader reader(context);
  if (!reader.read(truths, dims))
    return std::nullopt;
  return std::move(reader.found);
}

std::optional<LaneLimit> laneLimit(Value truths) {
  std::optional<LaneConditions> conditions = laneConditions(truths);
  if (!conditions || conditions->nonNegative.size() != 1 ||
      !conditions->scalars.empty())
    return std::nullopt;
  AffineExpr only = conditions->nonNegative.front();
  auto rank = cast<RankedTensorType>(truths.getType()).getRank();
  for (int64_t dim = 0; dim < rank; ++dim) {
    auto at = static_cast<unsigned>(dim);
    AffineExpr rest =
        simplifyAffineExpr(only + getAffineDimExpr(at, truths.getContext()),
                           static_cast<unsigned>(rank), 0);
    if (auto last = dyn_cast<AffineConstantExpr>(rest))
      return LaneLimit{at, last.getValue() + 1};
  }
  return std::nullopt;
}

} // namespace girih::compiler
