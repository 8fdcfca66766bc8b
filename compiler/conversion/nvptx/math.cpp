// SPDX-License-Identifier: Apache-2.0
// Functions of math on elements. What the hardware rounds correctly is one
// instruction; the rest is computed here in f32, with f16 and bf16 widened.
#include "girih/compiler/conversion/nvptx/device_math.h"
#include "girih/compiler/conversion/nvptx/emitter.h"

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
  bool isDouble = x[0].getType().isF64();
  DeviceMath device(b, loc, isDouble);
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](math::FloorOp) -> Value {
        return LLVM::FFloorOp::create(b, loc, x[0]);
      })
      .Case([&](math::CeilOp) -> Value {
        return LLVM::FCeilOp::create(b, loc, x[0]);
      })
      .Case([&](math::SqrtOp) -> Value {
        return LLVM::SqrtOp::create(b, loc, x[0]);
      })
      .Case([&](math::RsqrtOp) { return device.rsqrt(x[0]); })
      .Case([&](math::ExpOp) { return device.exp(x[0]); })
      .Case([&](math::Exp2Op) { return device.exp2(x[0]); })
      .Case([&](math::LogOp) { return device.log(x[0]); })
      .Case([&](math::Log2Op) { return device.log2(x[0]); })
      .Case([&](math::SinOp) { return device.sine(x[0], false); })
      .Case([&](math::CosOp) { return device.sine(x[0], true); })
      .Case([&](math::TanhOp) { return device.tanh(x[0]); })
      .Case([&](math::ErfOp) { return device.erf(x[0]); })
      .Case([&](math::PowFOp) { return device.pow(x[0], x[1]); })
      .Default([](Operation *) { return Value(); });
}

/// What is left of x after whole multiples of y, with the sign of x; exact.
/// Takes away y times ever smaller powers of two: each step loses nothing.
Value Emitter::remainder(Value x, Value y) {
  Type type = x.getType(), f64 = b.getF64Type(), i64 = b.getI64Type();
  auto widen = [&](Value value) -> Value {
    Value size = LLVM::FAbsOp::create(b, loc, value);
    return type.isF64() ? size : LLVM::FPExtOp::create(b, loc, f64, size);
  };
  auto constant = [&](int64_t bits) -> Value {
    return LLVM::ConstantOp::create(b, loc, i64, b.getI64IntegerAttr(bits));
  };
  auto compare = [&](LLVM::FCmpPredicate predicate, Value p, Value q) -> Value {
    return LLVM::FCmpOp::create(b, loc, predicate, p, q);
  };
  Value rest = widen(x), divisor = widen(y);
  Value infinity = bitcast(constant(0x7ff0000000000000), f64);
  Value regular = LLVM::AndOp::create(
      b, loc, compare(LLVM::FCmpPredicate::olt, rest, infinity),
      compare(LLVM::FCmpPredicate::ogt, divisor, zeroOf(f64)));
  OpBuilder::InsertPoint before = b.saveInsertionPoint();
  Block *round = b.createBlock(&function.getBody(), {}, {f64}, {loc});
  Block *done = b.createBlock(&function.getBody(), {}, {f64}, {loc});
  b.restoreInsertionPoint(before);
  auto more = [&](Value left, Value regular) {
    Value again = compare(LLVM::FCmpPredicate::oge, left, divisor);
    again = LLVM::AndOp::create(b, loc, again, regular);
    LLVM::CondBrOp::create(b, loc, again, round, left, done, left);
  };
  more(rest, regular);
  b.setInsertionPointToEnd(round);
  Value left = round->getArgument(0);
  Value exponents = constant(0x7ff0000000000000);
  Value distance = LLVM::SubOp::create(
      b, loc, LLVM::AndOp::create(b, loc, bitcast(left, i64), exponents),
      LLVM::AndOp::create(b, loc, bitcast(divisor, i64), exponents));
  Value scaled = bitcast(
      LLVM::AddOp::create(b, loc, bitcast(divisor, i64), distance), f64);
  Value halved = LLVM::FMulOp::create(b, loc, scaled,
                                      constantOf(b.getF64FloatAttr(0.5), f64));
  Value fits = compare(LLVM::FCmpPredicate::ole, scaled, left);
  Value taken = LLVM::SelectOp::create(b, loc, fits, scaled, halved);
  more(LLVM::FSubOp::create(b, loc, left, taken), regular);
  b.setInsertionPointToEnd(done);
  Value result = done->getArgument(0);
  Value isNaN = bitcast(constant(0x7ff8000000000000), f64);
  // Infinity as the divisor leaves x; as x, like a divisor of 0 or NaN, NaN.
  Value bounded = LLVM::AndOp::create(
      b, loc, regular, compare(LLVM::FCmpPredicate::ord, rest, divisor));
  result = LLVM::SelectOp::create(b, loc, bounded, result, isNaN);
  if (!type.isF64())
    result = LLVM::FPTruncOp::create(b, loc, type, result);
  return LLVM::CopySignOp::create(b, loc, result, x);
}

} // namespace girih::compiler
