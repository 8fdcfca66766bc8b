// SPDX-License-Identifier: Apache-2.0
// Proofs about the affine expressions of an access.
#pragma once

#include "girih/compiler/analysis/access.h"

namespace girih::compiler {

/// What `expr` grows by when dim (symbol) number `position` grows by one, where
/// that is the same constant everywhere.
std::optional<int64_t> dimCoefficient(mlir::AffineExpr expr, unsigned position,
                                      unsigned dims, unsigned symbols);
std::optional<int64_t> symbolCoefficient(mlir::AffineExpr expr,
                                         unsigned position, unsigned dims,
                                         unsigned symbols);

/// Proves constraints of one access for every run of its kernel: from the
/// ranges of lanes and scalars, from the grid (a program id is below the grid's
/// size) and from what is known to divide the sizes.
class BoundsProver {
public:
  BoundsProver(mlir::Operation *access, mlir::ValueRange scalars,
               llvm::ArrayRef<IndexFacts> lanes);
  bool neverNegative(mlir::AffineExpr expr);

private:
  mlir::AffineExpr symbolFor(mlir::Value leaf);
  mlir::AffineExpr asExpr(mlir::Value value);
  mlir::AffineExpr largest(mlir::Value scalar);
  mlir::AffineExpr gridSize(tile::ProgramIdOp id);
  mlir::AffineExpr writtenByDivisors(mlir::AffineExpr expr);
  bool provenByRange(mlir::AffineExpr expr);

  mlir::Operation *access;
  llvm::SmallVector<mlir::Value, 8> leaves; // value of each symbol
  llvm::SmallVector<IndexFacts, 4> lanes;
  int looks = 1024; // at operations, that all of asExpr() may take
};

} // namespace girih::compiler
