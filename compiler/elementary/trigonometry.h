// SPDX-License-Identifier: Apache-2.0
// Sine, cosine and tangent of every finite number: within pi/4 by polynomials,
// further out after taking away multiples of pi/2, in three parts; where those
// do not suffice, by 192 bits of 2/pi (Payne and Hanek's reduction).
#pragma once

#include "girih/compiler/elementary/arithmetic.h"

namespace girih::compiler::elementary {

/// x = quadrant * pi/2 + high + low, |high| <= pi/4 or a little more.
template <class Real, class Int> struct Reduced {
  Real high, low;
  Int quadrant;
};

/// The upper 64 bits of the product of two unsigned numbers of 64 bits.
template <class F, class Int> Int highProduct(F &f, Int a, Int b) {
  Int mask = f.integer(0xffffffff);
  Int aLow = f.iand(a, mask), aHigh = f.shr(a, 32);
  Int bLow = f.iand(b, mask), bHigh = f.shr(b, 32);
  Int middle = f.iadd(f.imul(aHigh, bLow), f.shr(f.imul(aLow, bLow), 32));
  Int other = f.iadd(f.imul(aLow, bHigh), f.iand(middle, mask));
  return f.iadd(f.imul(aHigh, bHigh),
                f.iadd(f.shr(middle, 32), f.shr(other, 32)));
}

/// For f64 from 2^20 on.
template <class F, class Real> auto reduceFar(F &f, Real x) {
  auto image = f.bits(f.abs(x));
  auto mantissa = f.ior(f.iand(image, f.integer(0xfffffffffffff)),
                        f.integer(0x10000000000000));
  // |x| = mantissa * 2^e: bits of 2/pi before number e - 2 give multiples of 4.
  // The table starts with 64 zeros.
  auto start = f.iadd(f.shr(image, 52), f.integer(62 - 1075));
  auto first = f.iand(f.shr(start, 6), f.integer(31));
  auto shift = f.iand(start, f.integer(63));
  auto window = [&](int word) {
    auto at = f.iadd(first, f.integer(word));
    auto next = f.twoOverPi(f.iadd(at, f.integer(1)));
    auto rest = f.isub(f.integer(63), shift);
    return f.ior(f.shl(f.twoOverPi(at), shift), f.shr(f.shr(next, 1), rest));
  };
  auto w2 = window(0), w1 = window(1), w0 = window(2);
  // The product modulo 2^192 is x * 2/pi modulo 4 in units of 2^-190.
  auto low = f.imul(mantissa, w1);
  auto middle = f.iadd(low, highProduct(f, mantissa, w0));
  // An unsigned sum is below its terms where it has wrapped.
  auto flip = f.integer(std::numeric_limits<int64_t>::min());
  auto carry = f.select(f.isLess(f.ixor(middle, flip), f.ixor(low, flip)),
                        f.integer(1), f.integer(0));
  auto top =
      f.iadd(f.iadd(f.imul(mantissa, w2), highProduct(f, mantissa, w1)), carry);
  // What follows the quadrant is a signed fraction, so that it is nearest.
  auto fraction = f.ior(f.shl(top, 2), f.shr(middle, 62));
  auto quadrant = f.iadd(f.shr(top, 62), f.shr(fraction, 63));
  Real high = f.mul(f.toReal(f.iand(fraction, f.integer(~int64_t{0x7ff}))),
                    f.number(0x1p-64));
  Real rest =
      f.mad(f.toReal(f.iand(fraction, f.integer(0x7ff))), f.number(0x1p-64),
            f.mul(f.toReal(f.shr(f.shl(middle, 2), 1)), f.number(0x1p-127)));
  auto turns = quickSum(f, high, rest);
  Real halfPi = f.number(0x1.921fb54442d18p+0);
  auto angle = exactProduct(f, turns.high, halfPi);
  Real more = f.mad(turns.high, f.number(0x1.1a62633145c07p-54),
                    f.mul(turns.low, halfPi));
  auto sum = quickSum(f, angle.high, f.add(angle.low, more));
  auto negative = f.less(x, f.number(0));
  auto signedPart = [&](Real part) {
    return f.select(negative, f.neg(part), part);
  };
  return Reduced<Real, decltype(quadrant)>{
      signedPart(sum.high), signedPart(sum.low),
      f.select(negative, f.isub(f.integer(0), quadrant), quadrant)};
}

/// What multiples of pi/2 in three parts suffice for.
template <class F> double nearAngle(const F &) {
  return F::isDouble ? 0x1p20 : 0x1p16;
}

/// Up to nearAngle().
template <class F, class Real> auto reduceNear(F &f, Real x) {
  auto n = roundedProduct(f, x, 2 / std::numbers::pi);
  using Result = Reduced<Real, decltype(n.whole)>;
  if constexpr (!F::isDouble) {
    Real first = f.fma(n.number, f.number(-0x1.921fb6p+0), x); // exact
    Real second = f.fma(n.number, f.number(0x1.777a5cp-25), first);
    Real third = f.number(0x1.ee59dap-50);
    Real rest = f.fma(n.number, third, second);
    Real low = f.fma(n.number, third, f.sub(second, rest));
    return Result{rest, low, n.whole};
  }
  Real first = f.fma(n.number, f.number(-0x1.921fb54442d18p+0), x); // exact
  auto second = exactProduct(f, n.number, f.number(-0x1.1a62633145c07p-54));
  auto sum = exactSum(f, first, second.high);
  Real low = f.add(sum.low, second.low);
  low = f.mad(n.number, f.number(0x1.f1976b7ed8fbcp-110), low);
  auto rest = quickSum(f, sum.high, low);
  return Result{rest.high, rest.low, n.whole};
}

template <class F, class Real> auto reduceAngle(F &f, Real x) {
  Real limit = f.number(nearAngle(f));
  auto far = f.either(f.less(limit, x), f.less(x, f.neg(limit)));
  return f.rare(far, reduceNear(f, f.select(far, f.number(0), x)), [&] {
    Real inside = f.select(far, x, limit);
    if constexpr (F::isDouble) {
      return reduceFar(f, inside);
    } else {
      auto d = f.wide();
      auto reduced = reduceFar(d, f.widened(inside));
      Real high = f.narrowed(reduced.high);
      auto rest = d.sub(reduced.high, f.widened(high));
      Real low = f.narrowed(d.add(rest, reduced.low));
      auto quadrant = f.narrowedInt(reduced.quadrant);
      return Reduced<Real, decltype(quadrant)>{high, low, quadrant};
    }
  });
}

/// sin(r + low) for |r| <= pi/4.
template <class F, class Real> Real sineSeries(F &f, Real r, Real low) {
  Real z = f.mul(r, r);
  if constexpr (!F::isDouble) {
    Real series = polynomial(f, z,
                             {2.7249314054698805e-6, -0.00019840082012765537,
                              0.008333331865959414, -0.16666666663832764});
    return f.add(r, f.mad(f.mul(z, r), series, low));
  }
  Real series = polynomial(f, z,
                           {1.5917848524808261e-10, -2.5051127944014188e-8,
                            2.7557316083816359e-6, -0.00019841269836722418,
                            0.0083333333333309246, -0.16666666666666665});
  Real bent = f.mul(low, f.mad(z, f.number(-0.5), f.number(1)));
  return f.add(r, f.mad(f.mul(z, r), series, bent));
}

template <class F, class Real> Real cosineSeries(F &f, Real r, Real low) {
  Real z = f.mul(r, r), one = f.number(1);
  Real series =
      F::isDouble ? polynomial(f, z,
                               {-1.1382456778061306e-11, 2.0876143827993132e-9,
                                -2.7557317260008838e-7, 2.4801587298743069e-5,
                                -0.0013888888888887382, 0.041666666666666665})
                  : polynomial(f, z,
                               {-2.7300448619488355e-7, 2.4800596435621997e-5,
                                -0.001388888766471362, 0.041666666664302406});
  Real half = f.mul(z, f.number(0.5));
  Real most = f.sub(one, half);
  Real lost = f.sub(f.sub(one, most), half);
  Real tail = f.mad(f.mul(z, z), series, f.sub(lost, f.mul(r, low)));
  return f.add(most, tail);
}

/// `value`, negated where bit 1 of `quadrant` is set.
template <class F, class Real, class Int>
Real signOfQuadrant(F &f, Real value, Int quadrant) {
  Int sign = f.shl(f.iand(quadrant, f.integer(2)), F::isDouble ? 62 : 30);
  return f.fromBits(f.ixor(f.bits(value), sign));
}

template <class F, class Int> auto isOdd(F &f, Int quadrant) {
  return f.isSame(f.iand(quadrant, f.integer(1)), f.integer(1));
}

/// NaN for infinities.
template <class F, class Real> Real onlyFinite(F &f, Real x, Real value) {
  return f.select(f.less(f.abs(x), f.number(infinity)), value,
                  f.number(notANumber));
}

/// What follows the reduction of an angle x, for finite ones.
template <class F, class Real, class Int>
Real sineOf(F &f, Real x, const Reduced<Real, Int> &angle) {
  Real value =
      f.select(isOdd(f, angle.quadrant), cosineSeries(f, angle.high, angle.low),
               sineSeries(f, angle.high, angle.low));
  value = signOfQuadrant(f, value, angle.quadrant);
  return keepSmall(f, x, F::isDouble ? 0x1p-27 : 0x1p-13, value);
}
template <class F, class Real, class Int>
Real cosineOf(F &f, Real, const Reduced<Real, Int> &angle) {
  auto quadrant = f.iadd(angle.quadrant, f.integer(1));
  Real value =
      f.select(isOdd(f, quadrant), cosineSeries(f, angle.high, angle.low),
               sineSeries(f, angle.high, angle.low));
  return signOfQuadrant(f, value, quadrant);
}

template <class F, class Real, class Int>
Real tangentOf(F &f, Real x, const Reduced<Real, Int> &angle) {
  Real r = angle.high, z = f.mul(r, r);
  Real series =
      F::isDouble ? polynomial(f, z,
                               {1.8300573837883189e-5, -3.4024263034485094e-5,
                                6.8984100748977282e-5, -3.7184932850331522e-6,
                                0.00012016503258956599, 0.00023045538957060327,
                                0.00059228192711259495, 0.001455429175518431,
                                0.0035921771877120316, 0.0088632316848167547,
                                0.021869488715681267, 0.053968253963893696,
                                0.13333333333337493, 0.33333333333333327})
                  : polynomial(f, z,
                               {0.0038514785093842056, 0.0011712547119059986,
                                0.0099709612001841446, 0.021618611475324477,
                                0.05399478461651154, 0.13333229484929171,
                                0.33333333989982203});
  // tan(r + low) is about tan r + low (1 + tan^2 r).
  Real tail = f.mul(f.mul(z, r), series);
  Real rough = f.add(r, tail);
  Real bent = f.mad(f.mul(rough, rough), angle.low, angle.low);
  auto sum = quickSum(f, r, f.add(tail, bent));
  // -1 / (high + low), corrected once.
  Real inverse = f.div(f.number(-1), sum.high);
  Real error = f.fma(inverse, sum.high, f.number(1));
  Real turned = f.mad(f.mad(inverse, sum.low, error), inverse, inverse);
  Real value = f.select(isOdd(f, angle.quadrant), turned, sum.high);
  return keepSmall(f, x, F::isDouble ? 0x1p-27 : 0x1p-13, value);
}

template <class F, class Real> Real sin(F &f, Real x) {
  return onlyFinite(f, x, sineOf(f, x, reduceAngle(f, x)));
}
template <class F, class Real> Real cos(F &f, Real x) {
  return onlyFinite(f, x, cosineOf(f, x, reduceAngle(f, x)));
}
template <class F, class Real> Real tan(F &f, Real x) {
  return onlyFinite(f, x, tangentOf(f, x, reduceAngle(f, x)));
}

/// The same, digit for digit, of angles up to nearAngle().
template <class F, class Real> Real sinNear(F &f, Real x) {
  return sineOf(f, x, reduceNear(f, x));
}
template <class F, class Real> Real cosNear(F &f, Real x) {
  return cosineOf(f, x, reduceNear(f, x));
}
template <class F, class Real> Real tanNear(F &f, Real x) {
  return tangentOf(f, x, reduceNear(f, x));
}

} // namespace girih::compiler::elementary
