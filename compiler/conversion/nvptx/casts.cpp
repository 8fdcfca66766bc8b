// SPDX-License-Identifier: Apache-2.0
// Conversions between element types.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace girih::compiler {

static bool isFp8(Type type) {
  return isa<Float8E4M3FNType, Float8E5M2Type>(type);
}

/// An f32 between what is narrower and what is wider.
static bool isNarrow(Type type) { return type.isF16() || type.isBF16(); }

/// The f32 of a bf16 that is the upper half of a word: the word without its
/// lower half. Null for others.
Value Emitter::upperHalf(Value value) {
  auto taken = value.getDefiningOp<LLVM::ExtractElementOp>();
  APInt position;
  if (!taken || !matchPattern(taken.getPosition(), m_ConstantInt(&position)) ||
      position != 1)
    return {};
  auto word = taken.getVector().getDefiningOp<LLVM::BitcastOp>();
  if (!word || !word.getArg().getType().isInteger(32))
    return {};
  Value kept = LLVM::AndOp::create(
      b, loc, word.getArg(), constant32(static_cast<int32_t>(0xffff0000)));
  return bitcast(kept, b.getF32Type());
}

Value Emitter::floatCast(Value value, Type from, Type to) {
  if (from == to)
    return value;
  Type f32 = b.getF32Type();
  if (from.isBF16() && to.isF32())
    if (Value wide = upperHalf(value))
      return wide;
  if (isFp8(from)) {
    Value wide = fp8ToFloat(value, from);
    return floatCast(wide, f32, to);
  }
  if (isFp8(to)) {
    if (from.isF64())
      // Rounded to odd on the way, so that rounding twice is rounding once.
      value = roundToOdd(value);
    else
      value = floatCast(value, from, f32);
    return floatToFp8(value, to);
  }
  if (from.getIntOrFloatBitWidth() < to.getIntOrFloatBitWidth())
    return LLVM::FPExtOp::create(b, loc, to, value);
  if (from.isF64() && isNarrow(to))
    return LLVM::FPTruncOp::create(b, loc, to, roundToOdd(value));
  return LLVM::FPTruncOp::create(b, loc, to, value);
}

/// f64 to f32, to odd: truncated, and the last bit set where that lost any.
Value Emitter::roundToOdd(Value value) {
  Type f32 = b.getF32Type();
  Value cut = assembly(f32, "cvt.rz.f32.f64 $0, $1;", "=f,d", value, false);
  Value back = LLVM::FPExtOp::create(b, loc, b.getF64Type(), cut);
  Value lost =
      LLVM::FCmpOp::create(b, loc, LLVM::FCmpPredicate::one, back, value);
  Value bit = LLVM::ZExtOp::create(b, loc, i32(), lost);
  Value bits = LLVM::OrOp::create(b, loc, bitcast(cut, i32()), bit);
  return bitcast(bits, f32);
}

Value Emitter::fp8ToFloat(Value value, Type from) {
  if (options.capability >= 89) {
    neededPtx = std::max(neededPtx, 81);
    std::string name = isa<Float8E4M3FNType>(from) ? "e4m3" : "e5m2";
    Value half = LLVM::ZExtOp::create(b, loc, b.getI16Type(), value);
    Value pair = assembly(i32(), "cvt.rn.f16x2." + name + "x2 $0, $1;", "=r,h",
                          half, false);
    Value low = LLVM::TruncOp::create(b, loc, b.getI16Type(), pair);
    return LLVM::FPExtOp::create(b, loc, b.getF32Type(),
                                 bitcast(low, b.getF16Type()));
  }
  Value wide = LLVM::ZExtOp::create(b, loc, i32(), value);
  auto constant = [&](int64_t bits) { return constant32(bits); };
  if (isa<Float8E5M2Type>(from)) {
    // The upper half of an f16.
    Value bits = LLVM::ShlOp::create(b, loc, wide, constant(8));
    Value half = LLVM::TruncOp::create(b, loc, b.getI16Type(), bits);
    return LLVM::FPExtOp::create(b, loc, b.getF32Type(),
                                 bitcast(half, b.getF16Type()));
  }
  // e4m3 as the bits of an f32 whose exponent is 120 too small; multiplying
  // mends that for subnormals too. 0x7f is NaN.
  Value magnitude = LLVM::AndOp::create(b, loc, wide, constant(0x7f));
  Value scaled = LLVM::FMulOp::create(
      b, loc,
      bitcast(LLVM::ShlOp::create(b, loc, magnitude, constant(20)),
              b.getF32Type()),
      constantOf(b.getF32FloatAttr(0x1p120f), b.getF32Type()));
  Value isNaN = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::eq, magnitude,
                                     constant(0x7f));
  Value bits = LLVM::SelectOp::create(b, loc, isNaN, constant(0x7fc00000),
                                      bitcast(scaled, i32()));
  Value sign = LLVM::ShlOp::create(
      b, loc, LLVM::AndOp::create(b, loc, wide, constant(0x80)), constant(24));
  return bitcast(LLVM::OrOp::create(b, loc, bits, sign), b.getF32Type());
}

/// Round to nearest even. The frontend has clamped to the largest value.
Value Emitter::floatToFp8(Value value, Type to) {
  bool e4m3 = isa<Float8E4M3FNType>(to);
  if (options.capability >= 89) {
    neededPtx = std::max(neededPtx, 81);
    std::string name = e4m3 ? "e4m3" : "e5m2";
    Value pair = assembly(b.getI16Type(),
                          "cvt.rn.satfinite." + name + "x2.f32 $0, $1, $2;",
                          "=h,f,f", {zeroOf(b.getF32Type()), value}, false);
    return LLVM::TruncOp::create(b, loc, b.getI8Type(), pair);
  }
  int64_t mantissa = e4m3 ? 3 : 2, bias = e4m3 ? 7 : 15;
  auto constant = [&](int64_t bits) { return constant32(bits); };
  Value bits = bitcast(value, i32());
  Value sign = LLVM::AndOp::create(
      b, loc, LLVM::LShrOp::create(b, loc, bits, constant(24)), constant(0x80));
  Value magnitude = LLVM::AndOp::create(b, loc, bits, constant(0x7fffffff));
  // Normal: round the mantissa in place, then move the exponent.
  Value odd = LLVM::AndOp::create(
      b, loc, LLVM::LShrOp::create(b, loc, magnitude, constant(23 - mantissa)),
      constant(1));
  Value half = constant((int64_t(1) << (22 - mantissa)) - 1);
  Value rounded = LLVM::AddOp::create(
      b, loc, LLVM::AddOp::create(b, loc, magnitude, half), odd);
  Value normal = LLVM::SubOp::create(
      b, loc, LLVM::LShrOp::create(b, loc, rounded, constant(23 - mantissa)),
      constant((127 - bias) << mantissa));
  // Subnormal: adding 2^(23 - place of the last bit) lets the adder round.
  int64_t anchor = (23 - (bias - 1 + mantissa) + 127) << 23;
  Value shifted =
      LLVM::FAddOp::create(b, loc, bitcast(magnitude, b.getF32Type()),
                           bitcast(constant(anchor), b.getF32Type()));
  Value subnormal =
      LLVM::SubOp::create(b, loc, bitcast(shifted, i32()), constant(anchor));
  Value small = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ult,
                                     magnitude, constant((128 - bias) << 23));
  Value result = LLVM::SelectOp::create(b, loc, small, subnormal, normal);
  Value isNaN = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ugt,
                                     magnitude, constant(0x7f800000));
  result = LLVM::SelectOp::create(b, loc, isNaN, constant(0x7f), result);
  result = LLVM::OrOp::create(b, loc, result, sign);
  return LLVM::TruncOp::create(b, loc, b.getI8Type(), result);
}

Value Emitter::computeCast(Operation *op, Value value) {
  Type from = getElementTypeOrSelf(op->getOperand(0).getType());
  Type to = getElementTypeOrSelf(op->getResult(0).getType());
  Type result = llvmType(to);
  if (isa<arith::ExtFOp, arith::TruncFOp>(op))
    return floatCast(value, from, to);
  if (isa<arith::SIToFPOp, arith::UIToFPOp>(op)) {
    // Through a wider type only where that cannot round twice.
    bool isSigned = isa<arith::SIToFPOp>(op);
    Type by = to;
    if (isNarrow(to))
      by = from.getIntOrFloatBitWidth() <= 16 ? b.getF32Type() : b.getF64Type();
    if (isNarrow(to) && from.getIntOrFloatBitWidth() == 64)
      return integerToNarrow(value, isSigned, to);
    Value wide = isSigned ? Value(LLVM::SIToFPOp::create(b, loc, by, value))
                          : Value(LLVM::UIToFPOp::create(b, loc, by, value));
    return floatCast(wide, by, to);
  }
  if (isa<arith::FPToSIOp>(op))
    return LLVM::FPToSIOp::create(b, loc, result, value);
  if (isa<arith::FPToUIOp>(op))
    return LLVM::FPToUIOp::create(b, loc, result, value);
  if (isa<arith::BitcastOp>(op))
    return bitcast(value, result);
  unsigned fromBits = value.getType().getIntOrFloatBitWidth();
  unsigned toBits = result.getIntOrFloatBitWidth();
  if (fromBits == toBits)
    return value;
  if (fromBits > toBits)
    return LLVM::TruncOp::create(b, loc, result, value);
  if (isa<arith::ExtUIOp, arith::IndexCastUIOp>(op))
    return LLVM::ZExtOp::create(b, loc, result, value);
  return LLVM::SExtOp::create(b, loc, result, value);
}

/// 64-bit integers to f16 or bf16: bits below f64's are gathered into one that
/// says that there were some, which leaves the rounding right.
Value Emitter::integerToNarrow(Value value, bool isSigned, Type to) {
  Type i64 = b.getI64Type();
  auto constant = [&](int64_t bits) -> Value {
    return LLVM::ConstantOp::create(b, loc, i64, b.getI64IntegerAttr(bits));
  };
  Value low = LLVM::AndOp::create(b, loc, value, constant(0xfff));
  Value some =
      LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ne, low, constant(0));
  Value high = LLVM::AndOp::create(b, loc, value, constant(~int64_t(0xfff)));
  Value sticky =
      LLVM::SelectOp::create(b, loc, some, constant(0x800), constant(0));
  Value cut = LLVM::OrOp::create(b, loc, high, sticky);
  // Small values are exact as they are.
  Value up = LLVM::AddOp::create(b, loc, value,
                                 constant(isSigned ? int64_t(1) << 52 : 0));
  Value isSmall = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ult, up,
                                       constant(int64_t(1) << 53));
  Value chosen = LLVM::SelectOp::create(b, loc, isSmall, value, cut);
  Type f64 = b.getF64Type();
  Value wide = isSigned ? Value(LLVM::SIToFPOp::create(b, loc, f64, chosen))
                        : Value(LLVM::UIToFPOp::create(b, loc, f64, chosen));
  return floatCast(wide, f64, to);
}

} // namespace girih::compiler
