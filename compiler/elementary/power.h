// SPDX-License-Identifier: Apache-2.0
// x^y = e^(y log x), the logarithm in two numbers: errors of y log x come out
// multiplied by its size.
#pragma once

#include "girih/compiler/elementary/exponentials.h"
#include "girih/compiler/elementary/logarithms.h"

namespace girih::compiler::elementary {

/// log x for positive finite x, to about 1.5 times the type's digits.
template <class F, class Real> Pair<Real> preciseLog(F &f, Real x) {
  auto parts = splitMantissa(f, x);
  Real m = parts.value, one = f.number(1);
  // s = (m - 1) / (m + 1), log m = 2 s + s^3 (2/3 + s^2 series).
  Real fraction = f.sub(m, one);
  auto under = quickSum(f, one, m);
  Real inverse = f.div(one, under.high);
  Real s = f.mul(fraction, inverse);
  Real minus = f.neg(s);
  Real rest = f.fma(minus, under.low, f.fma(minus, under.high, fraction));
  Real sLow = f.mul(rest, inverse);
  auto z = exactProduct(f, s, s);
  Real zLow = f.mad(f.add(s, s), sLow, z.low);
  Real series = F::isDouble
                    ? polynomial(f, z.high,
                                 {0.11724327060846747, 0.11706126464563397,
                                  0.13334808798812339, 0.15384594887007179,
                                  0.18181818336099846, 0.22222222221652765,
                                  0.28571428571429371, 0.4})
                    : polynomial(f, z.high,
                                 {0.19121329961085378, 0.22204729914012351,
                                  0.28571532106035883, 0.39999999904585594});
  // 2/3 in two numbers.
  double third = F::isDouble ? 0x1.5555555555555p-1 : 0x1.555556p-1;
  double thirdLow = F::isDouble ? 0x1.5555555555555p-55 : -0x1.555556p-27;
  auto c = quickSum(f, f.number(third), f.mul(z.high, series));
  c.low = f.add(c.low, f.number(thirdLow));
  // s^3 c
  auto cube = exactProduct(f, s, z.high);
  cube.low = f.mad(s, zLow, f.mad(sLow, z.high, cube.low));
  auto tail = exactProduct(f, cube.high, c.high);
  tail.low = f.mad(cube.high, c.low, f.mad(cube.low, c.high, tail.low));
  auto sum = quickSum(f, f.add(s, s), tail.high);
  Real low = f.add(f.add(f.add(sLow, sLow), tail.low), sum.low);
  // The exponent's part.
  Real e = parts.exponentNumber;
  auto whole = exactSum(f, f.mul(e, f.number(ln2High(f))), sum.high);
  auto wholeLow = exactProduct(f, e, f.number(ln2Low(f)));
  auto both = exactSum(f, whole.high, wholeLow.high);
  low = f.add(f.add(low, f.add(whole.low, both.low)), wholeLow.low);
  return quickSum(f, both.high, low);
}

/// size^y, NaN aside.
template <class F, class Real> Real powerOfSize(F &f, Real size, Real y) {
  auto log = preciseLog(f, size);
  Real zero = f.number(0), limit = f.number(infinity);
  log.high = f.select(f.same(size, zero), f.number(-infinity), log.high);
  log.high = f.select(f.same(size, limit), limit, log.high);
  Real product = f.mul(y, log.high);
  Real inside = clampExponent(f, product);
  Real low = f.mad(y, log.low, f.fma(y, log.high, f.neg(product)));
  low = f.select(f.same(inside, product), low, zero);
  auto parts = expParts(f, inside);
  Real rest = f.add(parts.rest, f.add(parts.low, low));
  return scaled(f, expSmall(f, rest), parts.whole);
}

template <class F, class Real> Real pow(F &f, Real x, Real y) {
  Real zero = f.number(0), one = f.number(1), size = f.abs(x);
  Real value = powerOfSize(f, size, y);
  value = f.select(f.unordered(x, y), f.number(notANumber), value);
  // A negative base has a power where the exponent is integral.
  Real half = f.mul(y, f.number(0.5));
  auto isWhole = f.same(f.floor(y), y);
  auto isEven = f.same(f.floor(half), half);
  auto negative = f.isLess(f.bits(x), f.integer(0));
  Real negated = f.neg(value);
  Real ofNegative = f.select(isEven, value, negated);
  Real invalid =
      f.select(f.both(f.less(zero, size), f.less(size, f.number(infinity))),
               f.number(notANumber), value);
  ofNegative = f.select(isWhole, ofNegative, invalid);
  value = f.select(negative, ofNegative, value);
  // 1 whatever the other is, NaN included; and -1 to plus or minus infinity.
  auto isOne = f.either(f.same(x, one), f.same(y, zero));
  auto turns = f.both(f.same(size, one), f.same(f.abs(y), f.number(infinity)));
  return f.select(f.either(isOne, turns), one, value);
}

} // namespace girih::compiler::elementary
