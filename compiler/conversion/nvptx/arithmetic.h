// SPDX-License-Identifier: Apache-2.0
// Writes elementary functions (compiler/elementary) for one element in the LLVM
// dialect. Its members are those that arithmetic.h there lists.
#pragma once

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"

namespace girih::compiler {

/// One PTX instruction on f32 registers.
mlir::Value floatInstruction(mlir::OpBuilder &b, mlir::Location loc,
                             llvm::StringRef name, mlir::ValueRange operands);

template <bool Double> class DeviceArithmetic {
  using Value = mlir::Value;

public:
  static constexpr bool isDouble = Double;

  /// `module` is where tables go.
  DeviceArithmetic(mlir::OpBuilder &b, mlir::Location loc,
                   mlir::ModuleOp module)
      : b(b), loc(loc), module(module) {}

  Value number(double value) { return constant(b.getFloatAttr(type(), value)); }
  Value integer(int64_t value) {
    return constant(
        b.getIntegerAttr(ints(), Double ? value : static_cast<int32_t>(value)));
  }
  Value add(Value x, Value y) { return make<mlir::LLVM::FAddOp>(x, y); }
  Value sub(Value x, Value y) { return make<mlir::LLVM::FSubOp>(x, y); }
  Value mul(Value x, Value y) { return make<mlir::LLVM::FMulOp>(x, y); }
  Value div(Value x, Value y) { return make<mlir::LLVM::FDivOp>(x, y); }
  Value neg(Value x) { return make<mlir::LLVM::FNegOp>(x); }
  Value abs(Value x) { return make<mlir::LLVM::FAbsOp>(x); }
  Value sqrt(Value x) { return make<mlir::LLVM::SqrtOp>(x); }
  Value floor(Value x) { return make<mlir::LLVM::FFloorOp>(x); }
  Value copySign(Value size, Value sign) {
    if constexpr (Double)
      return make<mlir::LLVM::CopySignOp>(size, sign);
    // One instruction: LLVM would look for the sign where `sign` comes from, a
    // half of a word, and take it from there in four.
    return floatInstruction(b, loc, "copysign.f32", {sign, size});
  }
  Value fma(Value x, Value y, Value z) {
    return make<mlir::LLVM::FMAOp>(x, y, z);
  }
  Value mad(Value x, Value y, Value z) { return fma(x, y, z); }

  Value less(Value x, Value y) { return compare(Real::olt, x, y); }
  Value same(Value x, Value y) { return compare(Real::oeq, x, y); }
  Value unordered(Value x, Value y) { return compare(Real::uno, x, y); }
  Value both(Value x, Value y) { return make<mlir::LLVM::AndOp>(x, y); }
  /// A mask and those before it, of which there may be none.
  Value also(Value before, Value mask) {
    return before ? both(before, mask) : mask;
  }
  Value either(Value x, Value y) { return make<mlir::LLVM::OrOp>(x, y); }
  Value select(Value mask, Value x, Value y) {
    return make<mlir::LLVM::SelectOp>(mask, x, y);
  }

  Value bits(Value x) { return cast<mlir::LLVM::BitcastOp>(ints(), x); }
  Value fromBits(Value x) { return cast<mlir::LLVM::BitcastOp>(type(), x); }
  Value toReal(Value x) { return cast<mlir::LLVM::SIToFPOp>(type(), x); }
  Value iadd(Value x, Value y) { return make<mlir::LLVM::AddOp>(x, y); }
  Value isub(Value x, Value y) { return make<mlir::LLVM::SubOp>(x, y); }
  Value imul(Value x, Value y) { return make<mlir::LLVM::MulOp>(x, y); }
  Value iand(Value x, Value y) { return make<mlir::LLVM::AndOp>(x, y); }
  Value ior(Value x, Value y) { return make<mlir::LLVM::OrOp>(x, y); }
  Value ixor(Value x, Value y) { return make<mlir::LLVM::XOrOp>(x, y); }
  Value shl(Value x, Value places) {
    return make<mlir::LLVM::ShlOp>(x, places);
  }
  Value shr(Value x, Value places) {
    return make<mlir::LLVM::LShrOp>(x, places);
  }
  Value shl(Value x, int places) { return shl(x, integer(places)); }
  Value shr(Value x, int places) { return shr(x, integer(places)); }
  Value sar(Value x, int places) {
    return make<mlir::LLVM::AShrOp>(x, integer(places));
  }
  Value isLess(Value x, Value y) { return compare(Whole::slt, x, y); }
  Value isSame(Value x, Value y) { return compare(Whole::eq, x, y); }

  DeviceArithmetic<true> wide() { return {b, loc, module}; }
  Value widened(Value x) {
    return cast<mlir::LLVM::FPExtOp>(b.getF64Type(), x);
  }
  Value narrowed(Value x) { return cast<mlir::LLVM::FPTruncOp>(type(), x); }
  Value narrowedInt(Value x) { return cast<mlir::LLVM::TruncOp>(ints(), x); }

  Value twoOverPi(Value word);

  // For elementary/halves.h, of f32.
  Value roughExp2(Value x, bool subnormal = false) {
    return instruction(subnormal ? "ex2.approx.f32" : "ex2.approx.ftz.f32", x);
  }
  Value roughLog2(Value x, bool subnormal = false) {
    return instruction(subnormal ? "lg2.approx.f32" : "lg2.approx.ftz.f32", x);
  }
  Value roughInverse(Value x) { return instruction("rcp.approx.ftz.f32", x); }
  Value roughSqrt(Value x) { return instruction("sqrt.approx.ftz.f32", x); }
  Value roughInverseSqrt(Value x) { return instruction("rsqrt.approx.f32", x); }

  /// Adds blocks to the function, and goes on in the last of them.
  template <class Result, class Make>
  Result rare(Value mask, Result otherwise, Make makeOne) {
    mlir::Region *body = b.getInsertionBlock()->getParent();
    mlir::OpBuilder::InsertPoint before = b.saveInsertionPoint();
    mlir::Block *some = b.createBlock(body);
    mlir::Block *done =
        b.createBlock(body, {}, {type(), type(), ints()}, {loc, loc, loc});
    b.restoreInsertionPoint(before);
    mlir::LLVM::CondBrOp::create(
        b, loc, mask, some, mlir::ValueRange(), done,
        mlir::ValueRange{otherwise.high, otherwise.low, otherwise.quadrant});
    b.setInsertionPointToEnd(some);
    Result made = makeOne();
    mlir::LLVM::BrOp::create(
        b, loc, mlir::ValueRange{made.high, made.low, made.quadrant}, done);
    b.setInsertionPointToEnd(done);
    return {done->getArgument(0), done->getArgument(1), done->getArgument(2)};
  }

  mlir::OpBuilder &builder() { return b; }
  mlir::Location location() { return loc; }

private:
  Value instruction(mlir::StringRef name, Value x) {
    return floatInstruction(b, loc, name, x);
  }

  using Real = mlir::LLVM::FCmpPredicate;
  using Whole = mlir::LLVM::ICmpPredicate;

  mlir::FloatType type() {
    return Double ? mlir::FloatType(b.getF64Type()) : b.getF32Type();
  }
  mlir::IntegerType ints() { return Double ? b.getI64Type() : b.getI32Type(); }
  Value constant(mlir::TypedAttr value) {
    return mlir::LLVM::ConstantOp::create(b, loc, value.getType(), value);
  }
  template <class Op, class... Operands> Value make(Operands... operands) {
    return Op::create(b, loc, operands...);
  }
  template <class Op> Value cast(mlir::Type to, Value x) {
    return Op::create(b, loc, to, x);
  }
  Value compare(Real predicate, Value x, Value y) {
    return mlir::LLVM::FCmpOp::create(b, loc, predicate, x, y);
  }
  Value compare(Whole predicate, Value x, Value y) {
    return mlir::LLVM::ICmpOp::create(b, loc, predicate, x, y);
  }

  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::ModuleOp module;
};

} // namespace girih::compiler
