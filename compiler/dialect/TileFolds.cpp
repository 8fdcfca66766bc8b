// SPDX-License-Identifier: Apache-2.0
// Canonical form of accesses: each scalar once, constants and unused ones
// folded away, constraints that are true for themselves dropped.
#include "girih/compiler/dialect/Tile.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace girih::tile {

namespace {

/// Map, bounds and scalars of an access, while they are rewritten together.
struct Footprint {
  AffineMap map;
  std::optional<IntegerSet> bounds;
  SmallVector<Value> scalars;

  bool operator==(const Footprint &) const = default;
};

/// One replacement per old symbol; the scalars that stay end up in `kept`.
SmallVector<AffineExpr> renumberSymbols(const Footprint &from,
                                        SmallVectorImpl<Value> &kept) {
  MLIRContext *context = from.map.getContext();
  SmallVector<AffineExpr> replacements;
  for (auto [position, scalar] : llvm::enumerate(from.scalars)) {
    auto uses = [&](auto function) {
      return function.isFunctionOfSymbol(position);
    };
    bool used =
        llvm::any_of(from.map.getResults(), uses) ||
        (from.bounds && llvm::any_of(from.bounds->getConstraints(), uses));
    IntegerAttr constant;
    if (!used || matchPattern(scalar, m_Constant(&constant))) {
      replacements.push_back(
          getAffineConstantExpr(used ? constant.getInt() : 0, context));
      continue;
    }
    auto *found = llvm::find(kept, scalar);
    replacements.push_back(getAffineSymbolExpr(found - kept.begin(), context));
    if (found == kept.end())
      kept.push_back(scalar);
  }
  return replacements;
}

/// Drops constraints that are constants and hold. One that never holds stays.
std::optional<IntegerSet> simplifyBounds(const IntegerSet &bounds) {
  SmallVector<AffineExpr> constraints;
  SmallVector<bool> equalities;
  for (auto [constraint, equality] :
       llvm::zip_equal(bounds.getConstraints(), bounds.getEqFlags())) {
    AffineExpr expr = simplifyAffineExpr(constraint, bounds.getNumDims(),
                                         bounds.getNumSymbols());
    if (auto constant = dyn_cast<AffineConstantExpr>(expr))
      if (equality ? constant.getValue() == 0 : constant.getValue() >= 0)
        continue;
    if (llvm::is_contained(constraints, expr) && !equality)
      continue;
    constraints.push_back(expr);
    equalities.push_back(equality);
  }
  if (constraints.empty())
    return std::nullopt;
  return IntegerSet::get(bounds.getNumDims(), bounds.getNumSymbols(),
                         constraints, equalities);
}

Footprint canonical(const Footprint &from) {
  Footprint to;
  SmallVector<AffineExpr> symbols = renumberSymbols(from, to.scalars);
  unsigned dims = from.map.getNumDims(), count = to.scalars.size();
  SmallVector<AffineExpr> sameDims;
  for (unsigned dim = 0; dim < dims; ++dim)
    sameDims.push_back(getAffineDimExpr(dim, from.map.getContext()));
  to.map = simplifyAffineMap(
      from.map.replaceDimsAndSymbols(sameDims, symbols, dims, count));
  if (std::optional<IntegerSet> bounds = from.bounds)
    to.bounds = simplifyBounds(
        bounds->replaceDimsAndSymbols(sameDims, symbols, dims, count));
  return to;
}

template <typename AccessOp>
LogicalResult canonicalizeAccess(AccessOp op, PatternRewriter &rewriter) {
  Footprint from{op.getMap(), op.getBounds(),
                 SmallVector<Value>(op.getScalars())};
  Footprint to = canonical(from);
  if (to == from)
    return rewriter.notifyMatchFailure(op, "already canonical");
  rewriter.modifyOpInPlace(op, [&] {
    op.setMap(to.map);
    if (to.bounds)
      op.setBoundsAttr(IntegerSetAttr::get(*to.bounds));
    else
      op.removeBoundsAttr();
    op.getScalarsMutable().assign(to.scalars);
  });
  return success();
}

} // namespace

LogicalResult LoadOp::canonicalize(LoadOp op, PatternRewriter &rewriter) {
  if (op.getPieces())
    return rewriter.notifyMatchFailure(op, "pieces share the map");
  return canonicalizeAccess(op, rewriter);
}

LogicalResult StoreOp::canonicalize(StoreOp op, PatternRewriter &rewriter) {
  return canonicalizeAccess(op, rewriter);
}

} // namespace girih::tile
