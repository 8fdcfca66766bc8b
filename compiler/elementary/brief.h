// SPDX-License-Identifier: Apache-2.0
// Functions of f32 for results of which only eight digits are wanted, those of
// bf16: relative errors are below 2^-17 (1 + erf: 2^-14), and as often above as
// below, so that rounding to bf16 shows them beside a tie only, and sums do
// not. Special values are as ever.
#pragma once

#include "girih/compiler/elementary/arithmetic.h"

namespace girih::compiler::elementary::brief {

/// 2^x.
template <class F, class Real> Real exp2(F &f, Real x) {
  const auto series = [&](Real r) { // |r| <= 1/2
    return polynomial(f, r,
                      {0.00958285323208122, 0.05590642565770783,
                       0.2402409861397306, 0.6931241932950343, 1});
  };
  if constexpr (Scaling<F, Real>)
    if (f.scales()) { // of infinity the rest is NaN, the power is not
      Real n = f.nearest(x);
      return f.scale(series(f.sub(x, n)), n);
    }
  x = clamp(f, x, -152, 130);
  auto n = roundedProduct(f, x, 1);
  return scaled(f, series(f.sub(x, n.number)), n);
}

/// e^x.
template <class F, class Real> Real exp(F &f, Real x) {
  return exp2(f, f.mul(x, f.number(log2OfE)));
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
  Real power = exp2(f, f.mul(x, f.number(-2 * log2OfE)));
  return f.div(f.number(2), f.add(f.number(1), power));
}

} // namespace girih::compiler::elementary::brief
