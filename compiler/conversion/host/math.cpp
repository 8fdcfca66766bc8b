// SPDX-License-Identifier: Apache-2.0
// math operations: intrinsics where the CPU has an instruction, polynomials for
// f32 and narrower, libm lane by lane elsewhere.
#include "girih/compiler/conversion/host/elementwise.h"
#include "girih/compiler/conversion/host/polynomials.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/IR/Module.h"

using llvm::ArrayRef;
namespace math = mlir::math;

namespace girih::compiler::host {

namespace {

/// Calls libm's `name` (with f for floats) on every lane.
Reg callLanes(Builder &ir, llvm::StringRef name, ArrayRef<Reg> operands) {
  llvm::Type *type = operands[0]->getType(), *scalar = type->getScalarType();
  llvm::SmallVector<llvm::Type *> types(operands.size(), scalar);
  std::string symbol = name.str() + (scalar->isFloatTy() ? "f" : "");
  llvm::Module *module = ir.GetInsertBlock()->getModule();
  llvm::FunctionCallee callee = module->getOrInsertFunction(
      symbol, llvm::FunctionType::get(scalar, types, false));
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

} // namespace

Reg emitMath(Builder &ir, mlir::Operation *op, ArrayRef<Reg> in) {
  auto unary = [&](llvm::Intrinsic::ID id) -> Reg {
    return ir.CreateUnaryIntrinsic(id, in[0]);
  };
  auto call = [&](llvm::StringRef name) { return callLanes(ir, name, in); };
  auto series = [&](llvm::StringRef name, Reg (*polynomial)(Builder &, Reg)) {
    bool isFloat = in[0]->getType()->getScalarType()->isFloatTy();
    return isFloat ? polynomial(ir, in[0]) : call(name);
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
      .Case([&](math::FmaOp) {
        return Reg(
            ir.CreateIntrinsic(llvm::Intrinsic::fma, {in[0]->getType()}, in));
      })
      .Case([&](math::ExpOp) { return series("exp", polynomialExp); })
      .Case([&](math::Exp2Op) { return series("exp2", polynomialExp2); })
      .Case([&](math::LogOp) { return series("log", polynomialLog); })
      .Case([&](math::Log2Op) { return series("log2", polynomialLog2); })
      .Case([&](math::SinOp) { return call("sin"); })
      .Case([&](math::CosOp) { return call("cos"); })
      .Case([&](math::TanhOp) { return series("tanh", polynomialTanh); })
      .Case([&](math::ErfOp) { return series("erf", polynomialErf); })
      .Case([&](math::PowFOp) { return call("pow"); })
      .Default([](mlir::Operation *) { return Reg(nullptr); });
}

} // namespace girih::compiler::host
