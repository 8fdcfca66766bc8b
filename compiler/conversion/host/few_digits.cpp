// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/few_digits.h"

#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

namespace arith = mlir::arith;
namespace math = mlir::math;

namespace girih::compiler::host {

namespace {

/// Steps that are followed: each may add up the errors of two operands.
constexpr int mostSteps = 8;

mlir::Type elementOf(mlir::Value value) {
  return mlir::getElementTypeOrSelf(value.getType());
}

std::optional<llvm::APFloat> constantOf(mlir::Value value) {
  llvm::APFloat number(0.0);
  if (mlir::matchPattern(value, mlir::m_ConstantFloat(&number)))
    return number;
  return std::nullopt;
}

bool isOne(mlir::Value value) {
  auto number = constantOf(value);
  return number && number->isExactlyValue(1.0);
}

/// The erf or tanh that a sum adds 1 to.
mlir::Operation *functionPlusOne(mlir::Operation *op) {
  if (!llvm::isa<arith::AddFOp>(op) || !elementOf(op->getResult(0)).isF32())
    return nullptr;
  for (unsigned number : {0u, 1u}) {
    mlir::Operation *function = op->getOperand(number).getDefiningOp();
    if (function && llvm::isa<math::ErfOp, math::TanhOp>(function) &&
        isOne(op->getOperand(1 - number)))
      return function;
  }
  return nullptr;
}

/// Whether a reduction's body is one `Op` of its two arguments.
template <class Op> bool combinesBy(tile::ReduceOp reduce) {
  mlir::Block &body = reduce.getBody().front();
  return reduce->getNumResults() == 1 && body.getOperations().size() == 2 &&
         llvm::isa<Op>(body.front());
}

/// Whether no lane is below 0; NaN may be.
bool isPositive(mlir::Value value, int steps = mostSteps) {
  mlir::Operation *op = value.getDefiningOp();
  if (!op || steps == 0)
    return false;
  if (auto number = constantOf(value))
    return !number->isNegative();
  if (llvm::isa<math::ExpOp, math::Exp2Op, math::AbsFOp, math::SqrtOp>(op) ||
      functionPlusOne(op))
    return true;
  auto is = [&](mlir::Value each) { return isPositive(each, steps - 1); };
  if (llvm::isa<arith::MulFOp>(op) && op->getOperand(0) == op->getOperand(1))
    return true;
  if (llvm::isa<arith::AddFOp, arith::MulFOp, arith::DivFOp, tile::RemapOp,
                mlir::tensor::SplatOp>(op))
    return llvm::all_of(op->getOperands(), is);
  if (auto select = llvm::dyn_cast<arith::SelectOp>(op))
    return is(select.getTrueValue()) && is(select.getFalseValue());
  auto reduce = llvm::dyn_cast<tile::ReduceOp>(op);
  return reduce && combinesBy<arith::AddFOp>(reduce) &&
         is(reduce.getInputs().front());
}

bool endsInBf16(mlir::Value value, int steps);

/// Whether `use` hands on the relative error of its value, to ends in bf16.
bool keepsDigits(mlir::OpOperand &use, int steps) {
  mlir::Operation *op = use.getOwner();
  if (auto rounded = llvm::dyn_cast<arith::TruncFOp>(op))
    return elementOf(rounded.getResult()).isBF16();
  bool goesOn =
      llvm::isa<arith::DivFOp, arith::NegFOp, arith::MaximumFOp,
                arith::MinimumFOp, math::AbsFOp, math::SqrtOp, math::RsqrtOp,
                tile::RemapOp, mlir::tensor::SplatOp>(op);
  if (llvm::isa<arith::MulFOp>(op)) // squares would double it
    goesOn = op->getOperand(0) != op->getOperand(1);
  else if (llvm::isa<arith::SelectOp>(op))
    goesOn = use.getOperandNumber() > 0;
  else if (llvm::isa<arith::AddFOp>(op))
    goesOn = llvm::all_of(op->getOperands(),
                          [](mlir::Value each) { return isPositive(each); });
  else if (auto reduce = llvm::dyn_cast<tile::ReduceOp>(op))
    goesOn = combinesBy<arith::AddFOp>(reduce) && isPositive(use.get());
  return goesOn && endsInBf16(op->getResult(0), steps - 1);
}

bool endsInBf16(mlir::Value value, int steps) {
  if (elementOf(value).isBF16())
    return true;
  return steps > 0 && elementOf(value).isF32() && !value.use_empty() &&
         llvm::all_of(value.getUses(), [&](mlir::OpOperand &use) {
           return keepsDigits(use, steps);
         });
}

} // namespace

bool needsFewDigits(mlir::Value value) { return endsInBf16(value, mostSteps); }

mlir::Operation *raisedByOne(mlir::Operation *op) {
  mlir::Operation *function = functionPlusOne(op);
  bool pays =
      function && function->hasOneUse() && needsFewDigits(op->getResult(0));
  return pays ? function : nullptr;
}

bool isRaisedByOne(mlir::Operation *function) {
  return function->hasOneUse() &&
         raisedByOne(*function->user_begin()) == function;
}

} // namespace girih::compiler::host
