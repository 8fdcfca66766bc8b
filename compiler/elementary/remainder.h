// SPDX-License-Identifier: Apache-2.0
// fmod of f32 by one approximate division where the quotient is small, exactly.
#pragma once

#include "girih/compiler/elementary/arithmetic.h"

namespace girih::compiler::elementary {

template <class Real, class Mask> struct NearRemainder {
  Real value;
  Mask isRight; // else the quotient is large, or a number is special
};

/// The quotient, rounded up a little, is right or one too large; what is left
/// is then exact. By f.roughInverse() of halves.h.
template <class F, class Real> auto nearRemainder(F &f, Real x, Real y) {
  Real dividend = f.abs(x), divisor = f.abs(y);
  Real ratio = f.mul(dividend, f.roughInverse(divisor));
  Real quotient = f.floor(f.mad(ratio, f.number(0x1p-21), ratio));
  Real rest = f.fma(f.neg(quotient), divisor, dividend);
  rest = f.select(f.less(rest, f.number(0)), f.add(rest, divisor), rest);
  auto isRight =
      f.both(f.less(quotient, f.number(0x1p20)), f.less(rest, divisor));
  return NearRemainder<Real, decltype(isRight)>{f.copySign(rest, x), isRight};
}

} // namespace girih::compiler::elementary
