// SPDX-License-Identifier: Apache-2.0
// Grids as affine maps of the operands' sizes.
#include "girih/compiler/frontend/importer.h"

using namespace mlir;

namespace girih::compiler {

/// Some max(x, 0) within `expr`.
static std::optional<Expr> findClamp(const Expr &expr) {
  if (expr.kind() == Expr::Kind::constant || expr.kind() == Expr::Kind::symbol)
    return std::nullopt;
  if (expr.kind() == Expr::Kind::max &&
      (expr.lhs().same(0) || expr.rhs().same(0)))
    return expr;
  std::optional<Expr> found = findClamp(expr.lhs());
  return found ? found : findClamp(expr.rhs());
}

/// `expr` with `by` for each `part`; nothing unless `expr` grows with `part`.
static std::optional<Expr> replaceGrowing(const Expr &expr, const Expr &part,
                                          const Expr &by) {
  using Kind = Expr::Kind;
  if (expr.same(part))
    return by;
  if (expr.kind() == Kind::constant || expr.kind() == Kind::symbol)
    return expr;
  std::optional<Expr> lhs = replaceGrowing(expr.lhs(), part, by);
  std::optional<Expr> rhs = replaceGrowing(expr.rhs(), part, by);
  if (!lhs || !rhs)
    return std::nullopt;
  bool left = !lhs->same(expr.lhs()), right = !rhs->same(expr.rhs());
  switch (expr.kind()) {
  case Kind::add:
    return *lhs + *rhs;
  case Kind::mul:
    if ((left && !is_nonnegative(expr.rhs())) ||
        (right && !is_nonnegative(expr.lhs())))
      return std::nullopt;
    return *lhs * *rhs;
  case Kind::floordiv:
    return right ? std::nullopt : std::optional(*lhs / *rhs);
  default:
    return left || right ? std::nullopt : std::optional(expr);
  }
}

/// Affine maps have no max. A grid with an extent below 1 has no programs, so
/// that max(x, 0) may be x where what is around it grows with it and is not
/// positive at 0: the number of tiles of a slice is such.
static Expr withoutClamps(Expr extent) {
  while (std::optional<Expr> clamp = findClamp(extent)) {
    const Expr &inner = clamp->lhs().same(0) ? clamp->rhs() : clamp->lhs();
    std::optional<Expr> least = replaceGrowing(extent, *clamp, 0);
    std::optional<Expr> plain = replaceGrowing(extent, *clamp, inner);
    if (!least || !plain || !least->as_constant() || *least->as_constant() > 0)
      return extent;
    extent = *plain;
  }
  return extent;
}

/// Affine expressions have no minimum: one becomes a symbol after the sizes.
AffineExpr Importer::gridMinimum(AffineExpr lhs, AffineExpr rhs) {
  std::pair<AffineExpr, AffineExpr> sides(lhs, rhs);
  auto *found = llvm::find(gridMinima, sides);
  unsigned position = sizeCount() + (found - gridMinima.begin());
  if (found == gridMinima.end())
    gridMinima.push_back(sides);
  return builder.getAffineSymbolExpr(position);
}

unsigned Importer::sizeCount() const {
  unsigned count = 0;
  for (const ArrangedOperand &each : program.operands)
    count += each.rank;
  return count;
}

AffineExpr Importer::gridExpr(const Expr &expr) {
  using Kind = Expr::Kind;
  if (expr.kind() == Kind::constant)
    return builder.getAffineConstantExpr(expr.constant());
  if (expr.kind() == Kind::symbol) {
    unsigned position = expr.symbol().dim;
    for (int before = 0; before < expr.symbol().operand; ++before)
      position += program.operands[before].rank;
    return builder.getAffineSymbolExpr(position);
  }
  AffineExpr lhs = gridExpr(expr.lhs()), rhs = gridExpr(expr.rhs());
  switch (expr.kind()) {
  case Kind::add:
    return lhs + rhs;
  case Kind::mul:
    return lhs * rhs;
  case Kind::floordiv:
    return lhs.floorDiv(rhs);
  case Kind::mod:
    return lhs % rhs;
  case Kind::min:
    return gridMinimum(lhs, rhs);
  default:
    return -gridMinimum(-lhs, -rhs);
  }
}

void Importer::addGrids(Operation *kernel) {
  SmallVector<SmallVector<AffineExpr>> extents;
  for (const ArrangedOperand &operand : program.operands) {
    extents.emplace_back();
    for (const Expr &extent : operand.grid)
      extents.back().push_back(gridExpr(withoutClamps(extent)));
  }
  // Now that all symbols are known.
  auto map = [&](ArrayRef<AffineExpr> results) -> Attribute {
    return AffineMapAttr::get(AffineMap::get(0, sizeCount() + gridMinima.size(),
                                             results, builder.getContext()));
  };
  SmallVector<Attribute> grids, minima;
  for (const auto &each : extents)
    grids.push_back(map(each));
  for (auto [lhs, rhs] : gridMinima)
    minima.push_back(map({lhs, rhs}));
  kernel->setAttr(tile::TileDialect::gridAttr, grids.front());
  kernel->setAttr(tile::TileDialect::gridsAttr, builder.getArrayAttr(grids));
  if (!minima.empty())
    kernel->setAttr(tile::TileDialect::minimaAttr,
                    builder.getArrayAttr(minima));
}

} // namespace girih::compiler
