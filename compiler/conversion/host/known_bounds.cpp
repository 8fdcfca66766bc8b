// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/known_bounds.h"

#include "mlir/IR/Matchers.h"

namespace girih::compiler::host {

namespace {

/// `expr` with its symbols numbered by the scalars that they are.
mlir::AffineExpr numbered(mlir::AffineExpr expr, mlir::ValueRange scalars,
                          llvm::DenseMap<mlir::Value, unsigned> &numbers) {
  llvm::SmallVector<mlir::AffineExpr> symbols;
  for (mlir::Value scalar : scalars) {
    unsigned number = numbers.try_emplace(scalar, numbers.size()).first->second;
    symbols.push_back(mlir::getAffineSymbolExpr(number, expr.getContext()));
  }
  return expr.replaceSymbols(symbols);
}

} // namespace

bool asksForBound(mlir::arith::CmpIOp compare, const Access &access) {
  auto coordinate = compare.getLhs().getDefiningOp<tile::CoordinateOp>();
  if (!coordinate ||
      compare.getPredicate() != mlir::arith::CmpIPredicate::sge ||
      !mlir::matchPattern(compare.getRhs(), mlir::m_Zero()))
    return false;
  auto shape = llvm::cast<mlir::RankedTensorType>(coordinate.getType());
  if (!llvm::equal(shape.getShape(),
                   llvm::map_range(access.lanes(), [](const LaneDim &lane) {
                     return lane.extent;
                   })))
    return false;
  llvm::DenseMap<mlir::Value, unsigned> numbers;
  mlir::AffineExpr asked = numbered(coordinate.getMap().getResult(0),
                                    coordinate.getScalars(), numbers);
  return llvm::any_of(access.constraints(), [&](const Constraint &constraint) {
    mlir::AffineExpr bound =
        numbered(constraint.expr, access.scalars(), numbers);
    unsigned dims = shape.getRank(), symbols = numbers.size();
    return !constraint.equality &&
           mlir::simplifyAffineExpr(asked - bound, dims, symbols) == 0;
  });
}

} // namespace girih::compiler::host
