// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/nvptx/device_math.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <string>

using namespace mlir;

namespace girih::compiler {

Type DeviceMath::type() {
  return isDouble ? Type(b.getF64Type()) : b.getF32Type();
}
Type DeviceMath::bitsType() {
  return isDouble ? b.getI64Type() : b.getI32Type();
}

Value DeviceMath::number(double value) {
  return LLVM::ConstantOp::create(b, loc, type(),
                                  b.getFloatAttr(type(), value));
}
Value DeviceMath::integer(int64_t value) {
  return LLVM::ConstantOp::create(b, loc, bitsType(),
                                  b.getIntegerAttr(bitsType(), value));
}
Value DeviceMath::add(Value x, Value y) {
  return LLVM::FAddOp::create(b, loc, x, y);
}
Value DeviceMath::sub(Value x, Value y) {
  return LLVM::FSubOp::create(b, loc, x, y);
}
Value DeviceMath::mul(Value x, Value y) {
  return LLVM::FMulOp::create(b, loc, x, y);
}
Value DeviceMath::div(Value x, Value y) {
  return LLVM::FDivOp::create(b, loc, x, y);
}
Value DeviceMath::fma(Value x, Value y, Value z) {
  return LLVM::FMAOp::create(b, loc, x, y, z);
}
Value DeviceMath::less(Value x, Value y) {
  return LLVM::FCmpOp::create(b, loc, LLVM::FCmpPredicate::olt, x, y);
}
Value DeviceMath::same(Value x, Value y) {
  return LLVM::FCmpOp::create(b, loc, LLVM::FCmpPredicate::oeq, x, y);
}
Value DeviceMath::select(Value condition, Value x, Value y) {
  return LLVM::SelectOp::create(b, loc, condition, x, y);
}
Value DeviceMath::absolute(Value x) { return LLVM::FAbsOp::create(b, loc, x); }
Value DeviceMath::bits(Value x) {
  return LLVM::BitcastOp::create(b, loc, bitsType(), x);
}
Value DeviceMath::fromBits(Value x) {
  return LLVM::BitcastOp::create(b, loc, type(), x);
}
Value DeviceMath::toDouble(Value x) {
  return LLVM::FPExtOp::create(b, loc, b.getF64Type(), x);
}
Value DeviceMath::toFloat(Value x) {
  return LLVM::FPTruncOp::create(b, loc, b.getF32Type(), x);
}

Value DeviceMath::polynomial(Value x, ArrayRef<double> coefficients) {
  Value sum = number(coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    sum = fma(sum, x, number(coefficient));
  return sum;
}

Value DeviceMath::scale(Value x, Value n) {
  // In two steps, as 2^n alone may be out of range.
  int mantissa = isDouble ? 52 : 23, bias = isDouble ? 1023 : 127;
  Value whole = LLVM::FPToSIOp::create(b, loc, bitsType(), n);
  Value half = LLVM::AShrOp::create(b, loc, whole, integer(1));
  Value rest = LLVM::SubOp::create(b, loc, whole, half);
  auto power = [&](Value exponent) {
    Value biased = LLVM::AddOp::create(b, loc, exponent, integer(bias));
    return fromBits(LLVM::ShlOp::create(b, loc, biased, integer(mantissa)));
  };
  return mul(mul(x, power(half)), power(rest));
}

Value DeviceMath::expSmall(Value r) {
  SmallVector<double> coefficients;
  double factorial = 1;
  for (int i = 0; i <= (isDouble ? 13 : 7); ++i) {
    factorial *= i ? i : 1;
    coefficients.push_back(1 / factorial);
  }
  return polynomial(r, coefficients);
}

Value DeviceMath::instruction(StringRef name, ValueRange operands) {
  std::string text = name.str() + " $0", constraints = "=f";
  for (size_t i = 1; i <= operands.size(); ++i) {
    text += ", $" + std::to_string(i);
    constraints += ",f";
  }
  return LLVM::InlineAsmOp::create(
             b, loc, type(), operands, text + ";", constraints,
             /*has_side_effects=*/false, /*is_align_stack=*/false,
             LLVM::tailcallkind::TailCallKind::None, LLVM::AsmDialectAttr(),
             ArrayAttr())
      .getResult(0);
}

/// e^x = 2^n 2^r with n = floor(x log2 e) within +-126 and the hardware's power
/// for r, which is up to 1, or less or more where n has been held back.
Value DeviceMath::expFloat(Value x) {
  Value part = instruction("fma.rn.sat.f32",
                           {x, number(std::numbers::log2e / 252), number(0.5)});
  // Rounded down to an integer in the last bits of the sum.
  double anchor = 0x1.8p23 + 1;
  Value sum = instruction("fma.rm.f32", {part, number(252), number(anchor)});
  Value n = sub(sum, number(anchor + 126));
  double high = static_cast<float>(std::numbers::log2e);
  Value r = fma(x, number(high), LLVM::FNegOp::create(b, loc, n));
  r = fma(x, number(std::numbers::log2e - high), r);
  // The bits of the anchor leave at the top: 127 + n is what remains.
  Value power = fromBits(LLVM::ShlOp::create(b, loc, bits(sum), integer(23)));
  return mul(instruction("ex2.approx.ftz.f32", r), power);
}

Value DeviceMath::exp(Value x) {
  if (!isDouble)
    return expFloat(x);
  // Beyond these all results are 0 or infinity; NaN goes through.
  double limit = 800;
  Value inside = LLVM::MinimumOp::create(
      b, loc, LLVM::MaximumOp::create(b, loc, x, number(-limit)),
      number(limit));
  Value n =
      LLVM::RintOp::create(b, loc, mul(inside, number(std::numbers::log2e)));
  double high = 0x1.62e42fefap-1;
  Value r = fma(n, number(-high), inside);
  r = fma(n, number(-(std::numbers::ln2 - high)), r);
  return scale(expSmall(r), n);
}

Value DeviceMath::exp2(Value x) {
  if (!isDouble)
    return instruction("ex2.approx.f32", x);
  double limit = 1100;
  Value inside = LLVM::MinimumOp::create(
      b, loc, LLVM::MaximumOp::create(b, loc, x, number(-limit)),
      number(limit));
  Value n = LLVM::RintOp::create(b, loc, inside);
  Value r = mul(sub(inside, n), number(std::numbers::ln2));
  return scale(expSmall(r), n);
}

std::pair<Value, Value> DeviceMath::logParts(Value x) {
  int mantissa = isDouble ? 52 : 23;
  double tiny = isDouble ? 0x1p-1022 : 0x1p-126;
  double up = isDouble ? 0x1p54 : 0x1p25;
  Value isTiny = less(x, number(tiny));
  Value normal = select(isTiny, mul(x, number(up)), x);
  // Subtracting sqrt(1/2)'s bits puts the mantissa between it and sqrt(2).
  int64_t root = isDouble ? 0x3fe6a09e667f3bcd : 0x3f3504f3;
  Value above = LLVM::SubOp::create(b, loc, bits(normal), integer(root));
  Value exponent = LLVM::AShrOp::create(b, loc, above, integer(mantissa));
  Value shifted = LLVM::ShlOp::create(b, loc, exponent, integer(mantissa));
  Value m = fromBits(LLVM::SubOp::create(b, loc, bits(normal), shifted));
  Value e = LLVM::SIToFPOp::create(b, loc, type(), exponent);
  e = select(isTiny, sub(e, number(isDouble ? 54 : 25)), e);
  // log(1 + f) = f - (f^2/2 - s (f^2/2 + R)), s = f / (2 + f), R the rest of
  // the series of 2 artanh(s).
  Value f = sub(m, number(1));
  Value s = div(f, add(f, number(2)));
  Value z = mul(s, s);
  SmallVector<double> series;
  for (int i = 1; i <= (isDouble ? 11 : 5); ++i)
    series.push_back(2.0 / (2 * i + 1));
  Value r = mul(z, polynomial(z, series));
  Value half = mul(mul(f, f), number(0.5));
  Value log = sub(f, sub(half, mul(s, add(half, r))));
  return {e, log};
}

Value DeviceMath::logSpecial(Value x, Value result) {
  double infinity = std::numeric_limits<double>::infinity();
  result = select(same(x, number(infinity)), x, result);
  result = select(same(x, number(0)), number(-infinity), result);
  Value isBad =
      LLVM::FCmpOp::create(b, loc, LLVM::FCmpPredicate::ult, x, number(0));
  return select(isBad, number(std::numeric_limits<double>::quiet_NaN()),
                result);
}

Value DeviceMath::log(Value x) {
  auto [e, log] = logParts(x);
  double high = isDouble ? 0x1.62e42fefap-1 : 0x1.62e4p-1;
  Value low = fma(e, number(std::numbers::ln2 - high), log);
  return logSpecial(x, fma(e, number(high), low));
}

Value DeviceMath::log2(Value x) {
  auto [e, log] = logParts(x);
  return logSpecial(x, fma(log, number(std::numbers::log2e), e));
}

Value DeviceMath::rsqrt(Value x) {
  return div(number(1), LLVM::SqrtOp::create(b, loc, x));
}

Value DeviceMath::sine(Value x, bool cosine) {
  if (isDouble)
    return {};
  DeviceMath d(b, loc, true);
  Value wide = toDouble(x);
  Value n =
      LLVM::RintOp::create(b, loc, d.mul(wide, d.number(2 / std::numbers::pi)));
  Value r = d.fma(n, d.number(-0x1.921fb54442d18p+0), wide);
  r = d.fma(n, d.number(-0x1.1a62633145c07p-54), r);
  Value z = d.mul(r, r);
  Value sin = d.mul(r, d.polynomial(z, {1, -1.0 / 6, 1.0 / 120, -1.0 / 5040,
                                        1.0 / 362880, -1.0 / 39916800}));
  Value cos = d.polynomial(z, {1, -0.5, 1.0 / 24, -1.0 / 720, 1.0 / 40320,
                               -1.0 / 3628800, 1.0 / 479001600});
  // Quadrant modulo 4, exact for any n.
  Value quarter = LLVM::FFloorOp::create(b, loc, d.mul(n, d.number(0.25)));
  Value quadrant = LLVM::FPToSIOp::create(b, loc, b.getI64Type(),
                                          d.fma(quarter, d.number(-4), n));
  if (cosine)
    quadrant = LLVM::AddOp::create(b, loc, quadrant, d.integer(1));
  auto bit = [&](int64_t mask) -> Value {
    return LLVM::ICmpOp::create(
        b, loc, LLVM::ICmpPredicate::ne,
        LLVM::AndOp::create(b, loc, quadrant, d.integer(mask)), d.integer(0));
  };
  Value result = select(bit(1), cos, sin);
  result = select(bit(2), Value(LLVM::FNegOp::create(b, loc, result)), result);
  Value finite =
      less(absolute(x), number(std::numeric_limits<double>::infinity()));
  return select(finite, toFloat(result),
                number(std::numeric_limits<double>::quiet_NaN()));
}

Value DeviceMath::tanh(Value x) {
  if (isDouble)
    return {};
  DeviceMath d(b, loc, true);
  Value wide = toDouble(x);
  Value inside = LLVM::MinimumOp::create(
      b, loc, LLVM::MaximumOp::create(b, loc, wide, d.number(-20)),
      d.number(20));
  Value e = d.exp(d.add(inside, inside));
  Value ratio = toFloat(d.div(d.sub(e, d.number(1)), d.add(e, d.number(1))));
  return select(less(absolute(x), number(0x1p-13)), x, ratio);
}

Value DeviceMath::erf(Value x) {
  if (isDouble)
    return {};
  // e^(-x^2) times a series of positive terms; from 4 on it is 1 in f32.
  DeviceMath d(b, loc, true);
  Value wide = toDouble(x);
  Value inside = LLVM::MinimumOp::create(
      b, loc, LLVM::MaximumOp::create(b, loc, wide, d.number(-4)), d.number(4));
  Value square = d.mul(inside, inside);
  Value twice = d.add(square, square);
  Value sum = d.number(1);
  for (int i = 60; i >= 1; --i)
    sum = d.fma(d.mul(sum, twice), d.number(1.0 / (2 * i + 1)), d.number(1));
  Value decay = d.exp(LLVM::FNegOp::create(b, loc, square));
  Value result = d.mul(d.mul(inside, d.number(2 / std::sqrt(std::numbers::pi))),
                       d.mul(decay, sum));
  return toFloat(result);
}

Value DeviceMath::pow(Value x, Value y) {
  if (isDouble)
    return {};
  DeviceMath d(b, loc, true);
  Value size = toDouble(absolute(x)), power = toDouble(y);
  Value result = toFloat(d.exp(d.mul(power, d.log(size))));
  // A negative base has a power where the exponent is integral.
  Value integral = same(LLVM::FFloorOp::create(b, loc, y), y);
  Value half = mul(y, number(0.5));
  Value even = same(LLVM::FFloorOp::create(b, loc, half), half);
  Value sign = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::slt, bits(x),
                                    integer(0));
  Value odd = LLVM::AndOp::create(
      b, loc, integral,
      LLVM::XOrOp::create(b, loc, even,
                          LLVM::ConstantOp::create(b, loc, b.getI1Type(),
                                                   b.getBoolAttr(true))));
  Value negate = LLVM::AndOp::create(b, loc, sign, odd);
  Value infinity = number(std::numeric_limits<double>::infinity());
  result = select(negate, Value(LLVM::FNegOp::create(b, loc, result)), result);
  Value finiteNegative = LLVM::AndOp::create(b, loc, less(x, number(0)),
                                             less(absolute(x), infinity));
  Value bad = LLVM::AndOp::create(
      b, loc, finiteNegative,
      LLVM::XOrOp::create(b, loc, integral,
                          LLVM::ConstantOp::create(b, loc, b.getI1Type(),
                                                   b.getBoolAttr(true))));
  result =
      select(bad, number(std::numeric_limits<double>::quiet_NaN()), result);
  // 1 whatever the other is, NaN included; and -1 to plus or minus infinity.
  Value isOne =
      LLVM::OrOp::create(b, loc, same(x, number(1)), same(y, number(0)));
  Value minusOne = LLVM::AndOp::create(b, loc, same(x, number(-1)),
                                       same(absolute(y), infinity));
  return select(LLVM::OrOp::create(b, loc, isOne, minusOne), number(1), result);
}

} // namespace girih::compiler
