// SPDX-License-Identifier: Apache-2.0
// Correctly rounded quotients of many numbers by one, in f32.
//
// A step of Newton's method rounds the reciprocal correctly, but of one divisor
// in each binade. The dividend times it is off by less than two units, by how
// much is exact, and adding that part rounds once. Source: P. Markstein,
// Computation of elementary functions on the IBM RISC System/6000 processor,
// 1990; in the same steps divides ptxas, for each quotient anew.
#pragma once

#include "girih/compiler/elementary/arithmetic.h"

namespace girih::compiler::elementary {

/// Between these, products and what they lack are normal numbers.
inline constexpr double leastDivided = 0x1p-62, mostDivided = 0x1p62;

/// Whether quotients by this number are right: it is above 0, and not the
/// largest below a power of 2, which Newton's method misses.
template <class F, class Real> auto isNearDivisor(F &f, Real divisor) {
  auto digits = f.integer(0x7fffff);
  return f.both(f.both(f.less(f.number(leastDivided), divisor),
                       f.less(divisor, f.number(mostDivided))),
                f.isLess(f.iand(f.bits(divisor), digits), digits));
}

/// Whether its quotient is: it is not special, nor near the ends of f32's
/// range.
template <class F, class Real> auto isNearDividend(F &f, Real dividend) {
  Real size = f.abs(dividend);
  return f.both(f.less(size, f.number(mostDivided)),
                f.either(f.less(f.number(leastDivided), size),
                         f.same(dividend, f.number(0))));
}

/// By f.roughInverse() of halves.h.
template <class F, class Real> Real nearReciprocal(F &f, Real divisor) {
  Real rough = f.roughInverse(divisor);
  Real missing = f.fma(f.neg(divisor), rough, f.number(1));
  return f.fma(missing, rough, rough);
}

/// Of 0 the sign stays: what a quotient is too large is then +0, which times
/// the negated reciprocal is -0, and added to either 0 gives that.
template <class F, class Real>
Real nearQuotient(F &f, Real dividend, Real divisor, Real inverse) {
  Real rough = f.mul(dividend, inverse);
  Real excess = f.fma(rough, divisor, f.neg(dividend));
  return f.fma(excess, f.neg(inverse), rough);
}

} // namespace girih::compiler::elementary
