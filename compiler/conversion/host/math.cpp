// SPDX-License-Identifier: Apache-2.0
// math operations: intrinsics where the CPU has an instruction, our functions
// for f32 and narrower, libm's lane by lane for f64.
#include "girih/compiler/conversion/host/elementwise.h"
#include "girih/compiler/conversion/host/few_digits.h"
#include "girih/compiler/conversion/host/functions.h"
#include "girih/compiler/elementary/names.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/IR/Module.h"

using llvm::ArrayRef;
namespace arith = mlir::arith;
namespace math = mlir::math;

namespace girih::compiler::host {

namespace {

/// Calls libm's `name` on every lane of doubles.
Reg callLanes(Builder &ir, llvm::StringRef name, ArrayRef<Reg> operands) {
  llvm::Type *type = operands[0]->getType(), *scalar = type->getScalarType();
  llvm::SmallVector<llvm::Type *> types(operands.size(), scalar);
  llvm::Module *module = ir.GetInsertBlock()->getModule();
  llvm::FunctionCallee callee = module->getOrInsertFunction(
      name, llvm::FunctionType::get(scalar, types, false));
  unsigned width = widthOf(type);
  if (width == 0)
    return ir.CreateCall(callee, operands);
  Reg result = llvm::PoisonValue::get(type);
  for (unsigned lane = 0; lane < width; ++lane) {
    llvm::SmallVector<Reg> arguments;
    for (Reg operand : operands)
      arguments.push_back(ir.CreateExtractElement(operand, lane));
    result =
        ir.CreateInsertElement(result, ir.CreateCall(callee, arguments), lane);
  }
  return result;
}

/// a * b + c, rounded once. Registers hold narrow floats as f32: those are
/// computed in f64, where the product is exact, and the sum is rounded to odd,
/// so that rounding it again is as rounding once.
Reg fusedMultiplyAdd(Builder &ir, mlir::Operation *op, ArrayRef<Reg> in) {
  auto fma = [&](Reg a, Reg b, Reg c) {
    return ir.CreateIntrinsic(llvm::Intrinsic::fma, {a->getType()}, {a, b, c});
  };
  mlir::Type element = mlir::getElementTypeOrSelf(op->getResult(0).getType());
  if (!isNarrowFloat(element))
    return fma(in[0], in[1], in[2]);
  unsigned width = widthOf(in[0]->getType());
  llvm::Type *doubles = widened(ir.getDoubleTy(), width);
  llvm::Type *longs = widened(ir.getInt64Ty(), width);
  auto wide = [&](Reg x) { return ir.CreateFPExt(x, doubles); };
  Reg product = ir.CreateFMul(wide(in[0]), wide(in[1])), c = wide(in[2]);
  Reg sum = ir.CreateFAdd(product, c), part = ir.CreateFSub(sum, product);
  Reg lost = ir.CreateFAdd(ir.CreateFSub(product, ir.CreateFSub(sum, part)),
                           ir.CreateFSub(c, part));
  // An even sum that lost something goes one step towards what was lost.
  Reg bits = ir.CreateBitCast(sum, longs), one = ir.splatInt(1, longs);
  Reg zero = ir.splatFloat(0, doubles);
  Reg inexact = ir.CreateFCmpONE(lost, zero);
  Reg even = ir.CreateICmpEQ(ir.CreateAnd(bits, one), ir.splatInt(0, longs));
  Reg outward = ir.CreateICmpEQ(ir.CreateFCmpOGT(lost, zero),
                                ir.CreateFCmpOGT(sum, zero));
  Reg step = ir.CreateSelect(outward, one, ir.splatInt(~uint64_t{0}, longs));
  Reg odd = ir.CreateSelect(ir.CreateAnd(inexact, even),
                            ir.CreateAdd(bits, step), bits);
  return roundDouble(ir, element, ir.CreateBitCast(odd, doubles));
}

} // namespace

Reg emitMath(Builder &ir, mlir::Operation *op, ArrayRef<Reg> in) {
  auto unary = [&](llvm::Intrinsic::ID id) -> Reg {
    return ir.CreateUnaryIntrinsic(id, in[0]);
  };
  auto function = [&](llvm::StringRef name) {
    bool isFloat = in[0]->getType()->getScalarType()->isFloatTy();
    return isFloat ? emitFunction(ir, name, in) : callLanes(ir, name, in);
  };
  return llvm::TypeSwitch<mlir::Operation *, Reg>(op)
      .Case([&](math::AbsFOp) { return unary(llvm::Intrinsic::fabs); })
      .Case([&](math::SqrtOp) { return unary(llvm::Intrinsic::sqrt); })
      .Case([&](math::FloorOp) { return unary(llvm::Intrinsic::floor); })
      .Case([&](math::CeilOp) { return unary(llvm::Intrinsic::ceil); })
      .Case(
          [&](math::RoundEvenOp) { return unary(llvm::Intrinsic::roundeven); })
      .Case([&](math::TruncOp) { return unary(llvm::Intrinsic::trunc); })
      .Case([&](math::RsqrtOp) {
        Reg root = unary(llvm::Intrinsic::sqrt);
        return ir.CreateFDiv(ir.splatFloat(1, root->getType()), root);
      })
      .Case([&](math::FmaOp) { return fusedMultiplyAdd(ir, op, in); })
      .Case<math::ExpOp, math::Exp2Op>([&](auto power) {
        llvm::StringRef name = elementary::nameOf(power);
        if (!in[0]->getType()->getScalarType()->isFloatTy())
          return function(name);
        if (needsFewDigits(power.getResult()))
          return emitBrief(ir, name, in[0]);
        bool isQuick =
            llvm::isa<math::Exp2Op>(power) &&
            bitEnumContainsAll(power.getFastmath(), arith::FastMathFlags::afn);
        return isQuick ? emitBrief(ir, "quickExp2", in[0]) : function(name);
      })
      .Case<math::ErfOp, math::TanhOp>([&](mlir::Operation *other) {
        // The sum computes both.
        return isRaisedByOne(other) ? in[0]
                                    : function(elementary::nameOf(other));
      })
      .Default([&](mlir::Operation *other) {
        llvm::StringRef name = elementary::nameOf(other);
        return name.empty() ? Reg(nullptr) : function(name);
      });
}

} // namespace girih::compiler::host
