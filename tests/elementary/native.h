// SPDX-License-Identifier: Apache-2.0
// The arithmetic of compiler/elementary/arithmetic.h on plain numbers.
#pragma once

#include "girih/compiler/elementary/arithmetic.h"
#include "girih/compiler/elementary/two_over_pi.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <type_traits>

namespace girih::testing {

/// `fused` is whether mad rounds once, `scaling` whether there is scale().
template <class Real, bool fused = true, bool scaling = false> struct Native {
  static constexpr bool isDouble = std::is_same_v<Real, double>;
  using Int = std::conditional_t<isDouble, std::int64_t, std::int32_t>;
  using Natural = std::make_unsigned_t<Int>;

  Real number(double value) { return static_cast<Real>(value); }
  Int integer(std::int64_t value) { return static_cast<Int>(value); }
  Real add(Real a, Real b) { return a + b; }
  Real sub(Real a, Real b) { return a - b; }
  Real mul(Real a, Real b) { return a * b; }
  Real div(Real a, Real b) { return a / b; }
  Real neg(Real a) { return -a; }
  Real abs(Real a) { return std::fabs(a); }
  Real sqrt(Real a) { return std::sqrt(a); }
  Real floor(Real a) { return std::floor(a); }
  Real copySign(Real size, Real sign) { return std::copysign(size, sign); }
  Real fma(Real a, Real b, Real c) { return std::fma(a, b, c); }
  Real mad(Real a, Real b, Real c) {
    if constexpr (fused)
      return std::fma(a, b, c);
    return a * b + c;
  }
  bool less(Real a, Real b) { return a < b; }
  bool same(Real a, Real b) { return a == b; }
  bool unordered(Real a, Real b) { return std::isunordered(a, b); }
  bool both(bool a, bool b) { return a && b; }
  bool either(bool a, bool b) { return a || b; }
  template <class T> T select(bool mask, T a, T b) { return mask ? a : b; }
  Int bits(Real a) { return std::bit_cast<Int>(a); }
  Real fromBits(Int a) { return std::bit_cast<Real>(a); }
  Real toReal(Int a) { return static_cast<Real>(a); }
  Int iadd(Int a, Int b) { return wrap(natural(a) + natural(b)); }
  Int isub(Int a, Int b) { return wrap(natural(a) - natural(b)); }
  Int imul(Int a, Int b) { return wrap(natural(a) * natural(b)); }
  Int iand(Int a, Int b) { return a & b; }
  Int ior(Int a, Int b) { return a | b; }
  Int ixor(Int a, Int b) { return a ^ b; }
  Int shl(Int a, Int places) { return wrap(natural(a) << places); }
  Int shr(Int a, Int places) { return wrap(natural(a) >> places); }
  Int sar(Int a, Int places) { return a >> places; }
  bool isLess(Int a, Int b) { return a < b; }
  bool isSame(Int a, Int b) { return a == b; }
  Native<double, fused, scaling> wide() { return {}; }
  double widened(Real a) { return a; }
  Real narrowed(double a) { return static_cast<Real>(a); }
  Int narrowedInt(std::int64_t a) { return static_cast<Int>(a); }
  Real nearest(Real a)
    requires scaling
  {
    return std::nearbyint(a);
  }
  Real scale(Real a, Real n)
    requires scaling
  {
    if (std::isnan(n))
      return n;
    if (std::isnan(a) && std::isinf(n))
      return n > 0 ? n : 0;
    const Real most = 4000;
    return std::ldexp(a, static_cast<int>(std::clamp(n, -most, most)));
  }
  bool scales() const { return scaling; }
  // The hardware's approximations, rounded correctly (elementary/halves.h).
  Real roughExp2(Real a, bool subnormal = false) {
    return flushed(static_cast<Real>(std::exp2(double(a))), !subnormal);
  }
  Real roughLog2(Real a, bool subnormal = false) {
    return static_cast<Real>(std::log2(double(flushed(a, !subnormal))));
  }
  Real roughInverse(Real a) {
    return flushed(static_cast<Real>(1 / double(flushed(a))));
  }
  Real roughSqrt(Real a) { return std::sqrt(flushed(a)); }
  Real roughInverseSqrt(Real a) {
    return static_cast<Real>(1 / std::sqrt(double(a)));
  }
  Int twoOverPi(Int word) {
    return static_cast<Int>(compiler::elementary::twoOverPiWords[word]);
  }
  template <class Result, class Make>
  Result rare(bool mask, Result otherwise, Make make) {
    return mask ? make() : otherwise;
  }

private:
  static Real flushed(Real a, bool flushes = true) {
    return flushes && std::fabs(a) < std::numeric_limits<Real>::min()
               ? std::copysign(Real(0), a)
               : a;
  }
  static Natural natural(Int a) { return static_cast<Natural>(a); }
  static Int wrap(Natural a) { return static_cast<Int>(a); }
};

} // namespace girih::testing
