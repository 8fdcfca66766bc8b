// SPDX-License-Identifier: Apache-2.0
// Offsets and bounds of an access as operations on integers of 32 or 64 bits.
// The operations are arith's or the LLVM dialect's: back ends that build the
// latter directly need no conversion afterwards.
#pragma once

#include "girih/compiler/analysis/access.h"

#include <utility>

namespace girih::compiler {

/// Builds integer arithmetic of one width. Folds constants and identities, so
/// that callers need not.
class IntegerBuilder {
public:
  enum class Dialect { arith, llvm };
  IntegerBuilder(mlir::OpBuilder &builder, mlir::Location loc, unsigned bits,
                 Dialect dialect)
      : builder(builder), loc(loc), type(builder.getIntegerType(bits)),
        dialect(dialect) {}

  mlir::Value constant(int64_t value);
  mlir::Value add(mlir::Value lhs, mlir::Value rhs);
  mlir::Value sub(mlir::Value lhs, mlir::Value rhs);
  mlir::Value mul(mlir::Value lhs, mlir::Value rhs);
  mlir::Value min(mlir::Value lhs, mlir::Value rhs); // signed
  mlir::Value max(mlir::Value lhs, mlir::Value rhs);
  /// Round towards minus infinity; `rhs` is positive. With `nonNegative` the
  /// dividend is known not to be negative, which saves the correction.
  mlir::Value floorDiv(mlir::Value lhs, mlir::Value rhs, bool nonNegative);
  mlir::Value floorMod(mlir::Value lhs, mlir::Value rhs, bool nonNegative);
  mlir::Value greaterEqual(mlir::Value lhs, mlir::Value rhs); // i1, signed
  mlir::Value equal(mlir::Value lhs, mlir::Value rhs);        // i1
  mlir::Value both(mlir::Value lhs, mlir::Value rhs);         // and of two i1
  mlir::Value truth(bool value);                              // i1 constant
  /// The constant that `value` is, if it is one.
  static std::optional<int64_t> asConstant(mlir::Value value);

  /// `expr` with these dims and symbols. `dims` and `symbols` may be short of
  /// values that the expression does not mention. The facts, where given, save
  /// corrections of divisions.
  mlir::Value expr(mlir::AffineExpr expr, mlir::ValueRange dims,
                   mlir::ValueRange symbols,
                   llvm::ArrayRef<IndexFacts> dimFacts = {},
                   llvm::ArrayRef<IndexFacts> symbolFacts = {});

  mlir::Value select(mlir::Value condition, mlir::Value yes, mlir::Value no);

private:
  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::IntegerType type;
  Dialect dialect;
};

/// Offsets (in elements) and bounds of one access. All values have the width
/// of `integers`; `scalars` stand for the access's scalars, `strides` for the
/// view's strides, in elements (the unit one is not read).
class AccessEmitter {
public:
  AccessEmitter(const Access &access, IntegerBuilder &integers,
                mlir::ValueRange scalars, mlir::ValueRange strides)
      : access(access), integers(integers), scalars(scalars), strides(strides) {
  }

  /// Offset of the lane with these coordinates. Works for every access.
  mlir::Value offset(mlir::ValueRange lanes);
  /// Offset of lane 0, 0, …: the uniform part when Access::isLinear().
  mlir::Value base();
  /// Offset from one lane to the next along `lane`. Needs it to be linear.
  mlir::Value step(unsigned lane);
  /// How much base() grows when scalar number `scalar` grows by one. Needs
  /// Access::scalarSteps(scalar).
  mlir::Value scalarStep(unsigned scalar);

  /// i1: the lane is in bounds. Null when provably always so.
  mlir::Value inBounds(mlir::ValueRange lanes);
  /// The same for the constraints that involve (with `involving`) or do not
  /// involve lane dimension `lane`: a row's part and an element's part.
  mlir::Value inBounds(mlir::ValueRange lanes, unsigned lane, bool involving);
  /// i1, uniform: every lane is in bounds; false when that cannot be decided
  /// cheaply. Null when provably always so.
  mlir::Value allInBounds();
  /// Lanes of `lane` in bounds as a range [first, second) within [0, extent],
  /// from the constraints that involve it and only it; empty when a constraint
  /// without lanes fails. Needs Access::isBox().
  std::pair<mlir::Value, mlir::Value> validRange(unsigned lane);

private:
  mlir::Value weigh(llvm::ArrayRef<int64_t> steps);
  mlir::Value holds(const Constraint &constraint, mlir::ValueRange lanes);

  const Access &access;
  IntegerBuilder &integers;
  llvm::SmallVector<mlir::Value, 4> scalars, strides;
};

} // namespace girih::compiler
