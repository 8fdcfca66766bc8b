// SPDX-License-Identifier: Apache-2.0
// Functions of math on elements. What the hardware rounds correctly is one
// instruction, the rest is functions.cpp's, with f16 and bf16 widened.
#include "girih/compiler/conversion/nvptx/emitter.h"
#include "girih/compiler/conversion/nvptx/functions.h"
#include "girih/compiler/conversion/nvptx/rounded.h"
#include "girih/compiler/elementary/names.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace girih::compiler {

Value Emitter::computeMath(Operation *op, ArrayRef<Value> x) {
  Type type = x[0].getType();
  if (isa<math::AbsIOp>(op)) {
    Value negative = LLVM::SubOp::create(b, loc, zeroOf(type), x[0]);
    return LLVM::SMaxOp::create(b, loc, x[0], negative);
  }
  if (!isa<FloatType>(type))
    return Value();
  if (isa<math::AbsFOp>(op))
    return LLVM::FAbsOp::create(b, loc, x[0]);
  if (isa<math::FmaOp>(op)) // rounded once, in every type
    return LLVM::FMAOp::create(b, loc, x[0], x[1], x[2]);
  if (!type.isF16() && !type.isBF16())
    return mathFloat(op, x);
  SmallVector<Value> wide;
  for (Value value : x)
    wide.push_back(LLVM::FPExtOp::create(b, loc, b.getF32Type(), value));
  Value result = mathFloat(op, wide);
  return result ? floatCast(result, b.getF32Type(), type) : result;
}

Value Emitter::mathFloat(Operation *op, ArrayRef<Value> x) {
  auto function = [&](StringRef name) {
    return emitFunction(b, loc, into, name, x);
  };
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](math::FloorOp) -> Value {
        return LLVM::FFloorOp::create(b, loc, x[0]);
      })
      .Case([&](math::CeilOp) -> Value {
        return LLVM::FCeilOp::create(b, loc, x[0]);
      })
      .Case([&](math::TruncOp) -> Value {
        return LLVM::FTruncOp::create(b, loc, x[0]);
      })
      .Case([&](math::RoundEvenOp) -> Value {
        return LLVM::RoundEvenOp::create(b, loc, x[0]);
      })
      .Case([&](math::SqrtOp) -> Value {
        return LLVM::SqrtOp::create(b, loc, x[0]);
      })
      .Case([&](math::RsqrtOp) -> Value {
        Value one =
            constantOf(b.getFloatAttr(x[0].getType(), 1), x[0].getType());
        Value root = LLVM::SqrtOp::create(b, loc, x[0]);
        return LLVM::FDivOp::create(b, loc, one, root);
      })
      .Case([&](math::ExpOp) {
        return x[0].getType().isF32() ? expFloat(x[0]) : function("exp");
      })
      .Case([&](math::Exp2Op power) {
        return x[0].getType().isF32() ? expFloat2(x[0], hasNormalPower(power))
                                      : function("exp2");
      })
      .Case([&](math::TanhOp) {
        return x[0].getType().isF32() ? emitTanh(b, loc, into, x[0])
                                      : function("tanh");
      })
      .Case([&](math::ErfOp) {
        return x[0].getType().isF32() ? emitErf(b, loc, into, x[0])
                                      : function("erf");
      })
      .Default([&](Operation *other) {
        StringRef name = elementary::nameOf(other);
        return name.empty() ? Value() : function(name);
      });
}

/// What is left of x after whole multiples of y, with the sign of x; exact.
Value Emitter::remainder(Value x, Value y) {
  Type type = x.getType(), f32 = b.getF32Type();
  if (type.isF32() || type.isF64())
    return emitFunction(b, loc, into, "fmod", {x, y});
  Value wide[] = {floatCast(x, type, f32), floatCast(y, type, f32)};
  return floatCast(emitFunction(b, loc, into, "fmod", wide), f32, type);
}

} // namespace girih::compiler
