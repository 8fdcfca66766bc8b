// SPDX-License-Identifier: Apache-2.0
// Functions of f32 for results of which only eight digits are wanted, those of
// bf16: relative errors are below 2^-16.5 (1 + erf: 2^-14), and as often above
// as below, so that rounding to bf16 shows them beside a tie only, and sums do
// not. Special values are as ever.
#pragma once

#include "girih/compiler/elementary/exponentials.h"

#include <algorithm>

namespace girih::compiler::elementary::brief {

/// 2^(factor x) as the square of the power of half as much, which is a normal
/// number for every x whose power is a number of f32 at all. `series` gives 2^r
/// for |r| <= 1/2; its error counts twice.
template <class F, class Real, class Series>
Real squaredPower(F &f, Real x, double factor, Series series) {
  const double none = -152 / factor, infinite = 130 / factor;
  x = clamp(f, x, std::min(none, infinite), std::max(none, infinite));
  auto n = roundedProduct(f, x, factor / 2);
  Real rest = f.mad(x, f.number(factor / 2), f.neg(n.number));
  Real root = f.mul(series(rest), powerOfLowBits(f, n.image));
  return f.mul(root, root);
}

/// 2^(factor x).
template <class F, class Real> Real power(F &f, Real x, double factor) {
  const auto series = [&](Real r) {
    return polynomial(f, r,
                      {0.00958285323208122, 0.05590642565770783,
                       0.2402409861397306, 0.6931241932950343, 1});
  };
  if constexpr (Scaling<F, Real>)
    if (f.scales()) { // of infinity the rest is NaN, the power is not
      x = factor == 1 ? x : f.mul(x, f.number(factor));
      Real n = f.nearest(x);
      return f.scale(series(f.sub(x, n)), n);
    }
  return squaredPower(f, x, factor, series);
}

template <class F, class Real> Real exp2(F &f, Real x) {
  return power(f, x, 1);
}

template <class F, class Real> Real exp(F &f, Real x) {
  return power(f, x, log2OfE);
}

/// 2^x within two units in the last place: not brief, but quick.
template <class F, class Real> Real quickExp2(F &f, Real x) {
  if constexpr (Scaling<F, Real>)
    if (f.scales())
      return elementary::exp2(f, x);
  return squaredPower(f, x, 1, [&](Real r) { return exp2Small(f, r); });
}

/// 1 + erf x, which is 2^-y, or 2 less that, with y a polynomial of |x|. Small
/// results keep their digits, as they do not in a sum. Far out y goes on
/// growing.
template <class F, class Real> Real onePlusErf(F &f, Real x) {
  Real size = f.abs(x);
  Real series = polynomial(
      f, size,
      {-4.4357817541640986e-08, 2.2803526483021294e-06, -5.1559236932698855e-05,
       0.0006787752151434086, -0.005827176812852819, 0.03483712486705119,
       -0.1529383680233502, -0.9172370929705895, -1.6279087322816226});
  Real power = exp2(f, f.mul(size, series));
  // 0 where x is negative, else 2.
  auto two = f.iand(f.sar(f.bits(x), 31), f.bits(f.number(2)));
  two = f.ixor(two, f.bits(f.number(2)));
  return f.sub(f.fromBits(two), f.copySign(power, x));
}

/// 1 + tanh x.
template <class F, class Real> Real onePlusTanh(F &f, Real x) {
  Real falling = power(f, x, -2 * log2OfE);
  return f.div(f.number(2), f.add(f.number(1), falling));
}

} // namespace girih::compiler::elementary::brief
