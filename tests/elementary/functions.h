// SPDX-License-Identifier: Apache-2.0
// The elementary functions by name, on plain numbers and as the C library has
// them in long double; and numbers to try them on.
#pragma once

#include "girih/compiler/elementary/halves.h"
#include "girih/compiler/elementary/list.h"
#include "girih/tests/elementary/native.h"

#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

namespace girih::testing {

struct UnaryFunction {
  const char *name; // libm's and the math dialect's
  float (*single)(float);
  float (*unfused)(float); // where mad rounds twice
  float (*scaling)(float); // where powers of 2 are multiplied by at once
  double (*doubled)(double);
  long double (*exact)(long double);
};

inline const std::vector<UnaryFunction> &unary_functions() {
  using Singles = Native<float>;
  using Unfused = Native<float, false>;
  using Scaling = Native<float, true, true>;
  using Doubles = Native<double>;
#define GIRIH_CALL(NAME, TYPE, ARITHMETIC)                                     \
  [](TYPE x) {                                                                 \
    ARITHMETIC f;                                                              \
    return compiler::elementary::NAME(f, x);                                   \
  }
#define GIRIH_FUNCTION(NAME, OPERATION, SHORT)                                 \
  {#NAME,                                                                      \
   GIRIH_CALL(NAME, float, Singles),                                           \
   GIRIH_CALL(NAME, float, Unfused),                                           \
   GIRIH_CALL(NAME, float, Scaling),                                           \
   GIRIH_CALL(NAME, double, Doubles),                                          \
   [](long double x) { return std::NAME(x); }},
  static const std::vector<UnaryFunction> table = {
      GIRIH_UNARY_FUNCTIONS(GIRIH_FUNCTION)};
#undef GIRIH_CALL
#undef GIRIH_FUNCTION
  return table;
}

/// What a GPU makes 16 bits of: for those of halves.h these where they apply,
/// with the errors of `Arithmetic`'s approximations.
struct HalfFunction {
  const char *name; // the math dialect's
  float (*single)(float);
  long double (*exact)(long double);
};

template <class Arithmetic = Native<float>>
const std::vector<HalfFunction> &half_functions() {
#define GIRIH_HALF(NAME, OPERATION, REDUCES)                                   \
  {#NAME,                                                                      \
   [](float x) {                                                               \
     Arithmetic f;                                                             \
     if constexpr (REDUCES)                                                    \
       if (!(std::fabs(x) <= compiler::elementary::halves::farthestAngle))     \
         return compiler::elementary::NAME(f, x);                              \
     return compiler::elementary::halves::NAME(f, x);                          \
   },                                                                          \
   [](long double x) { return std::NAME(x); }},
  static const std::vector<HalfFunction> table = {
      GIRIH_HALVES_FUNCTIONS(GIRIH_HALF)};
#undef GIRIH_HALF
  return table;
}

/// The same, and what sine and cosine of one angle are made by.
template <class Arithmetic = Native<float>>
std::vector<HalfFunction> half_functions_and_pairs() {
  std::vector<HalfFunction> all = half_functions<Arithmetic>();
#define GIRIH_SHARED(NAME, FUNCTION)                                           \
  all.push_back(                                                               \
      {#FUNCTION,                                                              \
       [](float x) {                                                           \
         Arithmetic f;                                                         \
         if (!(std::fabs(x) <= compiler::elementary::halves::farthestAngle))   \
           return compiler::elementary::NAME(f, x);                            \
         return compiler::elementary::halves::FUNCTION(f, x);                  \
       },                                                                      \
       [](long double x) { return std::NAME(x); }});
  GIRIH_SHARED(sin, sinBesideCos)
  GIRIH_SHARED(cos, cosBesideSin)
#undef GIRIH_SHARED
  return all;
}

/// Distance in representable values. NaN is far from all but NaN, and zeros of
/// different signs from each other.
template <class Real> std::int64_t ulps(Real a, Real b) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b)
               ? 0
               : std::numeric_limits<std::int64_t>::max();
  if (a == 0 && b == 0 && std::signbit(a) != std::signbit(b))
    return std::numeric_limits<std::int64_t>::max();
  using Bits =
      std::conditional_t<sizeof(Real) == 8, std::int64_t, std::int32_t>;
  auto order = [](Real value) -> std::int64_t {
    const auto bits = std::bit_cast<Bits>(value);
    // Negative numbers count down from -1, which is -0.
    return bits < 0 ? std::int64_t(std::numeric_limits<Bits>::min()) - bits - 1
                    : bits;
  };
  const std::int64_t left = order(a), right = order(b);
  // The distance from one end of f64 to the other does not fit.
  if ((left < 0) != (right < 0) && std::abs(left / 2 - right / 2) > (1LL << 61))
    return std::numeric_limits<std::int64_t>::max();
  return std::abs(left - right);
}

/// Zeros, infinities, NaN, ones, the smallest and the largest, and some more.
template <class Real> std::vector<Real> special_values() {
  using Limits = std::numeric_limits<Real>;
  std::vector<Real> values{Limits::quiet_NaN()};
  const Real positive[] = {0,
                           Limits::infinity(),
                           1,
                           Limits::denorm_min(),
                           Limits::min(),
                           Limits::max(),
                           Limits::epsilon(),
                           Real(0.5),
                           2,
                           3,
                           std::nextafter(Real(1), Real(0)),
                           std::nextafter(Real(1), Real(2)),
                           10000019};
  for (Real value : positive) {
    values.push_back(value);
    values.push_back(-value);
  }
  return values;
}

/// special_values(), and of both signs `each` numbers of every exponent and
/// `each` * 200 around 0 on scales from 1/16 to 512.
template <class Real>
std::vector<Real> every_exponent(int each, unsigned seed) {
  using Bits =
      std::conditional_t<sizeof(Real) == 8, std::uint64_t, std::uint32_t>;
  constexpr int mantissa = std::numeric_limits<Real>::digits - 1;
  constexpr int width = 8 * sizeof(Real);
  std::vector<Real> values = special_values<Real>();
  std::mt19937_64 random(seed);
  const Bits low = (Bits{1} << mantissa) - 1;
  for (Bits high = 0; high < Bits{1} << (width - mantissa); ++high)
    for (int i = 0; i < each; ++i)
      values.push_back(std::bit_cast<Real>(
          static_cast<Bits>(high << mantissa |
                            (i == 0 ? 0 : static_cast<Bits>(random()) & low))));
  std::uniform_real_distribution<double> uniform(-1, 1);
  for (int i = 0; i < 200 * each; ++i)
    values.push_back(
        static_cast<Real>(std::ldexp(uniform(random), i % 14 - 4)));
  return values;
}

} // namespace girih::testing
