// SPDX-License-Identifier: Apache-2.0
// Coefficients are Chebyshev approximations on the reduced range, truncated
// where their error falls below f32's.
#include "girih/compiler/conversion/host/polynomials.h"

#include <limits>

namespace girih::compiler::host {

namespace {

constexpr double log2OfE = 1.4426950408889634;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// f32 arithmetic at the width of one register.
struct Floats {
  Builder &ir;
  llvm::Type *type, *ints;

  Floats(Builder &ir, Reg like)
      : ir(ir), type(like->getType()),
        ints(widened(ir.getInt32Ty(), widthOf(type))) {}

  Reg constant(double value) { return ir.splatFloat(value, type); }
  Reg integer(int32_t value) {
    return ir.splatInt(static_cast<uint32_t>(value), ints);
  }
  Reg bits(Reg value) { return ir.CreateBitCast(value, ints); }
  Reg number(Reg bits) { return ir.CreateBitCast(bits, type); }
  Reg add(Reg a, Reg b) { return ir.CreateFAdd(a, b); }
  Reg sub(Reg a, Reg b) { return ir.CreateFSub(a, b); }
  Reg mul(Reg a, Reg b) { return ir.CreateFMul(a, b); }
  Reg fma(Reg a, Reg b, Reg c) {
    return ir.CreateIntrinsic(llvm::Intrinsic::fmuladd, {type}, {a, b, c});
  }
  Reg abs(Reg a) { return ir.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, a); }
  Reg withSign(Reg size, Reg sign) {
    return ir.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, size, sign);
  }
  Reg less(Reg a, double b) { return ir.CreateFCmpOLT(a, constant(b)); }
  Reg select(Reg condition, Reg yes, Reg no) {
    return ir.CreateSelect(condition, yes, no);
  }
  /// NaN passes through.
  Reg clamp(Reg a, double low, double high) {
    a = select(ir.CreateFCmpOLT(a, constant(low)), constant(low), a);
    return select(ir.CreateFCmpOGT(a, constant(high)), constant(high), a);
  }
  /// Highest power first.
  Reg horner(llvm::ArrayRef<double> coefficients, Reg x) {
    Reg sum = constant(coefficients.front());
    for (double coefficient : coefficients.drop_front())
      sum = fma(sum, x, constant(coefficient));
    return sum;
  }
};

/// Adding it leaves a float's nearest integer in its low bits.
constexpr double roundingShift = 12582912; // 1.5 * 2^23
constexpr int32_t roundingShiftBits = 0x4b400000;

/// 2^n * e^r for |r| <= ln 2 / 2, with n in the low bits of `shifted`.
Reg scaledExp(Floats &f, Reg shifted, Reg r) {
  Builder &ir = f.ir;
  Reg tail = f.horner({0.000199004438, 0.00139345445, 0.00833329706,
                       0.0416664568, 0.166666667, 0.5},
                      r);
  Reg value = f.add(f.fma(f.mul(r, r), tail, r), f.constant(1));
  // In two steps, each of which is a normal number: results may be denormal.
  Reg n = ir.CreateSub(f.bits(shifted), f.integer(roundingShiftBits));
  Reg half = ir.CreateAShr(n, f.integer(1));
  auto power = [&](Reg exponent) {
    return f.number(
        ir.CreateShl(ir.CreateAdd(exponent, f.integer(127)), f.integer(23)));
  };
  return f.mul(f.mul(value, power(half)), power(ir.CreateSub(n, half)));
}

struct Logarithm {
  Reg exponent, fraction, tail; // x = 2^exponent * (1 + fraction)
};

/// log(1 + fraction) = fraction + tail, for positive finite x.
Logarithm splitLog(Floats &f, Reg x) {
  Builder &ir = f.ir;
  Reg tiny = f.less(x, 0x1p-126);
  Reg scaled = f.select(tiny, f.mul(x, f.constant(0x1p23)), x);
  // The exponent that leaves a fraction in [sqrt(1/2), sqrt(2)).
  constexpr int32_t rootHalf = 0x3f3504f3;
  Reg moved = ir.CreateSub(f.bits(scaled), f.integer(rootHalf));
  Reg whole = ir.CreateAShr(moved, f.integer(23));
  Reg mantissa = f.number(
      ir.CreateSub(f.bits(scaled), ir.CreateShl(whole, f.integer(23))));
  Logarithm log;
  log.exponent = f.sub(ir.CreateSIToFP(whole, f.type),
                       f.select(tiny, f.constant(23), f.constant(0)));
  log.fraction = f.sub(mantissa, f.constant(1));
  Reg square = f.mul(log.fraction, log.fraction);
  Reg series = f.horner({-0.0636206601, 0.1062307, -0.106246375, 0.110210089,
                         -0.124513877, 0.142874948, -0.166680069, 0.199999918,
                         -0.249999901, 0.333333333},
                        log.fraction);
  Reg cube = f.mul(square, log.fraction);
  log.tail = f.fma(square, f.constant(-0.5), f.mul(cube, series));
  return log;
}

/// What logarithms give for 0, negative numbers, infinity and NaN.
Reg logSpecials(Floats &f, Reg x, Reg value) {
  Builder &ir = f.ir;
  Reg finite = f.less(x, infinity);
  value = f.select(finite, value, x); // infinity and NaN
  value = f.select(f.less(x, 0),
                   f.constant(std::numeric_limits<double>::quiet_NaN()), value);
  return f.select(ir.CreateFCmpOEQ(x, f.constant(0)), f.constant(-infinity),
                  value);
}

} // namespace

Reg polynomialExp(Builder &ir, Reg x) {
  Floats f(ir, x);
  x = f.clamp(x, -105, 90);
  Reg shifted = f.fma(x, f.constant(log2OfE), f.constant(roundingShift));
  Reg n = f.sub(shifted, f.constant(roundingShift));
  // ln 2 in two parts, the first with bits to spare for n.
  Reg r = f.fma(n, f.constant(-0.693359375), x);
  r = f.fma(n, f.constant(2.12194440e-4), r);
  return scaledExp(f, shifted, r);
}

Reg polynomialExp2(Builder &ir, Reg x) {
  Floats f(ir, x);
  x = f.clamp(x, -152, 130);
  Reg shifted = f.add(x, f.constant(roundingShift));
  Reg rest = f.sub(x, f.sub(shifted, f.constant(roundingShift)));
  return scaledExp(f, shifted, f.mul(rest, f.constant(0.6931471805599453)));
}

Reg polynomialLog(Builder &ir, Reg x) {
  Floats f(ir, x);
  Logarithm log = splitLog(f, x);
  Reg low = f.fma(log.exponent, f.constant(-2.12194440e-4), log.tail);
  Reg high = f.add(log.fraction, low);
  return logSpecials(f, x, f.fma(log.exponent, f.constant(0.693359375), high));
}

Reg polynomialLog2(Builder &ir, Reg x) {
  Floats f(ir, x);
  Logarithm log = splitLog(f, x);
  // log2(e) = 1 + the rest, so that powers of two come out exact.
  Reg rest = f.constant(log2OfE - 1);
  Reg sum = f.fma(log.tail, rest, f.mul(log.fraction, rest));
  sum = f.add(f.add(sum, log.tail), log.fraction);
  return logSpecials(f, x, f.add(sum, log.exponent));
}

Reg polynomialTanh(Builder &ir, Reg x) {
  Floats f(ir, x);
  Reg size = f.abs(x), square = f.mul(x, x);
  Reg series = f.horner({0.00229584122, -0.00834698045, 0.0217699609,
                         -0.0539594059, 0.133333043, -0.333333332},
                        square);
  Reg small = f.fma(f.mul(square, series), x, x);
  Reg grown = polynomialExp(ir, f.mul(size, f.constant(2)));
  Reg quotient = ir.CreateFDiv(f.constant(2), f.add(grown, f.constant(1)));
  Reg large = f.withSign(f.sub(f.constant(1), quotient), x);
  return f.select(f.less(size, 0.625), small, large);
}

Reg polynomialErf(Builder &ir, Reg x) {
  Floats f(ir, x);
  Reg size = f.abs(x);
  Reg series = f.horner({8.20979684e-05, -0.000810444195, 0.00519764256,
                         -0.026858032, 0.11283671, -0.376126322, 0.128379166},
                        f.mul(x, x));
  Reg small = f.fma(series, x, x);
  // 1 - exp(log(erfc)): erfc is small there and needs few correct digits.
  Reg far =
      f.select(ir.CreateFCmpOGT(size, f.constant(4)), f.constant(4), size);
  Reg logErfc = f.horner({1.61024042e-06, -4.5512773e-05, 0.000592092759,
                          -0.00473695062, 0.0263551208, -0.109960799,
                          -0.631956241, -1.1301551, 0.000300268826},
                         far);
  Reg large = f.withSign(f.sub(f.constant(1), polynomialExp(ir, logErfc)), x);
  return f.select(f.less(size, 0.925), small, large);
}

} // namespace girih::compiler::host
