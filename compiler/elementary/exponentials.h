// SPDX-License-Identifier: Apache-2.0
// e^x and what is made of it. Coefficients here and in the other functions
// interpolate at Chebyshev nodes of the reduced range, and stop where the
// error falls below the type's.
#pragma once

#include "girih/compiler/elementary/arithmetic.h"

namespace girih::compiler::elementary {

/// (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2.
template <class F, class Real> Real expSeries(F &f, Real r) {
  if constexpr (F::isDouble)
    return polynomial(
        f, r,
        {1.6086732952745415e-10, 2.0918295266435273e-9, 2.5052070809943926e-8,
         2.7557262852470398e-7, 2.7557319247484929e-6, 2.4801587336841622e-5,
         0.00019841269841263199, 0.0013888888888878924, 0.008333333333333334,
         0.041666666666666677, 0.16666666666666667, 0.5});
  return polynomial(f, r,
                    {0.00019891180158282142, 0.0013933820489776019,
                     0.0083333107545768925, 0.041666463386339527,
                     0.16666666681794625, 0.5});
}

/// e^r for |r| <= ln 2 / 2.
template <class F, class Real> Real expSmall(F &f, Real r) {
  if constexpr (F::isDouble)
    return f.add(f.mad(f.mul(r, r), expSeries(f, r), r), f.number(1));
  return polynomial(f, r,
                    {0.0013814540044838443, 0.008368745110831733,
                     0.04166839078618807, 0.16666520399021836,
                     0.4999999343211645, 1, 1});
}

/// 2^r for |r| <= 1/2.
template <class F, class Real> Real exp2Small(F &f, Real r) {
  constexpr double one = std::numbers::ln2, two = one * one;
  if constexpr (F::isDouble)
    return expSmall(f, f.mul(r, f.number(one)));
  return polynomial(
      f, r,
      {0.0013814540044838443 * two * two * two,
       0.008368745110831733 * two * two * one, 0.04166839078618807 * two * two,
       0.16666520399021836 * two * one, 0.4999999343211645 * two, one, 1});
}

template <class Real, class Int> struct ExpParts {
  Rounded<Real, Int> whole;
  Real rest, low;
};

/// x = whole * ln 2 + rest + low, for |x| < 2^20 or so.
template <class F, class Real> auto expParts(F &f, Real x) {
  auto n = roundedProduct(f, x, log2OfE);
  Real high = f.mad(n.number, f.number(-ln2High(f)), x); // exact
  Real rest = f.mad(n.number, f.number(-ln2Low(f)), high);
  Real low = f.mad(n.number, f.number(-ln2Low(f)), f.sub(high, rest));
  return ExpParts<Real, decltype(n.whole)>{n, rest, low};
}

/// Beyond these e^x is 0 and infinity, with some to spare.
template <class F, class Real> Real clampExponent(F &f, Real x) {
  return F::isDouble ? clamp(f, x, -746, 712) : clamp(f, x, -105, 91);
}

template <class F, class Real> Real exp(F &f, Real x) {
  auto parts = expParts(f, clampExponent(f, x));
  return scaled(f, expSmall(f, parts.rest), parts.whole);
}

template <class F, class Real> Real exp2(F &f, Real x) {
  if constexpr (Scaling<F, Real>)
    if (f.scales()) { // of infinity the rest is NaN, the power is not
      Real n = f.nearest(x);
      return f.scale(exp2Small(f, f.sub(x, n)), n);
    }
  x = F::isDouble ? clamp(f, x, -1076, 1025) : clamp(f, x, -152, 130);
  auto n = roundedProduct(f, x, 1);
  return scaled(f, exp2Small(f, f.sub(x, n.number)), n);
}

template <class F, class Real> Real expm1(F &f, Real x) {
  Real inside = F::isDouble ? clamp(f, x, -40, 710) : clamp(f, x, -20, 89);
  auto parts = expParts(f, inside);
  Real r = parts.rest;
  Real small = f.mad(f.mul(r, r), expSeries(f, r), f.add(r, parts.low));
  // 2^n (1 + small) - 1, twice the half of it, as 2^n may be out of range.
  Real half = powerOfTwo(f, f.isub(parts.whole.whole, f.integer(1)));
  Real sum = f.mad(half, small, f.sub(half, f.number(0.5)));
  return keepSmall(f, x, F::isDouble ? 0x1p-54 : 0x1p-25, f.add(sum, sum));
}

/// e^|x| / 2.
template <class F, class Real> Real halfExp(F &f, Real x) {
  auto parts = expParts(f, clampExponent(f, f.abs(x)));
  auto n = parts.whole;
  n.number = f.sub(n.number, f.number(1));
  n.image = f.isub(n.image, f.integer(1));
  return scaled(f, expSmall(f, parts.rest), n);
}

template <class F, class Real> Real sinh(F &f, Real x) {
  Real square = f.mul(x, x);
  Real series = F::isDouble
                    ? polynomial(f, square,
                                 {7.7461785930188275e-13,
                                  1.6057679623801638e-10, 2.5052117695907824e-8,
                                  2.7557319191381817e-6, 0.00019841269841324198,
                                  0.0083333333333332994, 0.16666666666666667})
                    : polynomial(f, square,
                                 {2.8062802582276946e-6, 0.00019838101968683889,
                                  0.0083333396759170609, 0.16666666646842134});
  Real small = f.mad(f.mul(square, x), series, x);
  Real half = halfExp(f, x);
  Real large = f.sub(half, f.div(f.number(0.25), half));
  return keepSmall(
      f, x, F::isDouble ? 0x1p-27 : 0x1p-13,
      f.select(f.less(f.abs(x), f.number(1)), small, f.copySign(large, x)));
}

template <class F, class Real> Real cosh(F &f, Real x) {
  Real half = halfExp(f, x);
  return f.add(half, f.div(f.number(0.25), half));
}

template <class F, class Real> Real tanh(F &f, Real x) {
  Real size = f.abs(x), square = f.mul(x, x);
  Real series =
      F::isDouble ? polynomial(f, square,
                               {-2.0598556673275167e-5, 8.5107079273541127e-5,
                                -0.00023463104528300406, 0.00058893480724470277,
                                -0.0014556615775702364, 0.0035921103470961766,
                                -0.0088632343954180956, 0.021869488493563038,
                                -0.053968253967431739, 0.13333333333332713,
                                -0.33333333333333333})
                  : polynomial(f, square,
                               {0.0022918094207610655, -0.0083431196385478328,
                                0.021768666325116613, -0.053959228556119551,
                                0.1333330342585789, -0.33333333171275802});
  Real small = f.mad(f.mul(square, series), x, x);
  Real grown = exp(f, f.add(size, size));
  Real large =
      f.sub(f.number(1), f.div(f.number(2), f.add(grown, f.number(1))));
  Real limit = f.number(F::isDouble ? 0.55 : 0.625);
  return f.copySign(f.select(f.less(size, limit), small, large), x);
}

/// In f64 from 1 on by e^log(1 - erf): that is small, and needs few correct
/// digits.
template <class F, class Real> Real erf(F &f, Real x) {
  Real size = f.abs(x);
  if constexpr (F::isDouble) {
    Real square = f.mul(x, x);
    Real small =
        f.mad(polynomial(f, square,
                         {5.9544715831534823e-11, -1.1371291831047953e-9,
                          1.4659383821340068e-8, -1.6350256278696498e-7,
                          1.6460995338195412e-6, -1.4925594957596026e-5,
                          0.00012055331099279798, -0.00085483269805094129,
                          0.0052239776248126373, -0.026866170645076269,
                          0.11283791670954876, -0.37612638903183748,
                          0.12837916709551257}),
              x, x);
    Real past = clamp(f, f.sub(size, f.number(1)), 0, 5);
    Real rest =
        polynomial(f, past, {6.3255205887184927e-19, -4.3048401134980052e-17,
                             1.3920849232129403e-15, -2.8478126848102165e-14,
                             4.1392677661442282e-13, -4.5505332308534447e-12,
                             3.9309706854245211e-11, -2.7336407972856537e-10,
                             1.5518802262158816e-9,  -7.2172671740364378e-9,
                             2.7148106745723258e-8,  -7.846484305037978e-8,
                             1.4152970860425963e-7,  8.6464723543393275e-8,
                             -2.0042076999507635e-6, 9.5671762493511819e-6,
                             -2.7135509272994771e-5, 2.6267990577569252e-5,
                             0.00023732547115646526, -0.0019779031986228328,
                             0.010033825462634971,   -0.041561098049380376,
                             -0.84310725635832746,   -2.6389675142347949,
                             -1.8496055099332482});
    Real large = f.copySign(f.sub(f.number(1), exp(f, rest)), x);
    return f.select(f.less(size, f.number(1)), small, large);
  }
  // 1 - e^-y in one formula for all sizes; y is -log(1 - erf).
  Real inside = f.select(f.less(f.number(4), size), f.number(4), size);
  Real series = polynomial(
      f, inside,
      {-9.255723853129894e-06, 0.0001176362275145948, -0.000632817973382771,
       0.001666991040110588, -0.00016035715816542506, -0.019153086468577385,
       0.10277783870697021, 0.6366193890571594, 0.12837916612625122});
  Real y = f.neg(f.mad(inside, series, inside));
  auto n = roundedProduct(f, y, log2OfE);
  Real r = f.mad(n.number, f.number(-std::numbers::ln2), y);
  Real rest = f.mad(f.mul(r, r),
                    polynomial(f, r,
                               {0.001388251644995267, 0.008366547129284214,
                                0.041667200711873985, 0.16666543424290045,
                                0.49999998149619046}),
                    r);
  Real power = powerOfTwo(f, n.whole);
  Real value = f.mad(f.neg(power), rest, f.sub(f.number(1), power));
  return f.copySign(value, x);
}

} // namespace girih::compiler::elementary
