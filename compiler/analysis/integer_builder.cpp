// SPDX-License-Identifier: Apache-2.0
// Integer arithmetic in the arith or the LLVM dialect, folded while built.
#include "girih/compiler/analysis/constant_part.h"
#include "girih/compiler/analysis/emit.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace girih::compiler {

namespace {

/// The operation in whichever dialect is asked for.
template <typename ArithOp, typename LLVMOp>
Value binary(OpBuilder &builder, Location loc, bool arith, Value lhs,
             Value rhs) {
  if (arith)
    return ArithOp::create(builder, loc, lhs, rhs);
  return LLVMOp::create(builder, loc, lhs, rhs);
}

} // namespace

std::optional<int64_t> IntegerBuilder::asConstant(Value value) {
  IntegerAttr constant;
  if (value && matchPattern(value, m_Constant(&constant)))
    return constant.getValue().getSExtValue();
  return std::nullopt;
}

Value IntegerBuilder::constant(int64_t value) {
  IntegerAttr attribute = builder.getIntegerAttr(type, value);
  if (dialect == Dialect::arith)
    return arith::ConstantOp::create(builder, loc, attribute);
  return LLVM::ConstantOp::create(builder, loc, type, attribute);
}

Value IntegerBuilder::truth(bool value) {
  IntegerAttr attribute =
      builder.getIntegerAttr(builder.getI1Type(), value ? 1 : 0);
  if (dialect == Dialect::arith)
    return arith::ConstantOp::create(builder, loc, attribute);
  return LLVM::ConstantOp::create(builder, loc, builder.getI1Type(), attribute);
}

Value IntegerBuilder::add(Value lhs, Value rhs) {
  std::optional<int64_t> left = asConstant(lhs), right = asConstant(rhs);
  if (left && right)
    return constant(*left + *right);
  if (left == 0)
    return rhs;
  if (right == 0)
    return lhs;
  return binary<arith::AddIOp, LLVM::AddOp>(
      builder, loc, dialect == Dialect::arith, lhs, rhs);
}

Value IntegerBuilder::sub(Value lhs, Value rhs) {
  std::optional<int64_t> left = asConstant(lhs), right = asConstant(rhs);
  if (left && right)
    return constant(*left - *right);
  if (right == 0)
    return lhs;
  return binary<arith::SubIOp, LLVM::SubOp>(
      builder, loc, dialect == Dialect::arith, lhs, rhs);
}

Value IntegerBuilder::mul(Value lhs, Value rhs) {
  std::optional<int64_t> left = asConstant(lhs), right = asConstant(rhs);
  if (left && right)
    return constant(*left * *right);
  if (left == 0 || right == 1)
    return lhs;
  if (right == 0 || left == 1)
    return rhs;
  return binary<arith::MulIOp, LLVM::MulOp>(
      builder, loc, dialect == Dialect::arith, lhs, rhs);
}

Value IntegerBuilder::greaterEqual(Value lhs, Value rhs) {
  std::optional<int64_t> left = asConstant(lhs), right = asConstant(rhs);
  if (left && right)
    return truth(*left >= *right);
  if (dialect == Dialect::arith)
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge, lhs,
                                 rhs);
  return LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::sge, lhs, rhs);
}

Value IntegerBuilder::equal(Value lhs, Value rhs) {
  if (dialect == Dialect::arith)
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, lhs,
                                 rhs);
  return LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::eq, lhs, rhs);
}

Value IntegerBuilder::both(Value lhs, Value rhs) {
  if (!lhs || !rhs)
    return lhs ? lhs : rhs;
  return binary<arith::AndIOp, LLVM::AndOp>(
      builder, loc, dialect == Dialect::arith, lhs, rhs);
}

Value IntegerBuilder::select(Value condition, Value yes, Value no) {
  if (dialect == Dialect::arith)
    return arith::SelectOp::create(builder, loc, condition, yes, no);
  return LLVM::SelectOp::create(builder, loc, condition, yes, no);
}

Value IntegerBuilder::min(Value lhs, Value rhs) {
  std::optional<int64_t> left = asConstant(lhs), right = asConstant(rhs);
  if (left && right)
    return constant(std::min(*left, *right));
  if (dialect == Dialect::arith)
    return arith::MinSIOp::create(builder, loc, lhs, rhs);
  return LLVM::SMinOp::create(builder, loc, lhs, rhs);
}

Value IntegerBuilder::max(Value lhs, Value rhs) {
  std::optional<int64_t> left = asConstant(lhs), right = asConstant(rhs);
  if (left && right)
    return constant(std::max(*left, *right));
  if (dialect == Dialect::arith)
    return arith::MaxSIOp::create(builder, loc, lhs, rhs);
  return LLVM::SMaxOp::create(builder, loc, lhs, rhs);
}

Value IntegerBuilder::floorDiv(Value lhs, Value rhs, bool nonNegative) {
  bool isArith = dialect == Dialect::arith;
  std::optional<int64_t> left = asConstant(lhs), right = asConstant(rhs);
  if (right == 1)
    return lhs;
  if (left && right && *right > 0)
    return constant(llvm::divideFloorSigned(*left, *right));
  if (right && *right > 0 && llvm::isPowerOf2_64(*right)) {
    auto [rest, multiples] = withoutMultiples(*this, lhs, *right);
    Value quotient = binary<arith::ShRSIOp, LLVM::AShrOp>(
        builder, loc, isArith, rest, constant(llvm::Log2_64(*right)));
    return add(quotient, constant(multiples / *right));
  }
  if (nonNegative)
    return binary<arith::DivUIOp, LLVM::UDivOp>(builder, loc, isArith, lhs,
                                                rhs);
  Value quotient =
      binary<arith::DivSIOp, LLVM::SDivOp>(builder, loc, isArith, lhs, rhs);
  // Truncation rounded up where the remainder is negative.
  Value remainder = sub(lhs, mul(quotient, rhs));
  Value exact = greaterEqual(remainder, constant(0));
  return select(exact, quotient, sub(quotient, constant(1)));
}

Value IntegerBuilder::floorMod(Value lhs, Value rhs, bool nonNegative) {
  std::optional<int64_t> left = asConstant(lhs), right = asConstant(rhs);
  if (right == 1)
    return constant(0);
  if (left && right && *right > 0)
    return constant(llvm::mod(*left, *right));
  if (right && *right > 0 && llvm::isPowerOf2_64(*right))
    return binary<arith::AndIOp, LLVM::AndOp>(
        builder, loc, dialect == Dialect::arith,
        withoutMultiples(*this, lhs, *right).first, constant(*right - 1));
  return sub(lhs, mul(floorDiv(lhs, rhs, nonNegative), rhs));
}

Value IntegerBuilder::expr(AffineExpr expr, ValueRange dims, ValueRange symbols,
                           ArrayRef<IndexFacts> dimFacts,
                           ArrayRef<IndexFacts> symbolFacts) {
  if (auto literal = dyn_cast<AffineConstantExpr>(expr))
    return constant(literal.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbols[symbol.getPosition()];
  auto operation = cast<AffineBinaryOpExpr>(expr);
  auto part = [&](AffineExpr operand) {
    return this->expr(operand, dims, symbols, dimFacts, symbolFacts);
  };
  Value lhs = part(operation.getLHS()), rhs = part(operation.getRHS());
  auto nonNegative = [&] {
    IndexFacts facts = exprFacts(operation.getLHS(), dimFacts, symbolFacts);
    return facts.lower && *facts.lower >= 0;
  };
  // A size can be 0 where no lane is in bounds; dividing by it must not trap.
  auto positive = [&](Value divisor) {
    std::optional<int64_t> known = asConstant(divisor);
    return known && *known > 0 ? divisor : max(divisor, constant(1));
  };
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return add(lhs, rhs);
  case AffineExprKind::Mul:
    return mul(lhs, rhs);
  case AffineExprKind::FloorDiv:
    return floorDiv(lhs, positive(rhs), nonNegative());
  case AffineExprKind::Mod:
    return floorMod(lhs, positive(rhs), nonNegative());
  default: // CeilDiv
    return floorDiv(add(lhs, sub(rhs, constant(1))), positive(rhs),
                    nonNegative());
  }
}

} // namespace girih::compiler
