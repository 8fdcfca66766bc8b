// SPDX-License-Identifier: Apache-2.0
// Functions of f32 for results that are rounded to 16 bits, on hardware that
// has approximations of a few: relative errors are below 2^-18 (exp, sinh, cosh
// and expm1 beyond 16: 2^-17; pow beside 2^n: n 2^-20), so that rounding to
// bf16 or f16 shows them beside a tie only. Special values are as ever. An
// arithmetic for them has, besides what arithmetic.h lists,
//   roughExp2 roughLog2              within 2^-22 relatively, of a logarithm
//                                    between -1 and 1 absolutely
//   roughInverse roughSqrt roughInverseSqrt
//                                    within 2^-22
// of which all but roughInverseSqrt() take numbers below the normal ones, and
// results, for 0, unless the first two are asked not to.
// Coefficients are those of the least largest relative error.
#pragma once

#include "girih/compiler/elementary/logarithms.h"
#include "girih/compiler/elementary/trigonometry.h"

namespace girih::compiler::elementary::halves {

/// x (1 + z P(z)), z the square of x: the odd functions near 0, -0 included.
template <class F, class Real>
Real oddSeries(F &f, Real x, Real z, std::initializer_list<double> series) {
  return f.mul(x, f.mad(z, polynomial(f, z, series), f.number(1)));
}

/// The logarithm to a base of which `unit` is that of 2, from 1 + x and x: by a
/// polynomial where 1 + x is so close to 1 that the hardware's error is large.
template <class F, class Real>
Real logAround(F &f, Real sum, Real x, double unit) {
  const double base = unit * log2OfE; // the base's logarithm of e
  Real rough = f.mul(f.roughLog2(sum, /*subnormal=*/true), f.number(unit));
  Real near =
      f.mul(x, polynomial(f, x,
                          {0.203739832 * base, -0.253262275 * base,
                           0.333310205 * base, -0.499987514 * base, base}));
  return f.select(f.less(f.abs(x), f.number(0.125)), near, rough);
}

template <class F, class Real> Real log(F &f, Real x) {
  return logAround(f, x, f.sub(x, f.number(1)), std::numbers::ln2);
}
template <class F, class Real> Real log2(F &f, Real x) {
  return logAround(f, x, f.sub(x, f.number(1)), 1);
}
template <class F, class Real> Real log1p(F &f, Real x) {
  return logAround(f, f.add(x, f.number(1)), x, std::numbers::ln2);
}

template <class F, class Real> Real exp(F &f, Real x) {
  return f.roughExp2(f.mul(x, f.number(log2OfE)), /*subnormal=*/true);
}

template <class F, class Real> Real expm1(F &f, Real x) {
  Real near = f.mul(
      x, polynomial(f, x,
                    {0.00835385164, 0.0417749198, 0.16666616, 0.499998322, 1}));
  Real far = f.sub(f.roughExp2(f.mul(x, f.number(log2OfE))), f.number(1));
  return f.select(f.less(f.abs(x), f.number(0.25)), near, far);
}

/// e^|x| / 2.
template <class F, class Real> Real halfPower(F &f, Real x) {
  return f.roughExp2(f.mad(f.abs(x), f.number(log2OfE), f.number(-1)));
}

template <class F, class Real> Real sinh(F &f, Real x) {
  Real near = oddSeries(f, x, f.mul(x, x),
                        {0.000203774043, 0.00833021143, 0.166667182});
  Real half = halfPower(f, x);
  Real far = f.mad(f.roughInverse(half), f.number(-0.25), half);
  return f.select(f.less(f.abs(x), f.number(1)), near, f.copySign(far, x));
}

template <class F, class Real> Real cosh(F &f, Real x) {
  Real half = halfPower(f, x);
  return f.mad(f.roughInverse(half), f.number(0.25), half);
}

template <class F, class Real> Real tanh(F &f, Real x) {
  Real size = f.abs(x);
  Real near =
      oddSeries(f, x, f.mul(x, x), {-0.0447894432, 0.132067138, -0.333282646});
  Real grown = f.roughExp2(f.mul(size, f.number(2 * log2OfE)));
  Real inverse = f.roughInverse(f.add(grown, f.number(1)));
  Real far = f.mad(inverse, f.number(-2), f.number(1));
  return f.select(f.less(size, f.number(0.5)), near, f.copySign(far, x));
}

/// log(size + sqrt(size^2 + 1)) where root is that root, of size from 1/2 on.
template <class F, class Real> Real logOfBoth(F &f, Real size, Real root) {
  Real half = f.mad(size, f.number(0.5), f.mul(root, f.number(0.5)));
  Real ln2 = f.number(std::numbers::ln2);
  return f.mad(f.roughLog2(half), ln2, ln2);
}

/// asinh(x) for x up to 1/2, z its square.
template <class F, class Real> Real asinhNear(F &f, Real x, Real z) {
  return oddSeries(f, x, z, {-0.0330833912, 0.0734636206, -0.166606462});
}

/// From here on sqrt(x^2 + 1) is x, and x^2 may overflow.
inline constexpr double rootIsSize = 8192;

template <class F, class Real> Real asinh(F &f, Real x) {
  Real size = f.abs(x), z = f.mul(x, x);
  Real root = f.roughSqrt(f.add(z, f.number(1)));
  root = f.select(f.less(f.number(rootIsSize), size), size, root);
  Real value = f.select(f.less(size, f.number(0.5)), asinhNear(f, size, z),
                        logOfBoth(f, size, root));
  return f.copySign(value, x);
}

/// asinh(sqrt(x^2 - 1)).
template <class F, class Real> Real acosh(F &f, Real x) {
  Real one = f.number(1), above = f.sub(x, one);
  Real z = f.mad(above, above, f.add(above, above));
  Real root = f.roughSqrt(z);
  root = f.select(f.less(f.number(rootIsSize), x), x, root);
  Real value = f.select(f.less(z, f.number(0.25)), asinhNear(f, root, z),
                        logOfBoth(f, x, root));
  return f.select(f.less(x, one), f.number(notANumber), value);
}

template <class F, class Real> Real atanh(F &f, Real x) {
  Real one = f.number(1);
  Real near = oddSeries(f, x, f.mul(x, x), {0.213172677, 0.333073031});
  Real both = f.sub(f.roughLog2(f.add(one, x)), f.roughLog2(f.sub(one, x)));
  Real far = f.mul(both, f.number(std::numbers::ln2 / 2));
  return f.select(f.less(f.abs(x), f.number(0.25)), near, far);
}

/// The arc sine of |x|, or from 1/2 on of sqrt((1 - |x|) / 2): then half of
/// what is missing to pi/2.
template <class F, class Real, class Mask>
Real arcSine(F &f, Real x, Mask isLarge) {
  Real size = f.abs(x);
  Real under = f.mad(size, f.number(-0.5), f.number(0.5));
  Real z = f.select(isLarge, under, f.mul(x, x));
  Real root = f.select(isLarge, f.roughSqrt(under), size);
  return oddSeries(f, root, z,
                   {0.0500108446, 0.0400071841, 0.075409357, 0.166655632});
}

template <class F, class Real> Real asin(F &f, Real x) {
  auto isLarge = f.less(f.number(0.5), f.abs(x));
  Real part = arcSine(f, x, isLarge);
  Real large = f.mad(part, f.number(-2), f.number(std::numbers::pi / 2));
  return f.copySign(f.select(isLarge, large, part), x);
}

template <class F, class Real> Real acos(F &f, Real x) {
  auto isLarge = f.less(f.number(0.5), f.abs(x));
  Real part = f.copySign(arcSine(f, x, isLarge), x);
  Real start =
      f.select(f.less(x, f.number(0)), f.number(std::numbers::pi), f.number(0));
  Real large = f.mad(part, f.number(2), start);
  Real small = f.sub(f.number(std::numbers::pi / 2), part);
  return f.select(isLarge, large, small);
}

template <class F, class Real> Real atan(F &f, Real x) {
  Real size = f.abs(x);
  auto isLarge = f.less(f.number(1), size);
  Real t = f.select(isLarge, f.roughInverse(size), size);
  Real value = oddSeries(f, t, f.mul(t, t),
                         {0.0082494748, -0.0382181388, 0.085302587,
                          -0.135675154, 0.199028468, -0.333288419});
  Real rest = f.sub(f.number(std::numbers::pi / 2), value);
  return f.copySign(f.select(isLarge, rest, value), x);
}

/// Up to this size angles are reduced here, beyond by elementary's functions.
inline constexpr double farthestAngle = 0x1p16;

/// x less the nearest multiple of pi/2, and the number of that; the parts of
/// pi/2 are positive, so that -0 stays.
template <class F, class Real> auto reduce(F &f, Real x) {
  auto n = roundedProduct(f, x, 2 / std::numbers::pi);
  Real first = f.fma(n.number, f.number(-0x1.921fb4p+0), x); // exact
  Real second = f.fma(n.number, f.number(-0x1.4442d0p-24), first);
  Real rest = f.fma(n.number, f.number(-0x1.84698ap-48), second);
  return Rounded<Real, decltype(n.whole)>{rest, n.whole, n.image};
}

/// Of an angle that reduce() took to within pi/4: the sine, or for odd
/// quadrants the cosine, with the quadrant's sign.
template <class F, class Real, class Int>
Real sineOfQuadrant(F &f, Real r, Int quadrant) {
  Real z = f.mul(r, r), one = f.number(1);
  Real sine =
      oddSeries(f, r, z, {-0.000195169604, 0.00833217572, -0.166666549});
  Real cosine = f.mad(
      z, polynomial(f, z, {-0.00135975194, 0.0416562729, -0.499998945}), one);
  return signOfQuadrant(f, f.select(isOdd(f, quadrant), cosine, sine),
                        quadrant);
}

/// Where both of an angle are wanted they share its reduction.
template <class F, class Real> Real sinBesideCos(F &f, Real x) {
  auto angle = reduce(f, x);
  return sineOfQuadrant(f, angle.number, angle.whole);
}
template <class F, class Real> Real cosBesideSin(F &f, Real x) {
  auto angle = reduce(f, x);
  return sineOfQuadrant(f, angle.number, f.iadd(angle.whole, f.integer(1)));
}

/// The sine of x less `turns` times pi, which is within pi/2, with the sign of
/// an odd `half`: one series where those above take two.
template <class F, class Real, class Int>
Real sineOfHalf(F &f, Real x, Real turns, Int half) {
  Real first = f.fma(turns, f.number(-0x1.921fb4p+1), x); // exact near 0
  Real second = f.fma(turns, f.number(-0x1.4442d0p-23), first);
  Real r = f.fma(turns, f.number(-0x1.84698ap-47), second);
  Real sine = oddSeries(f, r, f.mul(r, r),
                        {-0.000185344434, 0.0083140421, -0.166658381});
  return f.fromBits(f.ixor(f.bits(sine), f.shl(half, 31)));
}

template <class F, class Real> Real sin(F &f, Real x) {
  auto n = roundedProduct(f, x, 1 / std::numbers::pi);
  return sineOfHalf(f, x, n.number, n.whole);
}

/// The negative sine of what x is above the nearest odd multiple of pi/2.
template <class F, class Real> Real cos(F &f, Real x) {
  Real place = f.mad(x, f.number(1 / std::numbers::pi), f.number(-0.5));
  auto n = roundedProduct(f, place, 1);
  Real turns = f.add(n.number, f.number(0.5));
  return sineOfHalf(f, x, turns, f.iadd(n.whole, f.integer(1)));
}

template <class F, class Real> Real tan(F &f, Real x) {
  auto angle = reduce(f, x);
  Real r = angle.number;
  Real value = oddSeries(
      f, r, f.mul(r, r),
      {0.0203084436, 0.0127046877, 0.0570484868, 0.132894406, 0.333353399});
  Real turned = f.neg(f.roughInverse(value));
  return f.select(isOdd(f, angle.whole), turned, value);
}

/// log2 of a number that is not negative: within 2^-20 relatively, as the
/// hardware's is off by its largest error where the logarithm is 1/4.
template <class F, class Real>
Real log2OfSize(F &f, Real size, bool subnormal) {
  Real fraction = f.sub(size, f.number(1));
  Real near =
      f.mul(fraction, polynomial(f, fraction,
                                 {-0.251722594, 0.299764758, -0.360479357,
                                  0.480748766, -0.721348335, 1.44269533}));
  return f.select(f.less(f.abs(fraction), f.number(0.1875)), near,
                  f.roughLog2(size, subnormal));
}

template <class Real, class Mask> struct Power {
  Real value;
  Mask isRight;
};

/// x^y of which only that of a normal x above 0 is right that is a normal
/// number, too: half of the instructions of pow().
template <class F, class Real> auto powOfNormal(F &f, Real x, Real y) {
  Real exponent = f.mul(y, log2OfSize(f, x, /*subnormal=*/false));
  auto isRight = f.both(f.less(f.number(0x1p-126), x),
                        f.less(f.abs(exponent), f.number(126)));
  return Power<Real, decltype(isRight)>{f.roughExp2(exponent), isRight};
}

/// x^y, off by as much as the logarithm times y is: by the part n 2^-20 beside
/// 2^n. It is not right where a number is NaN, or 1 is what special ones give.
template <class F, class Real> auto pow(F &f, Real x, Real y) {
  Real zero = f.number(0);
  Real exponent = f.mul(y, log2OfSize(f, f.abs(x), /*subnormal=*/true));
  Real ofSize = f.roughExp2(exponent, /*subnormal=*/true);
  // What |y| is above an even number; NaN of infinity, which is one.
  Real size = f.abs(y), even = f.floor(f.mul(size, f.number(0.5)));
  Real rest = f.fma(even, f.number(-2), size);
  auto isPart = f.less(zero, rest);
  auto isNegative = f.both(f.less(x, zero), f.less(f.number(-infinity), x));
  Real value =
      f.select(f.both(isPart, isNegative), f.number(notANumber), ofSize);
  auto isOdd = f.same(rest, f.number(1));
  value = f.select(isOdd, f.copySign(ofSize, x), value);
  auto isRight = f.same(exponent, exponent);
  return Power<Real, decltype(isRight)>{value, isRight};
}

} // namespace girih::compiler::elementary::halves

/// X(name, operation, reduces): the functions of one number, and whether only
/// those up to farthestAngle are computed here.
#define GIRIH_HALVES_FUNCTIONS(X)                                              \
  X(exp, ExpOp, false)                                                         \
  X(expm1, ExpM1Op, false)                                                     \
  X(log, LogOp, false)                                                         \
  X(log2, Log2Op, false)                                                       \
  X(log1p, Log1pOp, false)                                                     \
  X(sin, SinOp, true)                                                          \
  X(cos, CosOp, true)                                                          \
  X(tan, TanOp, true)                                                          \
  X(asin, AsinOp, false)                                                       \
  X(acos, AcosOp, false)                                                       \
  X(atan, AtanOp, false)                                                       \
  X(sinh, SinhOp, false)                                                       \
  X(cosh, CoshOp, false)                                                       \
  X(tanh, TanhOp, false)                                                       \
  X(asinh, AsinhOp, false)                                                     \
  X(acosh, AcoshOp, false)                                                     \
  X(atanh, AtanhOp, false)
