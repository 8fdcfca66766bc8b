// SPDX-License-Identifier: Apache-2.0
// What is computed of f32 for results of 16 bits (halves.h), with the largest
// errors that the hardware's approximations may have, against the C library in
// a wider type.
#include "girih/compiler/elementary/quotient.h"
#include "girih/compiler/elementary/remainder.h"
#include "girih/dsl/support/float_formats.h"
#include "girih/tests/elementary/functions.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

namespace elementary = compiler::elementary;

/// Approximations that are off by `sign` times the bound, or by either by
/// chance where `sign` is 0.
template <int sign> struct Rough : Native<float> {
  static constexpr double most = 0x1p-22;

  float roughExp2(float a, bool subnormal = false) {
    return off(Native::roughExp2(a, subnormal));
  }
  float roughLog2(float a, bool subnormal = false) {
    const float log = Native::roughLog2(a, subnormal);
    if (std::abs(log) > 1)
      return off(log);
    return static_cast<float>(log + part(log) * most);
  }
  float roughInverse(float a) { return off(Native::roughInverse(a)); }
  float roughSqrt(float a) { return off(Native::roughSqrt(a)); }

private:
  static double part(float a) {
    const auto bits = std::bit_cast<std::uint32_t>(a) * 0x9E3779B9U;
    return sign ? sign : (bits >> 8) * 0x1p-23 - 1;
  }
  static float off(float a) {
    return static_cast<float>(a * (1 + part(a) * most));
  }
};

/// Once for each kind of approximations.
template <class Check> void with_every_error(Check check) {
  check(Native<float>());
  check(Rough<-1>());
  check(Rough<0>());
  check(Rough<1>());
}

/// Relative errors of f32, beside normal results.
template <class F> void expect_relative_errors() {
  std::vector<float> values = every_exponent<float>(100, 21);
  std::mt19937_64 random(22);
  std::uniform_real_distribution<double> uniform(-1, 1);
  for (int i = 0; i < 40000; ++i) {
    const double x = uniform(random), near = std::ldexp(x, -(i % 22));
    for (double value : {1 + near, -1 + near, x * 4, x * 90})
      values.push_back(static_cast<float>(value));
  }
  for (const HalfFunction &function : half_functions_and_pairs<F>()) {
    double worst = 0;
    float at = 0;
    for (float x : values) {
      const long double exact = function.exact(x);
      const float got = function.single(x);
      if (!std::isnormal(static_cast<float>(exact)) || !std::isnormal(x)) {
        // A subnormal argument or result may lose digits, but nothing else.
        if (std::abs(static_cast<float>(exact)) < 0x1p-126F)
          ASSERT_LE(std::abs(got - exact), 0x1p-126) << function.name << x;
        else
          ASSERT_LE(ulps(got, static_cast<float>(exact)), 64)
              << function.name << " of " << x;
        continue;
      }
      const double off = std::abs(static_cast<double>(got / exact - 1));
      if (!(off <= worst)) {
        worst = off;
        at = x;
      }
    }
    const std::string_view name = function.name;
    const bool grows =
        name == "sinh" || name == "cosh" || name == "expm1" || name == "exp";
    EXPECT_LE(worst, grows ? 0x1p-17 : 0x1p-18)
        << name << " of " << at << " is " << function.single(at);
  }
}

TEST(Halves, RelativeErrors) {
  with_every_error([](auto f) { expect_relative_errors<decltype(f)>(); });
}

/// Every number of bf16 and f16: nearly all results are those that are rounded
/// from the exact ones, the others their neighbours.
template <class F> void expect_every_number() {
  for (DType dtype : {DType::bf16, DType::f16})
    for (const HalfFunction &function : half_functions_and_pairs<F>()) {
      const double unit = dtype == DType::bf16 ? 0x1p-7 : 0x1p-10;
      int different = 0;
      for (int code = 0; code < 65536; ++code) {
        const auto x =
            static_cast<float>(decode(dtype, static_cast<std::uint64_t>(code)));
        const double exact =
            round_to(dtype, static_cast<double>(function.exact(x)));
        const double got = round_to(dtype, function.single(x));
        if (ulps(got, exact) == 0)
          continue;
        ++different;
        ASSERT_LE(std::abs(got - exact), unit * std::abs(exact))
            << function.name << " of " << x << " is " << got;
        ASSERT_EQ(std::signbit(got), std::signbit(exact))
            << function.name << " of " << x;
      }
      EXPECT_LE(different, 200) << function.name;
    }
}

TEST(Halves, EveryNumber) {
  expect_every_number<Native<float>>();
  expect_every_number<Rough<0>>();
}

template <class F> void expect_powers() {
  F f;
  const std::vector<float> values = every_exponent<float>(1, 23);
  std::mt19937_64 random(24);
  auto check = [&](float x, float y) {
    const auto made = elementary::halves::pow(f, x, y);
    if (!made.isRight) {
      ASSERT_TRUE(!std::isfinite(x) || !std::isfinite(y) || (x == 0 && y == 0))
          << x << " ^ " << y;
      return;
    }
    const float power = made.value;
    // The C library's function of long double has infinity ^ -2^63 wrong.
    const long double exact = std::isinf(x)
                                  ? std::pow(double(x), double(y))
                                  : std::pow(static_cast<long double>(x),
                                             static_cast<long double>(y));
    const auto rounded = static_cast<float>(exact);
    if (std::isnormal(rounded) && rounded != 1 && std::abs(exact) < 3.3e38L)
      ASSERT_LE(std::abs(static_cast<double>(power / exact - 1)),
                0x1p-18 + 0x1p-20 * std::abs(std::log2(std::abs(rounded))))
          << x << " ^ " << y << " is " << power;
    else if (rounded == 0 || std::abs(rounded) < 0x1p-126F)
      ASSERT_LE(std::abs(power - exact), 0x1p-139) << x << " ^ " << y;
    else if (std::abs(exact) < 3.3e38L || std::abs(exact) > 3.41e38L ||
             std::isnan(rounded))
      ASSERT_LE(ulps(power, rounded), 64) << x << " ^ " << y << " is " << power;
  };
  for (float x : special_values<float>())
    for (float y : special_values<float>()) {
      check(x, y);
      check(x, y * 3);
      check(x, y * 0x1p20F);
    }
  for (int i = 0; i < 200000; ++i)
    check(values[random() % values.size()], values[random() % values.size()]);
  std::uniform_real_distribution<double> uniform(-1, 1);
  for (int i = 0; i < 400000; ++i) {
    const double scale = std::ldexp(1.0, -(i % 22));
    const auto x = static_cast<float>(std::exp(88.7 * uniform(random) * scale));
    check(x, static_cast<float>(100 * uniform(random) /
                                std::log(static_cast<double>(x))));
    check(-x, static_cast<float>(static_cast<int>(random() % 64) - 32));
  }
}

/// Those that have no sign, and no care for what is not normal.
template <class F> void expect_normal_powers() {
  F f;
  const std::vector<float> values = every_exponent<float>(1, 27);
  std::mt19937_64 random(28);
  int right = 0;
  const auto check = [&](float x, float y) {
    const auto made = elementary::halves::powOfNormal(f, x, y);
    right += made.isRight;
    if (!made.isRight)
      return;
    ASSERT_TRUE(x > 0 && std::isnormal(x) && std::isfinite(y)) << x << ' ' << y;
    const auto exact =
        std::pow(static_cast<long double>(x), static_cast<long double>(y));
    ASSERT_LE(std::abs(static_cast<double>(made.value / exact - 1)),
              0x1p-18 +
                  0x1p-20 * std::abs(std::log2(static_cast<double>(exact))))
        << x << " ^ " << y << " is " << made.value;
  };
  for (float x : special_values<float>())
    for (float y : special_values<float>())
      check(x, y);
  for (int i = 0; i < 200000; ++i)
    check(values[random() % values.size()], values[random() % values.size()]);
  right = 0;
  std::uniform_real_distribution<double> uniform(-1, 1);
  for (int i = 0; i < 400000; ++i) {
    const auto x = static_cast<float>(
        std::exp(80 * uniform(random) * std::ldexp(1.0, -(i % 22))));
    check(x, static_cast<float>(80 * uniform(random) /
                                std::log(static_cast<double>(x))));
  }
  EXPECT_GE(right, 390000);
}

TEST(Halves, NormalPowers) {
  with_every_error([](auto f) { expect_normal_powers<decltype(f)>(); });
}

template <class F> void expect_quotients() {
  F f;
  const std::vector<float> values = every_exponent<float>(2, 29);
  std::mt19937_64 random(30);
  int right = 0;
  const auto check = [&](float x, float y) {
    if (!elementary::isNearDivisor(f, y) || !elementary::isNearDividend(f, x))
      return;
    ++right;
    const float inverse = elementary::nearReciprocal(f, y),
                quotient = elementary::nearQuotient(f, x, y, inverse);
    ASSERT_EQ(ulps(quotient, x / y), 0) << x << " / " << y;
    ASSERT_EQ(std::signbit(quotient), std::signbit(x)) << x << " / " << y;
  };
  for (float x : special_values<float>())
    for (float y : special_values<float>())
      check(x, y);
  EXPECT_GE(right, 20);
  for (int i = 0; i < 400000; ++i)
    check(values[random() % values.size()], values[random() % values.size()]);
  // Beside ties: dividends that are next to a product of the divisor and what
  // lies between two numbers.
  std::uniform_real_distribution<float> mantissa(1, 2);
  for (int i = 0; i < 250000; ++i) {
    const float y = i % 3 == 0
                        ? std::nextafter(2.0F, 0.0F) - 0x1p-23F * (i % 64)
                        : mantissa(random);
    const double between = static_cast<double>(mantissa(random)) + 0x1p-24;
    const auto x = static_cast<float>(static_cast<double>(y) * between);
    for (float each : {x, std::nextafter(x, 0.0F), std::nextafter(x, 9.0F)})
      check(i % 2 ? -each : each, y);
  }
  EXPECT_GE(right, 750000);
}

TEST(Halves, Quotients) {
  with_every_error([](auto f) { expect_quotients<decltype(f)>(); });
}

TEST(Halves, Powers) {
  with_every_error([](auto f) { expect_powers<decltype(f)>(); });
}

template <class F> void expect_remainders() {
  F f;
  const std::vector<float> values = every_exponent<float>(4, 25);
  std::mt19937_64 random(26);
  std::uniform_real_distribution<double> uniform(-1, 1);
  int near = 0, all = 0;
  auto check = [&](float x, float y, bool counts) {
    const auto rest = elementary::nearRemainder(f, x, y);
    if (counts)
      near += rest.isRight, ++all;
    if (rest.isRight)
      ASSERT_EQ(ulps(rest.value, std::fmod(x, y)), 0) << x << ", " << y;
  };
  for (float x : special_values<float>())
    for (float y : special_values<float>())
      check(x, y, false);
  for (int i = 0; i < 400000; ++i) {
    check(values[random() % values.size()], values[random() % values.size()],
          false);
    const auto y = static_cast<float>(uniform(random));
    check(static_cast<float>(uniform(random) * std::ldexp(1, i % 18)), y, true);
    // Multiples, and what is next to them.
    const auto x = static_cast<float>(static_cast<double>(y) *
                                      static_cast<double>(random() % 100000));
    for (float each : {x, std::nextafter(x, 0.0F), std::nextafter(x, 1e9F)})
      check(each, y, true);
  }
  EXPECT_GE(near, all * 0.99);
}

TEST(Halves, Remainders) {
  with_every_error([](auto f) { expect_remainders<decltype(f)>(); });
}

} // namespace
} // namespace girih::testing
