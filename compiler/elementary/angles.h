// SPDX-License-Identifier: Apache-2.0
// The inverses of the trigonometric functions.
#pragma once

#include "girih/compiler/elementary/arithmetic.h"

namespace girih::compiler::elementary {

/// What the nearest number to pi/2 lacks.
template <class F> double halfPiLow(const F &) {
  return F::isDouble ? 6.123233995736766e-17 : -4.371139000186241e-8;
}

/// (asin(s) - s) / s^3 of z = s^2, z <= 1/4.
template <class F, class Real> Real arcSineSeries(F &f, Real z) {
  if constexpr (F::isDouble)
    return polynomial(
        f, z,
        {0.028799050522138874, -0.014910967384172081, 0.017437866186062992,
         0.0054442363584000439, 0.010325825844686154, 0.01147872733513207,
         0.013971257700218363, 0.017352389805707332, 0.022372173062100797,
         0.030381944135632819, 0.044642857146391418, 0.074999999999984155,
         0.16666666666666668});
  return polynomial(f, z,
                    {0.03371060920943917, 0.017138190981837096,
                     0.03110279417419203, 0.044599236667855577,
                     0.075000949792761528, 0.16666666335647973});
}

template <class Real, class Mask> struct ArcSine {
  Mask isLarge;    // |x| > 1/2
  Real root, tail; // asin of root is root + tail
  Real lost;       // what root lacks of the square root
};

/// asin |x| is root + tail, or pi/2 - 2 (root + lost + tail).
template <class F, class Real> auto arcSineParts(F &f, Real x) {
  Real size = f.abs(x), half = f.number(0.5);
  auto isLarge = f.less(half, size);
  Real under = f.mad(size, f.number(-0.5), half); // exact from 1/2 on
  Real z = f.select(isLarge, under, f.mul(size, size));
  Real root = f.select(isLarge, f.sqrt(under), size);
  Real tail = f.mul(f.mul(z, root), arcSineSeries(f, z));
  Real error = f.fma(f.neg(root), root, under);
  Real lost = f.div(error, f.add(root, root));
  lost = f.select(f.same(root, f.number(0)), root, lost);
  return ArcSine<Real, decltype(isLarge)>{isLarge, root, tail, lost};
}

template <class F, class Real> Real asin(F &f, Real x) {
  auto parts = arcSineParts(f, x);
  Real small = f.add(parts.root, parts.tail);
  // pi/2 - 2 root is exact enough in two parts.
  Real rest = f.add(parts.lost, parts.tail);
  auto first = quickSum(f, f.number(std::numbers::pi / 2),
                        f.mul(parts.root, f.number(-2)));
  Real low = f.add(first.low, f.number(halfPiLow(f)));
  Real large = f.add(first.high, f.mad(rest, f.number(-2), low));
  return f.copySign(f.select(parts.isLarge, large, small), x);
}

template <class F, class Real> Real acos(F &f, Real x) {
  auto parts = arcSineParts(f, x);
  Real zero = f.number(0), halfPi = f.number(std::numbers::pi / 2);
  auto negative = f.less(x, zero);
  auto turned = [&](Real value) {
    return f.select(negative, f.neg(value), value);
  };
  // Up to 1/2: pi/2 - asin x.
  Real root = turned(parts.root), tail = turned(parts.tail);
  auto first = quickSum(f, halfPi, f.neg(root));
  Real low = f.sub(f.add(first.low, f.number(halfPiLow(f))), tail);
  Real small = f.add(first.high, low);
  // Above: 2 asin(root), or pi minus that.
  Real rest = f.add(parts.lost, parts.tail);
  Real twice = f.mul(f.add(parts.root, rest), f.number(2));
  auto second =
      quickSum(f, f.number(std::numbers::pi), f.mul(parts.root, f.number(-2)));
  Real below = f.add(second.low, f.number(2 * halfPiLow(f)));
  Real left = f.add(second.high, f.mad(rest, f.number(-2), below));
  return f.select(parts.isLarge, f.select(negative, left, twice), small);
}

/// atan(t) - t for 0 <= t <= 1.
template <class F, class Real> Real arcTangentTail(F &f, Real t) {
  Real z = f.mul(t, t);
  Real series =
      F::isDouble
          ? polynomial(f, z, {1.8061954618612152e-5, -0.00019996189377901382,
                              0.0010496035084968515, -0.0034958859739163095,
                              0.0083689311784501621, -0.015535152475414176,
                              0.023696731580048622,  -0.031277189066996385,
                              0.037494868125352471,  -0.042603566326016521,
                              0.04737749579527779,   -0.052579733342841108,
                              0.058815068777936561,  -0.066665646992891042,
                              0.076922989710332169,  -0.090909085908919342,
                              0.11111111093490828,   -0.14285714285384132,
                              0.19999999999997532,   -0.3333333333333333})
          : polynomial(f, z,
                       {-0.0023869973167241132, 0.013507771427020535,
                        -0.035871538982043358, 0.062501694447495632,
                        -0.086568804301545215, 0.11033764115313455,
                        -0.14278568748210602, 0.1999973932983558,
                        -0.3333333173306352});
  return f.mul(f.mul(t, z), series);
}

template <class F, class Real> Real atan(F &f, Real x) {
  Real size = f.abs(x), one = f.number(1);
  auto isLarge = f.less(one, size);
  Real t = f.div(f.select(isLarge, one, size), f.select(isLarge, size, one));
  Real tail = arcTangentTail(f, t);
  auto rest = quickSum(f, f.number(std::numbers::pi / 2), f.neg(t));
  Real low = f.sub(f.add(rest.low, f.number(halfPiLow(f))), tail);
  Real value = f.select(isLarge, f.add(rest.high, low), f.add(t, tail));
  return f.copySign(value, x);
}

template <class F, class Real> Real atan2(F &f, Real y, Real x) {
  Real up = f.abs(y), across = f.abs(x), zero = f.number(0);
  auto steep = f.less(across, up);
  Real under = f.select(steep, up, across);
  Real t = f.div(f.select(steep, across, up), under);
  t = f.select(f.same(under, zero), zero, t);
  auto endless = f.both(f.same(up, f.number(infinity)),
                        f.same(across, f.number(infinity)));
  t = f.select(endless, f.number(1), t);
  Real tail = arcTangentTail(f, t);
  // The sign of x, zeros included, by its image.
  auto backward = f.isLess(f.bits(x), f.integer(0));
  Real pi = f.number(std::numbers::pi), halfPi = f.number(std::numbers::pi / 2);
  Real start = f.select(steep, halfPi, f.select(backward, pi, zero));
  double lost = halfPiLow(f);
  Real startLow = f.select(steep, f.number(lost),
                           f.select(backward, f.number(2 * lost), zero));
  // Steep: pi/2 minus, backward plus; else 0 plus, backward pi minus.
  Real minus = f.number(-1), plus = f.number(1);
  Real sign = f.select(steep, f.select(backward, plus, minus),
                       f.select(backward, minus, plus));
  auto sum = exactSum(f, start, f.mul(sign, t));
  Real value = f.add(sum.high, f.mad(sign, tail, f.add(sum.low, startLow)));
  value = f.copySign(value, y);
  return f.select(f.unordered(x, y), f.number(notANumber), value);
}

} // namespace girih::compiler::elementary
