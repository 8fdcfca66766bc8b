// SPDX-License-Identifier: Apache-2.0
// Operators of one array, one row of the table each, against long double.
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

struct UnaryRow {
  const char *name;
  Array (*make)(const Array &, const Stream &, Where);
  void (*into)(const Array &, const Array &, const Stream &, Where);
  Real (*exact)(Real);
  double low, high; // of random inputs
  Takes takes = Takes::numbers_and_bool;
  Gives gives = Gives::real;
};

#define GIRIH_UNARY(name) #name, &ops::name, &ops::name##_out

Real sign_of(Real x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

const UnaryRow rows[] = {
    {GIRIH_UNARY(exp), [](Real x) { return std::exp(x); }, -20, 20},
    {GIRIH_UNARY(exp2), [](Real x) { return std::exp2(x); }, -20, 20},
    {GIRIH_UNARY(expm1), [](Real x) { return std::expm1(x); }, -3, 3},
    {GIRIH_UNARY(log), [](Real x) { return std::log(x); }, 0, 4},
    {GIRIH_UNARY(log2), [](Real x) { return std::log2(x); }, 0, 4},
    {GIRIH_UNARY(log1p), [](Real x) { return std::log1p(x); }, -1, 2},
    {GIRIH_UNARY(sqrt), [](Real x) { return std::sqrt(x); }, 0, 9},
    {GIRIH_UNARY(rsqrt), [](Real x) { return 1 / std::sqrt(x); }, 0, 9},
    {GIRIH_UNARY(reciprocal), [](Real x) { return 1 / x; }, -9, 9},
    {GIRIH_UNARY(sin), [](Real x) { return std::sin(x); }, -30, 30},
    {GIRIH_UNARY(cos), [](Real x) { return std::cos(x); }, -30, 30},
    {GIRIH_UNARY(tan), [](Real x) { return std::tan(x); }, -30, 30},
    {GIRIH_UNARY(sinh), [](Real x) { return std::sinh(x); }, -9, 9},
    {GIRIH_UNARY(cosh), [](Real x) { return std::cosh(x); }, -9, 9},
    {GIRIH_UNARY(tanh), [](Real x) { return std::tanh(x); }, -4, 4},
    {GIRIH_UNARY(asin), [](Real x) { return std::asin(x); }, -1.1, 1.1},
    {GIRIH_UNARY(acos), [](Real x) { return std::acos(x); }, -1.1, 1.1},
    {GIRIH_UNARY(atan), [](Real x) { return std::atan(x); }, -9, 9},
    {GIRIH_UNARY(asinh), [](Real x) { return std::asinh(x); }, -9, 9},
    {GIRIH_UNARY(acosh), [](Real x) { return std::acosh(x); }, 0.9, 9},
    {GIRIH_UNARY(atanh), [](Real x) { return std::atanh(x); }, -1.1, 1.1},
    {GIRIH_UNARY(erf), [](Real x) { return std::erf(x); }, -4, 4},
    {GIRIH_UNARY(abs), [](Real x) { return std::abs(x); }, -9, 9,
     Takes::numbers, Gives::same},
    {GIRIH_UNARY(neg), [](Real x) { return -x; }, -9, 9, Takes::numbers,
     Gives::same},
    {GIRIH_UNARY(floor), [](Real x) { return std::floor(x); }, -9, 9,
     Takes::numbers, Gives::same},
    {GIRIH_UNARY(ceil), [](Real x) { return std::ceil(x); }, -9, 9,
     Takes::numbers, Gives::same},
    {GIRIH_UNARY(trunc), [](Real x) { return std::trunc(x); }, -9, 9,
     Takes::numbers, Gives::same},
    {GIRIH_UNARY(sign), sign_of, -9, 9, Takes::numbers_and_bool, Gives::same},
    {GIRIH_UNARY(sgn), sign_of, -9, 9, Takes::numbers_and_bool, Gives::same},
    {GIRIH_UNARY(signbit), [](Real x) -> Real { return std::signbit(x); }, -9,
     9, Takes::numbers_and_bool, Gives::mask},
    {GIRIH_UNARY(isnan), [](Real x) -> Real { return std::isnan(x); }, -9, 9,
     Takes::numbers_and_bool, Gives::mask},
    {GIRIH_UNARY(isinf), [](Real x) -> Real { return std::isinf(x); }, -9, 9,
     Takes::numbers_and_bool, Gives::mask},
    {GIRIH_UNARY(isfinite), [](Real x) -> Real { return std::isfinite(x); }, -9,
     9, Takes::numbers_and_bool, Gives::mask},
    {GIRIH_UNARY(logical_not), [](Real x) -> Real { return x == 0; }, -9, 9,
     Takes::numbers_and_bool, Gives::mask},
};

// signbit(NaN) is whatever the bits say; nothing here makes them.
bool is_sign_of_nan(const UnaryRow &row, double x) {
  return row.name == std::string("signbit") && std::isnan(x);
}

class UnaryTest : public OnDevice {
protected:
  void check(const UnaryRow &row, const std::vector<double> &values,
             DType dtype) {
    const DType result = result_of(row.gives, dtype);
    std::vector<double> exact;
    for (double x :
         result == f32 && dtype != f64 ? rounded(values, f32) : values)
      exact.push_back(wrapped(static_cast<double>(row.exact(x)), result));
    const Array x = Array::from(
        values, {static_cast<std::int64_t>(values.size())}, dtype, device());
    const Array out = poisoned(x.shape(), result, device());
    row.into(x, out, {}, Where::current());
    EXPECT_TRUE(near_exact(elements(out), exact, values, result, {}));
  }
};
GIRIH_ON_EACH_DEVICE(UnaryTest);

TEST_P(UnaryTest, EveryDtype) {
  auto random = random_engine();
  for (const UnaryRow &row : rows)
    for (DType dtype : dtypes_of(row.takes, on_interpreter())) {
      SCOPED_TRACE(std::string(row.name) + " " +
                   std::string(girih::name(dtype)));
      std::vector<double> values = special_values(dtype);
      std::erase_if(values, [&](double x) { return is_sign_of_nan(row, x); });
      const auto others = random_values(1009, dtype, row.low, row.high, random);
      values.insert(values.end(), others.begin(), others.end());
      check(row, values, dtype);
    }
}

TEST_P(UnaryTest, StridedInputs) {
  auto random = random_engine();
  for (const UnaryRow &row : rows) {
    if (on_interpreter() && row.gives != Gives::mask)
      continue;
    SCOPED_TRACE(row.name);
    const auto values = random_values(7 * 19, bf16, row.low, row.high, random);
    const DType result = result_of(row.gives, bf16);
    std::vector<double> exact;
    for (double x : values)
      exact.push_back(static_cast<double>(row.exact(x)));
    const Array out =
        row.make(stepped(values, 7, bf16, device()), {}, Where::current());
    ASSERT_EQ(out.dtype(), result);
    EXPECT_TRUE(near_exact(elements(out), exact, values, result, {}));
  }
}

TEST_P(UnaryTest, EveryLayoutOfUnequalWidths) {
  const std::int64_t columns = on_interpreter() ? 17 : 67;
  for (Layout in : all_layouts)
    for (Layout out_layout : all_layouts) {
      if (on_interpreter() && in != out_layout)
        continue;
      SCOPED_TRACE(std::string(name(in)) + " -> " + name(out_layout));
      auto random = random_engine();
      const Operand x({35, columns}, bf16, device(), in, Values::reals, random);
      const Operand mask({35, columns}, b1, device(), out_layout);
      ops::signbit_out(x.array(), mask.array());
      std::vector<double> exact;
      for (double value : x.values())
        exact.push_back(std::signbit(value));
      EXPECT_TRUE(same_values(mask.values(), exact));
      EXPECT_TRUE(mask.untouched_outside());
      const Operand whole({35, columns}, i64, device(), out_layout);
      ops::cast_out(x.array(), whole.array());
      exact = x.values();
      for (double &value : exact)
        value = std::trunc(value);
      EXPECT_TRUE(same_values(whole.values(), exact));
      EXPECT_TRUE(whole.untouched_outside());
    }
}

TEST_P(UnaryTest, EmptyAndScalarShapes) {
  for (const UnaryRow &row : rows) {
    SCOPED_TRACE(row.name);
    const Array none = Array::zeros({3, 0}, f32, device());
    EXPECT_EQ(row.make(none, {}, Where::current()).numel(), 0);
    if (on_interpreter())
      continue;
    const double one[] = {0.75};
    const Array scalar =
        row.make(Array::from(one, {}, f32, device()), {}, Where::current());
    ASSERT_EQ(scalar.rank(), 0);
    EXPECT_TRUE(near_exact(elements(scalar),
                           {static_cast<double>(row.exact(0.75L))}, {0.75},
                           scalar.dtype(), {}));
  }
}

TEST_P(UnaryTest, InvertsBits) {
  for (DType dtype : dtypes_of(Takes::integers_and_bool, on_interpreter())) {
    SCOPED_TRACE(girih::name(dtype));
    const auto values = special_values(dtype);
    const Array x = Array::from(
        values, {static_cast<std::int64_t>(values.size())}, dtype, device());
    std::vector<double> exact;
    for (double value : values)
      exact.push_back(dtype == b1 ? value == 0 : wrapped(-1 - value, dtype));
    EXPECT_TRUE(same_values(elements(ops::bitwise_not(x)), exact));
  }
}

TEST_P(UnaryTest, RoundsToDecimals) {
  const std::vector<double> values{2.5,   3.5,  -0.5, 2.345,    -7.25,
                                   1e-3,  25,   35,   -125.5,   1234.5678,
                                   0.125, 49.9, 1e30, INFINITY, NAN};
  for (DType dtype : dtypes_of(Takes::floats, on_interpreter()))
    for (int decimals : {0, 1, 3, -1, -2}) {
      SCOPED_TRACE(std::string(girih::name(dtype)) + " " +
                   std::to_string(decimals));
      const auto held = rounded(values, dtype);
      const Array x = Array::from(held, {15}, dtype, device());
      // As PyTorch defines it: the product is rounded, too.
      const DType type = dtype == f64 ? f64 : f32;
      const double scale = std::pow(10.0, std::abs(decimals));
      std::vector<double> scaled, exact;
      for (double value : held)
        scaled.push_back(decimals < 0 ? value / scale : value * scale);
      for (double value : rounded(scaled, type))
        exact.push_back(decimals < 0 ? std::nearbyint(value) * scale
                                     : std::nearbyint(value) / scale);
      EXPECT_TRUE(near_exact(elements(ops::round(x, decimals)), exact, held,
                             dtype, {}));
    }
  const double whole[] = {1, -2, 3};
  EXPECT_TRUE(
      same_values(elements(ops::round(Array::from(whole, {3}, i32, device()))),
                  {1, -2, 3}));
}

// Every pair of dtypes, by what Array's own conversion gives; integers wrap.
TEST_P(UnaryTest, CastsEveryDtypeToEvery) {
  constexpr DType all[] = {f64, f32, f16, bf16, e4m3, e5m2,
                           i64, i32, i16, i8,   u8,   b1};
  for (DType from : all)
    for (DType to : all) {
      if (on_interpreter() && from != f32 && to != f32)
        continue;
      SCOPED_TRACE(std::string(girih::name(from)) + " to " +
                   std::string(girih::name(to)));
      std::vector<double> values = special_values(from);
      if (!is_float(to))
        std::erase_if(values, [](double x) { return std::isnan(x); });
      const Array x = Array::from(
          values, {static_cast<std::int64_t>(values.size())}, from, device());
      std::vector<double> exact;
      for (double value : elements(x))
        exact.push_back(is_float(from) && to != b1 ? value
                                                   : wrapped(value, to));
      const Array out = ops::cast(x, to);
      ASSERT_EQ(out.dtype(), to);
      EXPECT_TRUE(same_values(elements(out), rounded(exact, to)));
    }
}

// Every number of 8 and of 16 bits, to every float and back.
TEST_P(UnaryTest, CastsNarrowFloatsExhaustively) {
  if (on_interpreter())
    GTEST_SKIP() << "too many elements for the interpreter";
  for (DType from : {e4m3, e5m2, f16, bf16}) {
    const std::int64_t count = from == e4m3 || from == e5m2 ? 256 : 65536;
    std::vector<double> codes;
    for (std::int64_t code = 0; code < count; ++code)
      codes.push_back(
          static_cast<double>(code < count / 2 ? code : code - count));
    const Array bits =
        Array::from(codes, {count}, count == 256 ? i8 : i16, device());
    const Array x(bits.data(), {count}, from, device());
    const auto values = elements(x);
    for (DType to : {f64, f32, f16, bf16, e4m3, e5m2}) {
      SCOPED_TRACE(std::string(girih::name(from)) + " to " +
                   std::string(girih::name(to)));
      EXPECT_TRUE(same_values(elements(ops::cast(x, to)),
                              to == from ? values : rounded(values, to)));
    }
  }
}

// Every op of this category has its row, here or in the table of two operands.
TEST(UnaryTableTest, IsComplete) {
  std::set<std::string> named{"bitwise_not", "round", "cast"};
  for (const UnaryRow &row : rows)
    named.insert(row.name);
  for (const ops::OpEntry &op : ops::all_ops())
    if (op.category == "elementwise" && op.inputs == 1)
      EXPECT_TRUE(named.contains(std::string(op.name()))) << op.name();
}

} // namespace
} // namespace girih::testing
