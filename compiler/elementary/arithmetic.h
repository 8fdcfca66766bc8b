// SPDX-License-Identifier: Apache-2.0
// Elementary functions, written once for all executors: a function takes an
// arithmetic `f`, which computes with numbers or writes the code that does.
// There is one for each back end (registers of the host, elements on a GPU) and
// one of plain numbers for tests. Nothing here knows LLVM.
//
// An arithmetic has one width, 32 or 64 bits (`F::isDouble`), and
//   number integer                   constants of Real and Int
//   add sub mul div neg abs copySign sqrt floor
//   mad                              x * y + z, rounded once or twice
//   fma                              the same, rounded once
//   less same unordered both either  Masks
//   select                           of Reals or of Ints
//   bits fromBits toReal             the image of a Real; an Int as a Real
//   iadd isub imul iand ior ixor shl shr sar isLess isSame
//                                    Ints; shifts by a number or by an Int
//   wide widened narrowed narrowedInt
//                                    f64 for an f of 32 bits, and the way back
//   twoOverPi                        64 bits of 2/pi, by their number
//   rare                             what few elements need, behind a branch
// and, where it can multiply by any power of 2 at once, whether it does: scales
//   scale                            x * 2^n, rounded once, n a whole Real; NaN
//                                    times 2^inf is inf, times 2^-inf 0
//   nearest                          a whole number, ties to even
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <numbers>

namespace girih::compiler::elementary {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
inline constexpr double log2OfE = std::numbers::log2e;

/// ln 2 in two parts; any exponent times the first is exact.
template <class F> double ln2High(const F &) {
  return F::isDouble ? 0x1.62e42feep-1 : 0.693359375;
}
template <class F> double ln2Low(const F &) {
  return F::isDouble ? 1.9082149292705877e-10 : -2.1219444005469058e-4;
}
template <class F> int mantissaBits(const F &) { return F::isDouble ? 52 : 23; }
template <class F> int exponentBias(const F &) {
  return F::isDouble ? 1023 : 127;
}
template <class F> double smallestNormal(const F &) {
  return F::isDouble ? 0x1p-1022 : 0x1p-126;
}

/// By Horner's rule, highest power first.
template <class F, class Real>
Real polynomial(F &f, Real x, std::initializer_list<double> coefficients) {
  const double *next = coefficients.begin();
  Real sum = f.number(*next++);
  for (; next != coefficients.end(); ++next)
    sum = f.mad(sum, x, f.number(*next));
  return sum;
}

/// Into [low, high]; NaN passes through.
template <class F, class Real>
Real clamp(F &f, Real x, double low, double high) {
  x = f.select(f.less(x, f.number(low)), f.number(low), x);
  return f.select(f.less(f.number(high), x), f.number(high), x);
}

/// x itself where it is so small that the function is x, -0 included.
template <class F, class Real>
Real keepSmall(F &f, Real x, double below, Real value) {
  return f.select(f.less(f.abs(x), f.number(below)), x, value);
}

template <class Real, class Int> struct Rounded {
  Real number;
  Int whole;
  Int image; // more, which ends in the bits of the whole
};

/// x * factor to the nearest integer, which is below 2^22, or 2^51. Adding a
/// large number leaves the integer in the low bits.
template <class F, class Real>
auto roundedProduct(F &f, Real x, double factor) {
  Real shift = f.number(F::isDouble ? 0x1.8p52 : 0x1.8p23);
  Real sum = f.mad(x, f.number(factor), shift);
  auto start = f.integer(F::isDouble ? 0x4338000000000000 : 0x4b400000);
  auto image = f.bits(sum), whole = f.isub(image, start);
  return Rounded<Real, decltype(whole)>{f.sub(sum, shift), whole, image};
}

/// 2^n as a normal number.
template <class F, class Int> auto powerOfTwo(F &f, Int n) {
  return f.fromBits(
      f.shl(f.iadd(n, f.integer(exponentBias(f))), mantissaBits(f)));
}

/// The same, where all but the lowest bits of `n` may be anything.
template <class F, class Int> auto powerOfLowBits(F &f, Int n) {
  const std::int64_t one = std::int64_t{exponentBias(f)} << mantissaBits(f);
  return f.fromBits(f.iadd(f.shl(n, mantissaBits(f)), f.integer(one)));
}

/// Whether an arithmetic knows scale().
template <class F, class Real>
concept Scaling = requires(F f, Real x) { f.scale(x, x); };

/// x * 2^n in two steps, as 2^n alone may be out of range.
template <class F, class Real, class Int> Real scaled(F &f, Real x, Int n) {
  Int half = f.sar(n, 1);
  return f.mul(f.mul(x, powerOfTwo(f, half)), powerOfTwo(f, f.isub(n, half)));
}

/// x * 2^n, at once where that can be done.
template <class F, class Real, class Int>
Real scaled(F &f, Real x, Rounded<Real, Int> n) {
  if constexpr (Scaling<F, Real>)
    if (f.scales())
      return f.scale(x, n.number);
  auto half = f.sar(n.image, 1);
  return f.mul(f.mul(x, powerOfLowBits(f, half)),
               powerOfLowBits(f, f.isub(n.image, half)));
}

/// A sum of two numbers, the second below the first's last place.
template <class Real> struct Pair {
  Real high, low;
};

/// a + b exactly.
template <class F, class Real> Pair<Real> exactSum(F &f, Real a, Real b) {
  Real sum = f.add(a, b), part = f.sub(sum, a);
  return {sum, f.add(f.sub(a, f.sub(sum, part)), f.sub(b, part))};
}

/// a + b exactly, where a is the larger.
template <class F, class Real> Pair<Real> quickSum(F &f, Real a, Real b) {
  Real sum = f.add(a, b);
  return {sum, f.sub(b, f.sub(sum, a))};
}

/// a * b exactly.
template <class F, class Real> Pair<Real> exactProduct(F &f, Real a, Real b) {
  Real product = f.mul(a, b);
  return {product, f.fma(a, b, f.neg(product))};
}

} // namespace girih::compiler::elementary
