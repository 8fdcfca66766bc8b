// SPDX-License-Identifier: Apache-2.0
// Operators of two operands, one row of the table each, against long double.
#include "elements.h"

#include "girih/ops/ops.h"
#include "girih/ops/registry.h"

#include <cmath>
#include <set>
#include <string>

namespace girih::testing {
namespace {

using Real = long double;
using Where = std::source_location;
using Number = ops::ArrayOrNumber;

struct BinaryRow {
  const char *name;
  Array (*make)(const Number &, const Number &, const Stream &, Where);
  void (*into)(const Number &, const Number &, const Array &, const Stream &,
               Where);
  /// Floats in full; integers as their f64 value, which wraps afterwards.
  Real (*exact)(Real, Real, DType);
  Takes takes = Takes::numbers_and_bool;
  Gives gives = Gives::same;
};

#define GIRIH_BINARY(name) #name, &ops::name, &ops::name##_out

// sub and div take options besides.
Array sub(const Number &a, const Number &b, const Stream &stream, Where where) {
  return ops::sub(a, b, 1, stream, where);
}
void sub_out(const Number &a, const Number &b, const Array &out,
             const Stream &stream, Where where) {
  ops::sub_out(a, b, out, 1, stream, where);
}
template <char Mode>
Array div(const Number &a, const Number &b, const Stream &stream, Where where) {
  if (Mode == '/')
    return ops::div(a, b, {}, stream, where);
  return ops::div(a, b, Mode == 't' ? "trunc" : "floor", stream, where);
}
template <char Mode>
void div_out(const Number &a, const Number &b, const Array &out,
             const Stream &stream, Where where) {
  if (Mode == '/')
    return ops::div_out(a, b, out, {}, stream, where);
  ops::div_out(a, b, out, Mode == 't' ? "trunc" : "floor", stream, where);
}

Real floor_remainder(Real a, Real b, DType dtype) {
  if (!is_float(dtype) && b == 0)
    return a;
  const Real rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

Real remainder_of_trunc(Real a, Real b, DType dtype) {
  return !is_float(dtype) && b == 0 ? a : std::fmod(a, b);
}

// PyTorch's: from the remainder, so that the quotient's rounding does not
// matter.
Real floor_quotient(Real a, Real b, DType dtype) {
  if (!is_float(dtype))
    return b == 0 ? 0 : std::floor(a / b);
  if (b == 0)
    return a / b;
  const Real rest = std::fmod(a, b);
  Real quotient = (a - rest) / b;
  if (rest != 0 && (rest < 0) != (b < 0))
    quotient -= 1;
  return quotient == 0 ? a / b * 0 : std::round(quotient);
}

Real trunc_quotient(Real a, Real b, DType dtype) {
  if (!is_float(dtype))
    return b == 0 ? 0 : std::trunc(a / b);
  // The division is rounded before, in the type that is computed in.
  const Real quotient = a / b;
  return std::trunc(dtype == f64 ? static_cast<double>(quotient)
                                 : static_cast<float>(quotient));
}

Real power(Real a, Real b, DType dtype) {
  if (is_float(dtype))
    return std::pow(a, b);
  if (b < 0)
    return a == 1 ? 1 : a != -1 ? 0 : std::fmod(b, 2) == 0 ? 1 : -1;
  Real result = 1;
  for (int i = 0; i < b && i < 64; ++i)
    result = wrapped(static_cast<double>(result * a), dtype);
  return result;
}

Real larger(Real a, Real b) {
  return std::isnan(a) || std::isnan(b) ? a + b
         : a == b                       ? (std::signbit(a) ? b : a)
                                        : std::max(a, b);
}
Real smaller(Real a, Real b) { return -larger(-a, -b); }

std::int64_t whole(Real x) { return static_cast<std::int64_t>(x); }

const BinaryRow rows[] = {
    {"sub", sub, sub_out, [](Real a, Real b, DType) { return a - b; },
     Takes::numbers},
    {GIRIH_BINARY(mul), [](Real a, Real b, DType) { return a * b; }},
    {"div", div<'/'>, div_out<'/'>, [](Real a, Real b, DType) { return a / b; },
     Takes::numbers_and_bool, Gives::real},
    {"div trunc", div<'t'>, div_out<'t'>, trunc_quotient, Takes::numbers},
    {"div floor", div<'f'>, div_out<'f'>, floor_quotient, Takes::numbers},
    {GIRIH_BINARY(remainder), floor_remainder, Takes::numbers},
    {GIRIH_BINARY(fmod), remainder_of_trunc, Takes::numbers},
    {GIRIH_BINARY(pow), power, Takes::numbers},
    {GIRIH_BINARY(maximum), [](Real a, Real b, DType) { return larger(a, b); }},
    {GIRIH_BINARY(minimum),
     [](Real a, Real b, DType) { return smaller(a, b); }},
    {GIRIH_BINARY(fmax),
     [](Real a, Real b, DType) {
       return std::isnan(a) ? b : std::isnan(b) ? a : larger(a, b);
     }},
    {GIRIH_BINARY(fmin),
     [](Real a, Real b, DType) {
       return std::isnan(a) ? b : std::isnan(b) ? a : smaller(a, b);
     }},
    {GIRIH_BINARY(eq), [](Real a, Real b, DType) -> Real { return a == b; },
     Takes::numbers_and_bool, Gives::mask},
    {GIRIH_BINARY(ne), [](Real a, Real b, DType) -> Real { return a != b; },
     Takes::numbers_and_bool, Gives::mask},
    {GIRIH_BINARY(lt), [](Real a, Real b, DType) -> Real { return a < b; },
     Takes::numbers_and_bool, Gives::mask},
    {GIRIH_BINARY(le), [](Real a, Real b, DType) -> Real { return a <= b; },
     Takes::numbers_and_bool, Gives::mask},
    {GIRIH_BINARY(gt), [](Real a, Real b, DType) -> Real { return a > b; },
     Takes::numbers_and_bool, Gives::mask},
    {GIRIH_BINARY(ge), [](Real a, Real b, DType) -> Real { return a >= b; },
     Takes::numbers_and_bool, Gives::mask},
    {GIRIH_BINARY(bitwise_and),
     [](Real a, Real b, DType) -> Real { return whole(a) & whole(b); },
     Takes::integers_and_bool},
    {GIRIH_BINARY(bitwise_or),
     [](Real a, Real b, DType) -> Real { return whole(a) | whole(b); },
     Takes::integers_and_bool},
    {GIRIH_BINARY(bitwise_xor),
     [](Real a, Real b, DType) -> Real { return whole(a) ^ whole(b); },
     Takes::integers_and_bool},
    {GIRIH_BINARY(logical_and),
     [](Real a, Real b, DType) -> Real { return a != 0 && b != 0; },
     Takes::numbers_and_bool, Gives::mask},
    {GIRIH_BINARY(logical_or),
     [](Real a, Real b, DType) -> Real { return a != 0 || b != 0; },
     Takes::numbers_and_bool, Gives::mask},
    {GIRIH_BINARY(logical_xor),
     [](Real a, Real b, DType) -> Real { return (a != 0) != (b != 0); },
     Takes::numbers_and_bool, Gives::mask},
};

std::vector<double> exact_of(const BinaryRow &row, const std::vector<double> &a,
                             const std::vector<double> &b, DType dtype,
                             DType result) {
  std::vector<double> exact;
  for (std::size_t i = 0; i < a.size(); ++i)
    exact.push_back(
        wrapped(static_cast<double>(row.exact(a[i], b[i], dtype)), result));
  return exact;
}

std::string title(const BinaryRow &row, DType dtype) {
  return std::string(row.name) + " " + std::string(name(dtype));
}

class BinaryTest : public OnDevice {
protected:
  void check(const BinaryRow &row, const std::vector<double> &a,
             const std::vector<double> &b, DType dtype) {
    const auto count = static_cast<std::int64_t>(a.size());
    const DType result = result_of(row.gives, dtype);
    const Array out = poisoned(std::vector{count}, result, device());
    row.into(Array::from(a, {count}, dtype, device()),
             Array::from(b, {count}, dtype, device()), out, {},
             Where::current());
    EXPECT_TRUE(near_exact(elements(out), exact_of(row, a, b, dtype, result), a,
                           result, {}));
  }
};
GIRIH_ON_EACH_DEVICE(BinaryTest);

// Products and powers of the largest integers need more than a double.
bool fits(const BinaryRow &row, double a, double b, DType dtype) {
  const std::string name = row.name;
  if (is_float(dtype))
    return true;
  if (name == "pow")
    return std::abs(a) <= 5 && b <= 5;
  return name != "mul" || std::abs(a * b) < 0x1p53;
}

TEST_P(BinaryTest, EveryDtype) {
  auto random = random_engine();
  for (const BinaryRow &row : rows)
    for (DType dtype : dtypes_of(row.takes, on_interpreter())) {
      SCOPED_TRACE(title(row, dtype));
      auto a = random_values(1009, dtype, -9, 9, random);
      auto b = random_values(1009, dtype, -3, 3, random);
      // And every pair of special values.
      for (double x : special_values(dtype))
        for (double y : special_values(dtype))
          if (fits(row, x, y, dtype)) {
            a.push_back(x);
            b.push_back(y);
          }
      check(row, a, b, dtype);
    }
}

TEST_P(BinaryTest, NumbersOnEitherSide) {
  auto random = random_engine();
  for (const BinaryRow &row : rows)
    for (DType dtype : {f32, bf16, i32, u8}) {
      if (on_interpreter() && dtype != f32)
        continue;
      if (is_float(dtype) && row.takes == Takes::integers_and_bool)
        continue;
      SCOPED_TRACE(title(row, dtype));
      const auto values = random_values(67, dtype, -9, 9, random);
      const std::vector<double> three(values.size(), 3);
      const Array x = Array::from(values, {67}, dtype, device());
      const DType result = result_of(row.gives, dtype);
      const Array right = row.make(x, 3, {}, Where::current());
      ASSERT_EQ(right.dtype(), result);
      EXPECT_TRUE(near_exact(elements(right),
                             exact_of(row, values, three, dtype, result),
                             values, result, {}));
      const Array left = row.make(3, x, {}, Where::current());
      EXPECT_TRUE(near_exact(elements(left),
                             exact_of(row, three, values, dtype, result),
                             values, result, {}));
    }
}

TEST_P(BinaryTest, BroadcastsStridedOperands) {
  auto random = random_engine();
  for (const BinaryRow &row : rows) {
    if (on_interpreter() && row.gives != Gives::real)
      continue;
    SCOPED_TRACE(row.name);
    const DType dtype = row.takes == Takes::integers_and_bool ? i16 : f32;
    const auto x = random_values(5 * 19, dtype, -9, 9, random);
    const auto y = random_values(19, dtype, -3, 3, random);
    const DType result = result_of(row.gives, dtype);
    std::vector<double> repeated;
    for (int i = 0; i < 5; ++i)
      repeated.insert(repeated.end(), y.begin(), y.end());
    const Array out =
        row.make(stepped(x, 5, dtype, device()),
                 Array::from(y, {19}, dtype, device()), {}, Where::current());
    EXPECT_TRUE(near_exact(elements(out),
                           exact_of(row, x, repeated, dtype, result), x, result,
                           {}));
  }
}

TEST_P(BinaryTest, EmptyShapes) {
  for (const BinaryRow &row : rows) {
    const Array none = Array::zeros({2, 0}, i32, device());
    EXPECT_EQ(row.make(none, 2, {}, Where::current()).numel(), 0) << row.name;
  }
}

TEST_P(BinaryTest, MixedDtypes) {
  const double values[] = {1, 2, 200}, others[] = {3, -2, -56};
  const Array bytes = Array::from(values, {3}, u8, device());
  const Array small = Array::from(others, {3}, i8, device());
  const Array real = Array::from(others, {3}, bf16, device());
  EXPECT_EQ(ops::mul(bytes, small).dtype(), i16);
  EXPECT_TRUE(same_values(elements(ops::mul(bytes, small)), {3, -4, -11200}));
  EXPECT_EQ(ops::maximum(bytes, real).dtype(), bf16);
  EXPECT_TRUE(same_values(elements(ops::maximum(bytes, real)), {3, 2, 200}));
  EXPECT_TRUE(same_values(elements(ops::gt(bytes, small)), {0, 1, 1}));
  EXPECT_EQ(ops::div(bytes, small).dtype(), f32);
  // A number that divides integers is none of them.
  EXPECT_TRUE(same_values(elements(ops::div(bytes, -2)), {-0.5, -1, -100}));
  EXPECT_TRUE(same_values(elements(ops::div(300, bytes)), {300, 150, 1.5}));
  EXPECT_EQ(ops::mul(bytes, 0.5).dtype(), f32);
  EXPECT_TRUE(same_values(elements(ops::mul(bytes, 0.5)), {0.5, 1, 100}));
}

// A number beside a narrow float is compared as that float, and one that an
// integer dtype does not hold as itself.
TEST_P(BinaryTest, ComparesWithNumbers) {
  const double tenth[] = {0.1};
  const Array x = Array::from(tenth, {1}, bf16, device());
  EXPECT_TRUE(same_values(elements(ops::eq(x, 0.1)), {1}));
  const double bytes[] = {44, 255};
  const Array y = Array::from(bytes, {2}, u8, device());
  EXPECT_TRUE(same_values(elements(ops::eq(y, 300)), {0, 0}));
  EXPECT_TRUE(same_values(elements(ops::lt(y, 300)), {1, 1}));
  EXPECT_TRUE(same_values(elements(ops::lt(-1, y)), {1, 1}));
  EXPECT_TRUE(same_values(elements(ops::ge(y, 254.5)), {0, 1}));
  EXPECT_TRUE(same_values(elements(ops::logical_and(y, 256)), {1, 1}));
}

TEST_P(BinaryTest, AlphaScalesTheSecondOperand) {
  const double x[] = {1, 2, 3}, y[] = {4, 5, 6};
  for (DType dtype : {f32, bf16, i32, i8}) {
    const Array a = Array::from(x, {3}, dtype, device());
    const Array b = Array::from(y, {3}, dtype, device());
    EXPECT_TRUE(same_values(elements(ops::sub(a, b, 2)), {-7, -8, -9}));
    EXPECT_TRUE(same_values(elements(ops::add(a, b, 2)), {9, 12, 15}));
  }
  const Array a = Array::from(x, {3}, f32, device());
  EXPECT_TRUE(same_values(elements(ops::sub(a, 1, 0.5)), {0.5, 1.5, 2.5}));
}

TEST_P(BinaryTest, BoolsAddToEither) {
  const double x[] = {0, 0, 1, 1}, y[] = {0, 1, 0, 1};
  const Array a = Array::from(x, {4}, b1, device());
  const Array b = Array::from(y, {4}, b1, device());
  EXPECT_EQ(ops::add(a, b).dtype(), b1);
  EXPECT_TRUE(same_values(elements(ops::add(a, b)), {0, 1, 1, 1}));
  EXPECT_TRUE(same_values(elements(ops::add(a, b, 0)), {0, 0, 1, 1}));
  EXPECT_EQ(ops::add(a, true).dtype(), b1);
  EXPECT_TRUE(same_values(elements(ops::mul(b, true)), {0, 1, 0, 1}));
  EXPECT_TRUE(same_values(elements(ops::bitwise_xor(b, true)), {1, 0, 1, 0}));
  EXPECT_EQ(ops::add(a, 1).dtype(), i64);
  EXPECT_TRUE(same_values(elements(ops::add(a, 1)), {1, 1, 2, 2}));
}

TEST_P(BinaryTest, PowersThatAreProductsAndRoots) {
  const std::vector<double> values{0,   -0.0, 1,    4,        -2,  0.3,
                                   1e8, -1.7, 2.25, INFINITY, NAN, -INFINITY};
  for (DType dtype : dtypes_of(Takes::floats, on_interpreter())) {
    const auto held = rounded(values, dtype);
    const Array x = Array::from(held, {12}, dtype, device());
    for (double exponent : {2.0, 3.0, 0.5, -0.5, -1.0, -2.0, 0.0, 1.5}) {
      SCOPED_TRACE(std::string(girih::name(dtype)) + " " +
                   std::to_string(exponent));
      std::vector<double> exact;
      for (Real value : held)
        exact.push_back(static_cast<double>(
            exponent == 0.5    ? std::sqrt(value)
            : exponent == -0.5 ? 1 / std::sqrt(value)
                               : std::pow(value, Real(exponent))));
      EXPECT_TRUE(
          near_exact(elements(ops::pow(x, exponent)), exact, held, dtype, {}));
    }
  }
  const double small[] = {-3, 2, 11};
  const Array x = Array::from(small, {3}, i8, device());
  EXPECT_TRUE(same_values(elements(ops::pow(x, 2)), {9, 4, 121}));
  EXPECT_TRUE(same_values(elements(ops::pow(x, 3)), {-27, 8, 51})); // wraps
  EXPECT_TRUE(same_values(elements(ops::pow(x, 5)), {13, 32, 27}));
  EXPECT_TRUE(same_values(elements(ops::pow(2, x)), {0, 4, 0}));
}

// Beside whole numbers, where the quotient's rounding shows, and at what has no
// quotient.
TEST_P(BinaryTest, FloorsOfNearlyWholeQuotients) {
  const std::int64_t count = on_interpreter() ? 40 : 1000;
  for (const DType dtype : {bf16, f16, f32, f64}) {
    auto random = random_engine();
    std::vector<double> a{INFINITY, -INFINITY, 3,  -3,  0, -0.0,     0, 1e-40,
                          -1e-40,   5,         -5, NAN, 7, INFINITY, 0},
        b{2, 3, INFINITY, INFINITY, -2, 2, 0, 2, 2, 0, 0, 1, NAN, 0, -INFINITY};
    while (static_cast<std::int64_t>(a.size()) < count) {
      const double by = static_cast<double>(random() % 2000) / 37 - 20;
      const double whole = std::ldexp(static_cast<double>(random() % 64) - 32,
                                      static_cast<int>(random() % 12));
      b.push_back(by);
      a.push_back(
          whole * by *
          (1 + (static_cast<double>(random() % 3) - 1) * std::ldexp(1.0, -23)));
    }
    a = rounded(a, dtype);
    b = rounded(b, dtype);
    std::vector<double> exact;
    for (std::size_t i = 0; i < a.size(); ++i)
      exact.push_back(static_cast<double>(floor_quotient(a[i], b[i], dtype)));
    const std::vector<std::int64_t> shape{static_cast<std::int64_t>(a.size())};
    const auto made =
        elements(ops::div(Array::from(a, shape, dtype, device()),
                          Array::from(b, shape, dtype, device()), "floor"));
    exact = rounded(exact, dtype);
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_TRUE(same_values({made[i]}, {exact[i]}))
          << a[i] << " / " << b[i] << " is " << made[i] << ", not " << exact[i];
      EXPECT_TRUE(std::isnan(exact[i]) ||
                  std::signbit(made[i]) == std::signbit(exact[i]))
          << a[i] << " / " << b[i];
    }
  }
}

TEST_P(BinaryTest, EveryLayout) {
  const std::int64_t columns = on_interpreter() ? 13 : 67;
  for (Layout a : all_layouts)
    for (Layout b : all_layouts) {
      if (on_interpreter() && a != b)
        continue;
      SCOPED_TRACE(std::string(name(a)) + " and " + name(b));
      auto random = random_engine();
      const Operand x({35, columns}, bf16, device(), a, Values::reals, random);
      const Operand y({35, columns}, i32, device(), b, Values::reals, random);
      const Operand out({35, columns}, b1, device(), Layout::padded);
      ops::lt_out(x.array(), y.array(), out.array());
      std::vector<double> exact = x.values();
      const auto other = y.values();
      for (std::size_t i = 0; i < exact.size(); ++i)
        exact[i] = exact[i] < other[i];
      EXPECT_TRUE(same_values(out.values(), exact));
      EXPECT_TRUE(out.untouched_outside());
    }
}

TEST(BinaryTableTest, IsComplete) {
  std::set<std::string> named{"add"};
  for (const BinaryRow &row : rows)
    named.insert(row.name);
  for (const ops::OpEntry &op : ops::all_ops()) {
    const std::string_view signature = op.signature_text;
    if (op.category == "elementwise" &&
        signature.find("(a: number, b: number") != signature.npos)
      EXPECT_TRUE(named.contains(std::string(op.name()))) << op.name();
  }
}

} // namespace
} // namespace girih::testing
