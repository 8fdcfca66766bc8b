// SPDX-License-Identifier: Apache-2.0
// Logarithms, and the inverses of the hyperbolic functions.
#pragma once

#include "girih/compiler/elementary/arithmetic.h"

namespace girih::compiler::elementary {

template <class Real, class Int> struct Mantissa {
  Int exponent;
  Real value; // in [sqrt(1/2), sqrt(2))
  Real exponentNumber;
};

/// A positive finite number as 2^exponent * value.
template <class F, class Real> auto splitMantissa(F &f, Real x) {
  int places = F::isDouble ? 54 : 25;
  auto tiny = f.less(x, f.number(smallestNormal(f)));
  Real normal =
      f.select(tiny, f.mul(x, f.number(F::isDouble ? 0x1p54 : 0x1p25)), x);
  // Taking away sqrt(1/2)'s image leaves the exponent wanted in the high bits.
  auto image = f.bits(normal);
  auto root = f.integer(F::isDouble ? 0x3fe6a09e667f3bcd : 0x3f3504f3);
  auto exponent = f.sar(f.isub(image, root), mantissaBits(f));
  Real value = f.fromBits(f.isub(image, f.shl(exponent, mantissaBits(f))));
  auto all = f.isub(exponent, f.select(tiny, f.integer(places), f.integer(0)));
  return Mantissa<Real, decltype(exponent)>{all, value, f.toReal(all)};
}

/// log(1 + fraction) - fraction, 1 + fraction in [sqrt(1/2), sqrt(2)].
template <class F, class Real> Real logTail(F &f, Real fraction) {
  Real square = f.mul(fraction, fraction);
  if constexpr (F::isDouble) {
    Real s = f.div(fraction, f.add(fraction, f.number(2)));
    Real z = f.mul(s, s);
    Real series = polynomial(f, z,
                             {0.13088034850927554, 0.13268638369266824,
                              0.15386244737621667, 0.18181795547521136,
                              0.22222222392581045, 0.28571428570799785,
                              0.40000000000000883, 0.66666666666666666});
    Real half = f.mul(square, f.number(0.5));
    return f.sub(f.mul(s, f.mad(z, series, half)), half);
  }
  Real series = polynomial(f, fraction,
                           {-0.0636206601, 0.1062307, -0.106246375, 0.110210089,
                            -0.124513877, 0.142874948, -0.166680069,
                            0.199999918, -0.249999901, 0.333333333});
  Real cube = f.mul(square, fraction);
  return f.mad(square, f.number(-0.5), f.mul(cube, series));
}

/// What logarithms give for 0, negative numbers, infinity and NaN.
template <class F, class Real> Real logSpecials(F &f, Real x, Real value) {
  value = f.select(f.less(x, f.number(infinity)), value, x);
  value = f.select(f.less(x, f.number(0)), f.number(notANumber), value);
  return f.select(f.same(x, f.number(0)), f.number(-infinity), value);
}

/// exponent * ln 2 + fraction + tail.
template <class F, class Real>
Real logSum(F &f, Real exponent, Real fraction, Real tail) {
  Real low = f.mad(exponent, f.number(ln2Low(f)), tail);
  return f.mad(exponent, f.number(ln2High(f)), f.add(fraction, low));
}

template <class F, class Real> Real log(F &f, Real x) {
  auto parts = splitMantissa(f, x);
  Real fraction = f.sub(parts.value, f.number(1));
  Real value = logSum(f, parts.exponentNumber, fraction, logTail(f, fraction));
  return logSpecials(f, x, value);
}

template <class F, class Real> Real log2(F &f, Real x) {
  auto parts = splitMantissa(f, x);
  Real fraction = f.sub(parts.value, f.number(1));
  Real tail = logTail(f, fraction);
  // log2(e) is 1 and the rest, so that powers of two come out exact.
  Real rest = f.number(log2OfE - 1);
  Real sum = f.mad(tail, rest, f.mul(fraction, rest));
  sum = f.add(f.add(sum, tail), fraction);
  return logSpecials(f, x, f.add(sum, parts.exponentNumber));
}

/// log(1 + x.high + x.low) for x that may be tiny.
template <class F, class Real> Real log1p(F &f, Pair<Real> x) {
  auto sum = exactSum(f, f.number(1), x.high);
  auto parts = splitMantissa(f, sum.high);
  // Where 1 + x needs no scaling x is the fraction, and nothing was lost.
  auto near = f.isSame(parts.exponent, f.integer(0));
  Real fraction = f.select(near, x.high, f.sub(parts.value, f.number(1)));
  Real lost = f.select(near, x.low, f.add(sum.low, x.low));
  Real tail = f.add(logTail(f, fraction), f.div(lost, sum.high));
  Real value = logSum(f, parts.exponentNumber, fraction, tail);
  return logSpecials(f, sum.high, value);
}

template <class F, class Real> Real log1p(F &f, Real x) {
  Real value = log1p(f, Pair<Real>{x, f.number(0)});
  return keepSmall(f, x, F::isDouble ? 0x1p-54 : 0x1p-25, value);
}

/// log(1 + x + y), or log(2 x) where `isLarge`, x so large that 1 is nothing.
template <class F, class Real, class Mask>
Real logOfSum(F &f, Real x, Real y, Mask isLarge) {
  Real zero = f.number(0), ln2 = f.number(std::numbers::ln2);
  auto sum = exactSum(f, x, f.select(isLarge, zero, y));
  sum.low = f.select(isLarge, zero, sum.low);
  return f.add(log1p(f, sum), f.select(isLarge, ln2, zero));
}

template <class F, class Real> Real asinh(F &f, Real x) {
  Real size = f.abs(x), square = f.mul(size, size), one = f.number(1);
  auto large = f.less(f.number(F::isDouble ? 0x1p60 : 0x1p30), size);
  Real root = f.sqrt(f.add(square, one));
  Real more = f.div(square, f.add(root, one));
  Real value = logOfSum(f, size, more, large);
  return f.copySign(keepSmall(f, size, F::isDouble ? 0x1p-28 : 0x1p-13, value),
                    x);
}

template <class F, class Real> Real acosh(F &f, Real x) {
  Real above = f.sub(x, f.number(1));
  auto large = f.less(f.number(F::isDouble ? 0x1p60 : 0x1p30), x);
  Real root = f.sqrt(f.mad(above, above, f.add(above, above)));
  Real value = logOfSum(f, f.select(large, x, above), root, large);
  return f.select(f.less(x, f.number(1)), f.number(notANumber), value);
}

template <class F, class Real> Real atanh(F &f, Real x) {
  Real size = f.abs(x), twice = f.add(size, size), one = f.number(1);
  Real ratio = f.div(f.mul(twice, size), f.sub(one, size));
  Real value = f.mul(f.number(0.5), log1p(f, exactSum(f, twice, ratio)));
  value = f.select(f.less(one, size), f.number(notANumber), value);
  value = f.select(f.same(one, size), f.number(infinity), value);
  return f.copySign(keepSmall(f, size, F::isDouble ? 0x1p-28 : 0x1p-13, value),
                    x);
}

} // namespace girih::compiler::elementary
