// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/elementwise.h"
#include "girih/compiler/conversion/host/few_digits.h"
#include "girih/compiler/conversion/host/functions.h"
#include "girih/compiler/conversion/host/short_nans.h"

#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using llvm::ArrayRef;
namespace arith = mlir::arith;
namespace math = mlir::math;

namespace girih::compiler::host {

namespace {

mlir::Type elementOf(mlir::Type type) {
  return mlir::getElementTypeOrSelf(type);
}

mlir::Type resultElement(mlir::Operation *op) {
  return elementOf(op->getResult(0).getType());
}

Reg constantOf(Builder &ir, arith::ConstantOp op, unsigned width) {
  mlir::Attribute value = op.getValue();
  if (auto dense = llvm::dyn_cast<mlir::DenseElementsAttr>(value)) {
    if (!dense.isSplat())
      return nullptr;
    value = dense.getSplatValue<mlir::Attribute>();
  }
  llvm::Type *type = registerType(ir, resultElement(op), width);
  if (auto integer = llvm::dyn_cast<mlir::IntegerAttr>(value))
    return llvm::ConstantInt::get(
        type, integer.getValue().zextOrTrunc(type->getScalarSizeInBits()));
  auto real = llvm::dyn_cast<mlir::FloatAttr>(value);
  if (!real)
    return nullptr;
  llvm::APFloat number = real.getValue();
  bool lost = false;
  number.convert(type->getScalarType()->getFltSemantics(),
                 llvm::APFloat::rmNearestTiesToEven, &lost);
  return llvm::ConstantFP::get(type, number);
}

llvm::CmpInst::Predicate predicateOf(arith::CmpFPredicate predicate) {
  using From = arith::CmpFPredicate;
  using To = llvm::CmpInst::Predicate;
  static constexpr std::pair<From, To> table[] = {
      {From::AlwaysFalse, To::FCMP_FALSE}, {From::OEQ, To::FCMP_OEQ},
      {From::OGT, To::FCMP_OGT},           {From::OGE, To::FCMP_OGE},
      {From::OLT, To::FCMP_OLT},           {From::OLE, To::FCMP_OLE},
      {From::ONE, To::FCMP_ONE},           {From::ORD, To::FCMP_ORD},
      {From::UEQ, To::FCMP_UEQ},           {From::UGT, To::FCMP_UGT},
      {From::UGE, To::FCMP_UGE},           {From::ULT, To::FCMP_ULT},
      {From::ULE, To::FCMP_ULE},           {From::UNE, To::FCMP_UNE},
      {From::UNO, To::FCMP_UNO},           {From::AlwaysTrue, To::FCMP_TRUE}};
  for (auto [from, to] : table)
    if (from == predicate)
      return to;
  llvm_unreachable("all predicates are listed");
}

llvm::CmpInst::Predicate predicateOf(arith::CmpIPredicate predicate) {
  using From = arith::CmpIPredicate;
  using To = llvm::CmpInst::Predicate;
  switch (predicate) {
  case From::eq:
    return To::ICMP_EQ;
  case From::ne:
    return To::ICMP_NE;
  case From::slt:
    return To::ICMP_SLT;
  case From::sle:
    return To::ICMP_SLE;
  case From::sgt:
    return To::ICMP_SGT;
  case From::sge:
    return To::ICMP_SGE;
  case From::ult:
    return To::ICMP_ULT;
  case From::ule:
    return To::ICMP_ULE;
  case From::ugt:
    return To::ICMP_UGT;
  case From::uge:
    return To::ICMP_UGE;
  }
  llvm_unreachable("all predicates are listed");
}

/// Rounds towards minus infinity; the divisor has any sign.
Reg floorDivide(Builder &ir, Reg lhs, Reg rhs) {
  Reg quotient = ir.CreateSDiv(lhs, rhs);
  Reg zero = ir.splatInt(0, lhs->getType());
  Reg remainder = ir.CreateSub(lhs, ir.CreateMul(quotient, rhs));
  Reg differ = ir.CreateICmpSLT(ir.CreateXor(remainder, rhs), zero);
  Reg below = ir.CreateAnd(differ, ir.CreateICmpNE(remainder, zero));
  return ir.CreateAdd(quotient, ir.CreateSExt(below, lhs->getType()));
}

Reg truncateFloat(Builder &ir, mlir::Operation *op, Reg value) {
  mlir::Type element = resultElement(op);
  unsigned width = widthOf(value->getType());
  bool isDouble = value->getType()->getScalarType()->isDoubleTy();
  if (isDouble && isNarrowFloat(element))
    return roundDouble(ir, element, value);
  return roundTo(ir, element,
                 ir.CreateFPTrunc(value, registerType(ir, element, width)),
                 element.isBF16() && hasShortNans(op->getOperand(0)));
}

/// Integers of more bits than f32 holds reach narrow floats by way of f64.
Reg integerToFloat(Builder &ir, mlir::Type element, Reg value, bool isSigned) {
  unsigned width = widthOf(value->getType());
  bool wide = value->getType()->getScalarSizeInBits() > 24;
  bool byDouble = wide && isNarrowFloat(element);
  llvm::Type *type = byDouble ? widened(ir.getDoubleTy(), width)
                              : registerType(ir, element, width);
  Reg number =
      isSigned ? ir.CreateSIToFP(value, type) : ir.CreateUIToFP(value, type);
  return byDouble ? roundDouble(ir, element, number)
                  : roundTo(ir, element, number);
}

/// The same bits as another type: through their form in memory.
Reg castBits(Builder &ir, mlir::Operation *op, Reg value) {
  mlir::Type from = elementOf(op->getOperand(0).getType());
  mlir::Type to = resultElement(op);
  unsigned width = widthOf(value->getType());
  Reg memory = encode(ir, from, value);
  return decode(ir, to,
                ir.CreateBitCast(memory, widened(memoryType(ir, to), width)));
}

Reg emitCast(Builder &ir, mlir::Operation *op, Reg value, bool &known) {
  known = true;
  unsigned width = widthOf(value->getType());
  mlir::Type element = resultElement(op);
  llvm::Type *type = registerType(ir, element, width);
  return llvm::TypeSwitch<mlir::Operation *, Reg>(op)
      .Case([&](arith::ExtFOp) { return ir.CreateFPExt(value, type); })
      .Case([&](arith::TruncFOp) { return truncateFloat(ir, op, value); })
      .Case([&](arith::ExtSIOp) { return ir.CreateSExt(value, type); })
      .Case([&](arith::ExtUIOp) { return ir.CreateZExt(value, type); })
      .Case([&](arith::TruncIOp) { return ir.CreateTrunc(value, type); })
      .Case([&](arith::SIToFPOp) {
        return integerToFloat(ir, element, value, true);
      })
      .Case([&](arith::UIToFPOp) {
        return integerToFloat(ir, element, value, false);
      })
      .Case([&](arith::BitcastOp) { return castBits(ir, op, value); })
      .Case([&](arith::FPToSIOp) { return ir.CreateFPToSI(value, type); })
      .Case([&](arith::FPToUIOp) { return ir.CreateFPToUI(value, type); })
      .Case(
          [&](arith::IndexCastOp) { return ir.CreateSExtOrTrunc(value, type); })
      .Case([&](arith::IndexCastUIOp) {
        return ir.CreateZExtOrTrunc(value, type);
      })
      .Default([&](mlir::Operation *) {
        known = false;
        return Reg(nullptr);
      });
}

/// Division by zero, wide shifts and the like are as undefined as in arith: the
/// frontend keeps them from happening.
Reg emitInteger(Builder &ir, mlir::Operation *op, ArrayRef<Reg> in) {
  using Opcode = llvm::Instruction::BinaryOps;
  auto binary = [&](Opcode opcode) {
    return ir.CreateBinOp(opcode, in[0], in[1]);
  };
  auto intrinsic = [&](llvm::Intrinsic::ID id) {
    return ir.CreateBinaryIntrinsic(id, in[0], in[1]);
  };
  return llvm::TypeSwitch<mlir::Operation *, Reg>(op)
      .Case([&](arith::AddIOp) { return binary(Opcode::Add); })
      .Case([&](arith::SubIOp) { return binary(Opcode::Sub); })
      .Case([&](arith::MulIOp) { return binary(Opcode::Mul); })
      .Case([&](arith::AndIOp) { return binary(Opcode::And); })
      .Case([&](arith::OrIOp) { return binary(Opcode::Or); })
      .Case([&](arith::XOrIOp) { return binary(Opcode::Xor); })
      .Case([&](arith::DivSIOp) { return binary(Opcode::SDiv); })
      .Case([&](arith::DivUIOp) { return binary(Opcode::UDiv); })
      .Case([&](arith::RemSIOp) { return binary(Opcode::SRem); })
      .Case([&](arith::RemUIOp) { return binary(Opcode::URem); })
      .Case([&](arith::FloorDivSIOp) { return floorDivide(ir, in[0], in[1]); })
      .Case([&](arith::ShLIOp) { return binary(Opcode::Shl); })
      .Case([&](arith::ShRSIOp) { return binary(Opcode::AShr); })
      .Case([&](arith::ShRUIOp) { return binary(Opcode::LShr); })
      .Case([&](arith::MinSIOp) { return intrinsic(llvm::Intrinsic::smin); })
      .Case([&](arith::MaxSIOp) { return intrinsic(llvm::Intrinsic::smax); })
      .Case([&](arith::MinUIOp) { return intrinsic(llvm::Intrinsic::umin); })
      .Case([&](arith::MaxUIOp) { return intrinsic(llvm::Intrinsic::umax); })
      .Case([&](arith::CmpIOp compare) {
        return ir.CreateICmp(predicateOf(compare.getPredicate()), in[0], in[1]);
      })
      .Case([&](math::AbsIOp) {
        return ir.CreateBinaryIntrinsic(llvm::Intrinsic::abs, in[0],
                                        ir.getFalse());
      })
      .Default([](mlir::Operation *) { return Reg(nullptr); });
}

/// A sum, or the function that it is: 1 + erf x and 1 + tanh x.
Reg emitSum(Builder &ir, arith::AddFOp op, ArrayRef<Reg> in) {
  mlir::Operation *function = raisedByOne(op);
  if (!function)
    return ir.CreateFAdd(in[0], in[1]);
  bool isFirst = op.getLhs().getDefiningOp() == function;
  return emitBrief(
      ir, llvm::isa<math::ErfOp>(function) ? "onePlusErf" : "onePlusTanh",
      in[isFirst ? 0 : 1]);
}

/// Floating-point operations; `exact` when the result needs no rounding.
Reg emitFloat(Builder &ir, mlir::Operation *op, ArrayRef<Reg> in, bool &exact) {
  auto intrinsic = [&](llvm::Intrinsic::ID id) {
    exact = true;
    return Reg(ir.CreateBinaryIntrinsic(id, in[0], in[1]));
  };
  exact = false;
  return llvm::TypeSwitch<mlir::Operation *, Reg>(op)
      .Case([&](arith::AddFOp sum) { return emitSum(ir, sum, in); })
      .Case([&](arith::SubFOp) { return ir.CreateFSub(in[0], in[1]); })
      .Case([&](arith::MulFOp) { return ir.CreateFMul(in[0], in[1]); })
      .Case([&](arith::DivFOp) { return ir.CreateFDiv(in[0], in[1]); })
      .Case([&](arith::RemFOp) {
        return in[0]->getType()->getScalarType()->isFloatTy()
                   ? emitRemainder(ir, in[0], in[1])
                   : ir.CreateFRem(in[0], in[1]);
      })
      .Case([&](arith::NegFOp) {
        exact = true;
        return ir.CreateFNeg(in[0]);
      })
      .Case([&](arith::MaximumFOp) {
        exact = true;
        return ir.extremum(true, in[0], in[1]);
      })
      .Case([&](arith::MinimumFOp) {
        exact = true;
        return ir.extremum(false, in[0], in[1]);
      })
      .Case(
          [&](arith::MaxNumFOp) { return intrinsic(llvm::Intrinsic::maxnum); })
      .Case(
          [&](arith::MinNumFOp) { return intrinsic(llvm::Intrinsic::minnum); })
      .Case([&](arith::CmpFOp compare) {
        exact = true;
        return ir.CreateFCmp(predicateOf(compare.getPredicate()), in[0], in[1]);
      })
      .Default([&](mlir::Operation *) { return emitMath(ir, op, in); });
}

} // namespace

Reg roundDouble(Builder &ir, mlir::Type element, Reg value) {
  constexpr uint64_t cut = (uint64_t(1) << 29) - 1;
  unsigned width = widthOf(value->getType());
  llvm::Type *longs = widened(ir.getInt64Ty(), width);
  Reg bits = ir.CreateBitCast(value, longs);
  Reg rest = ir.CreateAnd(bits, ir.splatInt(cut, longs));
  Reg inexact = ir.CreateICmpNE(rest, ir.splatInt(0, longs));
  Reg trace =
      ir.CreateShl(ir.CreateZExt(inexact, longs), ir.splatInt(29, longs));
  bits = ir.CreateOr(ir.CreateAnd(bits, ir.splatInt(~cut, longs)), trace);
  Reg single = ir.CreateFPTrunc(ir.CreateBitCast(bits, value->getType()),
                                widened(ir.getFloatTy(), width));
  return roundTo(ir, element, single);
}

bool isElementwise(mlir::Operation *op) {
  mlir::Dialect *dialect = op->getDialect();
  return dialect && (llvm::isa<arith::ArithDialect>(dialect) ||
                     llvm::isa<math::MathDialect>(dialect));
}

bool isExpensive(mlir::Operation *op) {
  if (llvm::isa<arith::DivFOp, arith::RemFOp, arith::DivSIOp, arith::DivUIOp,
                arith::RemSIOp, arith::RemUIOp, arith::FloorDivSIOp,
                tile::GatherOp, tile::TakeOp>(op))
    return true;
  return llvm::isa<math::MathDialect>(op->getDialect()) &&
         !llvm::isa<math::AbsFOp, math::AbsIOp, math::FloorOp, math::CeilOp,
                    math::RoundEvenOp, math::TruncOp, math::FmaOp>(op);
}

Reg emitElementwise(Builder &ir, mlir::Operation *op, ArrayRef<Reg> in,
                    unsigned width) {
  if (auto constant = llvm::dyn_cast<arith::ConstantOp>(op))
    return constantOf(ir, constant, width);
  if (llvm::isa<arith::SelectOp>(op)) {
    auto *known = llvm::dyn_cast<llvm::Constant>(in[0]);
    return known && known->isAllOnesValue()
               ? in[1]
               : ir.CreateSelect(in[0], in[1], in[2]);
  }
  if (llvm::isa<arith::BitcastOp>(op)) {
    Reg memory = encode(ir, elementOf(op->getOperand(0).getType()), in[0]);
    llvm::Type *type = widened(memoryType(ir, resultElement(op)), width);
    return decode(ir, resultElement(op), ir.CreateBitCast(memory, type));
  }
  bool known = false;
  if (in.size() == 1)
    if (Reg cast = emitCast(ir, op, in[0], known); known)
      return cast;
  if (Reg integer = emitInteger(ir, op, in))
    return integer;
  bool exact = false;
  Reg value = emitFloat(ir, op, in, exact);
  if (!value || exact)
    return value;
  bool arithmetic =
      llvm::isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp>(op);
  return roundTo(ir, resultElement(op), value, arithmetic);
}

} // namespace girih::compiler::host
