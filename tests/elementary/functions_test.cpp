// SPDX-License-Identifier: Apache-2.0
// The algorithms themselves, on plain numbers, against the C library in a wider
// type. What the back ends make of them is tested with the back ends.
#include "girih/compiler/elementary/brief.h"
#include "girih/tests/elementary/functions.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

namespace elementary = compiler::elementary;

template <class Real, class Function>
void expect_close(const char *name, Function function,
                  long double (*exact)(long double),
                  const std::vector<Real> &values, std::int64_t most = 2) {
  std::int64_t worst = 0;
  Real at = 0;
  for (Real x : values)
    if (std::int64_t off = ulps(function(x), static_cast<Real>(exact(x)));
        off > worst) {
      worst = off;
      at = x;
    }
  EXPECT_LE(worst, most) << name << " of " << at << " is " << function(at)
                         << ", not " << static_cast<Real>(exact(at));
}

TEST(Elementary, SinglesOfEveryExponent) {
  const std::vector<float> values = every_exponent<float>(200, 1);
  for (const UnaryFunction &function : unary_functions()) {
    expect_close(function.name, function.single, function.exact, values);
    expect_close(function.name, function.unfused, function.exact, values);
  }
}

// vscalef and two multiplications give the same.
TEST(Elementary, PowersOfTwoAtOnce) {
  const std::vector<float> values = every_exponent<float>(100, 8);
  for (const UnaryFunction &function : unary_functions())
    for (float x : values)
      ASSERT_EQ(ulps(function.single(x), function.scaling(x)), 0)
          << function.name << " of " << x;
}

TEST(Elementary, DoublesOfEveryExponent) {
  const std::vector<double> values = every_exponent<double>(30, 2);
  for (const UnaryFunction &function : unary_functions())
    expect_close(function.name, function.doubled, function.exact, values);
}

// Where 1 + x and its like cancel, and where formulas change.
TEST(Elementary, AroundOne) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<float> singles;
  std::vector<double> doubles;
  for (int i = 0; i < 40000; ++i) {
    const double x = uniform(random), near = std::ldexp(x, -(i % 40));
    for (double value : {1 + near, -1 + near, 0.5 + near, 2 * x}) {
      singles.push_back(static_cast<float>(value));
      doubles.push_back(value);
    }
  }
  for (const UnaryFunction &function : unary_functions()) {
    expect_close(function.name, function.single, function.exact, singles);
    expect_close(function.name, function.doubled, function.exact, doubles);
  }
}

// Multiples of pi/2, where the reduction cancels most.
TEST(Elementary, TrigonometryNearItsZeros) {
  std::mt19937_64 random(4);
  // The double and the float that are closest to a multiple of pi/2.
  std::vector<double> doubles{0x1.6ac5b262ca1ffp+849, 0x1.921fb54442d18p+0};
  std::vector<float> singles{std::ldexp(16367173.0F, 72), 0x1.921fb6p+0F};
  const double half_pi = std::acos(0.0);
  for (int i = 0; i < 20000; ++i) {
    const double n = std::floor(std::ldexp(1.0, i % 34) *
                                (1 + std::ldexp(random() >> 11, -53)));
    for (double step : {-1.0, 0.0, 1.0}) {
      const double x = n * half_pi;
      doubles.push_back(std::nextafter(x, step * 1e300 + x));
      singles.push_back(static_cast<float>(x));
    }
  }
  for (const UnaryFunction &function : unary_functions())
    if (std::string_view(function.name) == "sin" ||
        std::string_view(function.name) == "cos" ||
        std::string_view(function.name) == "tan") {
      expect_close(function.name, function.single, function.exact, singles);
      expect_close(function.name, function.doubled, function.exact, doubles);
    }
}

template <class Real> void expect_powers() {
  Native<Real> f;
  std::vector<Real> values = every_exponent<Real>(1, 5);
  std::mt19937_64 random(6);
  auto check = [&](Real x, Real y) {
    const Real power = elementary::pow(f, x, y);
    const auto exact = static_cast<Real>(
        std::pow(static_cast<long double>(x), static_cast<long double>(y)));
    ASSERT_LE(ulps(power, exact), 2) << x << " ^ " << y << " is " << power;
    const Real angle = elementary::atan2(f, y, x);
    const auto wanted = static_cast<Real>(
        std::atan2(static_cast<long double>(y), static_cast<long double>(x)));
    ASSERT_LE(ulps(angle, wanted), 2) << "atan2(" << y << ", " << x << ")";
  };
  for (Real x : special_values<Real>())
    for (Real y : special_values<Real>()) {
      check(x, y);
      check(x, y * 3);
    }
  for (int i = 0; i < 200000; ++i)
    check(values[random() % values.size()], values[random() % values.size()]);
  // Results over the whole range, and bases near 1 with large exponents.
  const double range =
      std::log(static_cast<double>(std::numeric_limits<Real>::max()));
  std::uniform_real_distribution<double> uniform(-1, 1);
  for (int i = 0; i < 200000; ++i) {
    const double scale = std::ldexp(1.0, -(i % (sizeof(Real) == 8 ? 50 : 22)));
    const auto x = static_cast<Real>(std::exp(range * uniform(random) * scale));
    const double log = std::log(static_cast<double>(x));
    check(x, static_cast<Real>(1.1 * range * uniform(random) / log));
  }
}

TEST(Elementary, PowersAndAnglesOfSingles) { expect_powers<float>(); }
TEST(Elementary, PowersAndAnglesOfDoubles) { expect_powers<double>(); }

// Short functions: their relative errors, and the mean of them, by which a sum
// would be off.
template <class F>
void expect_brief(const char *name, float (*function)(float),
                  long double (*exact)(long double), float low, float high,
                  double most) {
  constexpr int count = 400000;
  double sum = 0, worst = 0;
  for (int i = 0; i <= count; ++i) {
    const float x = low + (high - low) * (static_cast<float>(i) / count);
    const auto wanted = static_cast<double>(exact(x));
    const double off = function(x) / wanted - 1;
    worst = std::max(worst, std::abs(off));
    sum += off;
  }
  EXPECT_LT(worst, most) << name;
  EXPECT_LT(std::abs(sum / count), 0x1p-19) << name;
}

template <class F> void expect_brief_functions() {
  namespace brief = elementary::brief;
  constexpr double most = 0x1.6ap-17; // 2^-16.5
#define GIRIH_BRIEF(NAME)                                                      \
  #NAME, [](float x) {                                                         \
    F f;                                                                       \
    return brief::NAME(f, x);                                                  \
  }
  expect_brief<F>(
      GIRIH_BRIEF(exp), [](long double x) { return std::exp(x); }, -87, 88,
      most);
  expect_brief<F>(
      GIRIH_BRIEF(exp2), [](long double x) { return std::exp2(x); }, -126,
      127.9F, most);
  expect_brief<F>(
      GIRIH_BRIEF(quickExp2), [](long double x) { return std::exp2(x); }, -126,
      127.9F, 0x1p-22);
  expect_brief<F>(
      GIRIH_BRIEF(onePlusErf), [](long double x) { return std::erfc(-x); }, -9,
      9, 0x1p-14);
  expect_brief<F>(
      GIRIH_BRIEF(onePlusTanh),
      [](long double x) { return 2 / (1 + std::exp(-2 * x)); }, -43, 43, most);
#undef GIRIH_BRIEF
  F f;
  const float infinity = std::numeric_limits<float>::infinity();
  for (float x : special_values<float>())
    for (auto function :
         {+[](F &g, float y) { return brief::exp(g, y); },
          +[](F &g, float y) { return brief::exp2(g, y); },
          +[](F &g, float y) { return brief::quickExp2(g, y); },
          +[](F &g, float y) { return brief::onePlusErf(g, y); },
          +[](F &g, float y) { return brief::onePlusTanh(g, y); }})
      EXPECT_EQ(std::isnan(function(f, x)), std::isnan(x)) << x;
  for (float far :
       {200.0F, 1e30F, std::numeric_limits<float>::max(), infinity}) {
    EXPECT_EQ(brief::exp(f, far), infinity);
    EXPECT_EQ(brief::exp2(f, far), infinity);
    EXPECT_EQ(brief::quickExp2(f, far), infinity);
    for (float none :
         {brief::exp(f, -far), brief::exp2(f, -far), brief::quickExp2(f, -far),
          brief::onePlusErf(f, -far), brief::onePlusTanh(f, -far)})
      EXPECT_EQ(ulps(none, 0.0F), 0) << far;
    EXPECT_EQ(brief::onePlusErf(f, far), 2);
    EXPECT_EQ(brief::onePlusTanh(f, far), 2);
  }
  for (float zero : {0.0F, -0.0F}) {
    EXPECT_EQ(brief::exp(f, zero), 1);
    EXPECT_EQ(brief::exp2(f, zero), 1);
    EXPECT_EQ(brief::quickExp2(f, zero), 1);
    EXPECT_EQ(brief::onePlusErf(f, zero), 1);
    EXPECT_EQ(brief::onePlusTanh(f, zero), 1);
  }
}

TEST(Elementary, BriefFunctions) {
  expect_brief_functions<Native<float>>();
  expect_brief_functions<Native<float, false>>();
  expect_brief_functions<Native<float, true, true>>();
}

} // namespace
} // namespace girih::testing
