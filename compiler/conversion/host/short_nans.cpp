// SPDX-License-Identifier: Apache-2.0
// Arithmetic gives the NaN of an operand, made quiet, or the default one: so it
// is enough to look at where the operands come from.
#include "girih/compiler/conversion/host/short_nans.h"

#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/SetVector.h"

namespace arith = mlir::arith;
namespace math = mlir::math;
namespace scf = mlir::scf;

namespace girih::compiler::host {

namespace {

using Values = llvm::SmallSetVector<mlir::Value, 16>;

bool isArithmetic(mlir::Operation *op) {
  return llvm::isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp>(
             op) ||
         (llvm::isa<math::MathDialect>(op->getDialect()) &&
          !llvm::isa<math::AbsFOp, math::CopySignOp>(op));
}

/// Gives one of its operands, or as good as.
bool passes(mlir::Operation *op) {
  return llvm::isa<arith::NegFOp, arith::MaximumFOp, arith::MinimumFOp,
                   arith::SelectOp, math::AbsFOp, math::CopySignOp>(op);
}

bool isShortConstant(arith::ConstantOp op) {
  mlir::Attribute value = op.getValue();
  if (auto dense = llvm::dyn_cast<mlir::DenseElementsAttr>(value)) {
    if (!dense.isSplat())
      return false;
    value = dense.getSplatValue<mlir::Attribute>();
  }
  auto real = llvm::dyn_cast<mlir::FloatAttr>(value);
  return real && !real.getValue().isNaN();
}

/// Wide floats become short by conversion only.
bool isShortCast(mlir::Operation *op) {
  if (llvm::isa<arith::SIToFPOp, arith::UIToFPOp>(op))
    return true;
  if (!llvm::isa<arith::ExtFOp>(op))
    return false;
  mlir::Type from = mlir::getElementTypeOrSelf(op->getOperand(0).getType());
  return from.isBF16() || from.getIntOrFloatBitWidth() == 8;
}

void addFloats(mlir::ValueRange operands, Values &values) {
  for (mlir::Value each : operands)
    if (llvm::isa<mlir::FloatType>(mlir::getElementTypeOrSelf(each.getType())))
      values.insert(each);
}

/// A reduction gives what its body makes of its inputs.
bool followReduction(tile::ReduceOp op, Values &values) {
  for (mlir::Operation &each : op.getBody().front().without_terminator())
    if (each.getNumResults() == 1 &&
        llvm::isa<mlir::FloatType>(each.getResult(0).getType())) {
      auto constant = llvm::dyn_cast<arith::ConstantOp>(each);
      if (constant ? !isShortConstant(constant)
                   : !isArithmetic(&each) && !passes(&each))
        return false;
    }
  addFloats(op.getInputs(), values);
  return true;
}

/// A value that a loop carries comes from before it or from its body.
bool followLoop(mlir::Value value, Values &values) {
  scf::ForOp loop;
  unsigned number = 0;
  if (auto result = llvm::dyn_cast<mlir::OpResult>(value)) {
    loop = llvm::dyn_cast<scf::ForOp>(result.getOwner());
    number = result.getResultNumber();
  } else {
    auto argument = llvm::cast<mlir::BlockArgument>(value);
    loop = llvm::dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    if (loop && argument.getArgNumber() < loop.getNumInductionVars())
      return false;
    number = argument.getArgNumber() - (loop ? loop.getNumInductionVars() : 0);
  }
  if (!loop)
    return false;
  values.insert(loop.getInitArgs()[number]);
  values.insert(loop.getBody()->getTerminator()->getOperand(number));
  return true;
}

/// Adds to `values` what `value` takes its NaNs from.
bool follow(mlir::Value value, Values &values) {
  mlir::Operation *op = value.getDefiningOp();
  if (!op || llvm::isa<scf::ForOp>(op))
    return followLoop(value, values);
  if (auto constant = llvm::dyn_cast<arith::ConstantOp>(op))
    return isShortConstant(constant);
  if (isShortCast(op))
    return true;
  if (auto passed = llvm::dyn_cast<tile::ValueOp>(op))
    return isOnlyComputedWith(passed);
  if (auto reduce = llvm::dyn_cast<tile::ReduceOp>(op))
    return followReduction(reduce, values);
  bool moves = llvm::isa<tile::RemapOp, mlir::tensor::SplatOp>(op);
  if (!moves && !isArithmetic(op) && !passes(op))
    return false;
  addFloats(op->getOperands(), values);
  return true;
}

/// Whether arithmetic has made `value`, so that its NaN is quiet.
bool isQuiet(mlir::Value value) {
  mlir::Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (isArithmetic(op) || llvm::isa<arith::ConstantOp>(op))
    return true;
  if (!passes(op) && !llvm::isa<tile::RemapOp, mlir::tensor::SplatOp>(op))
    return false;
  Values operands;
  addFloats(op->getOperands(), operands);
  return llvm::all_of(operands, isQuiet);
}

} // namespace

bool isOnlyComputedWith(mlir::Value value) {
  return llvm::all_of(value.getUsers(), [](mlir::Operation *user) {
    return isArithmetic(user) ||
           (llvm::isa<tile::RemapOp, mlir::tensor::SplatOp>(user) &&
            isOnlyComputedWith(user->getResult(0)));
  });
}

bool hasShortNans(mlir::Value value) {
  if (!mlir::getElementTypeOrSelf(value.getType()).isF32() || !isQuiet(value))
    return false;
  Values values;
  values.insert(value);
  for (size_t next = 0; next < values.size(); ++next)
    if (!follow(values[next], values))
      return false;
  return true;
}

} // namespace girih::compiler::host
