// SPDX-License-Identifier: Apache-2.0
// where, lerp, addcmul, addcdiv.
#include "elements.h"

#include "girih/ops/ops.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace girih::testing {
namespace {

class TernaryTest : public OnDevice {
protected:
  /// Three inputs of [5, 19], the second of one row, the third strided.
  void make(DType dtype) {
    auto random = random_engine();
    x = random_values(5 * 19, dtype, -9, 9, random);
    const auto row = random_values(19, dtype, -3, 3, random);
    z = random_values(5 * 19, dtype, 0.5, 2, random);
    if (!is_float(dtype) && dtype != b1)
      std::ranges::replace(z, 0.0, 3.0);
    y.clear();
    for (int i = 0; i < 5; ++i)
      y.insert(y.end(), row.begin(), row.end());
    first = Array::from(x, {5, 19}, dtype, device());
    second = Array::from(row, {19}, dtype, device());
    third = stepped(z, 5, dtype, device());
  }
  std::vector<double> x, y, z;
  Array first, second, third;
};
GIRIH_ON_EACH_DEVICE(TernaryTest);

TEST_P(TernaryTest, WhereChooses) {
  for (DType dtype : dtypes_of(Takes::numbers_and_bool, on_interpreter())) {
    SCOPED_TRACE(girih::name(dtype));
    make(dtype);
    const Array condition = ops::gt(third, 1);
    const Array out = ops::where(condition, first, second);
    ASSERT_EQ(out.dtype(), dtype);
    std::vector<double> exact;
    for (std::size_t i = 0; i < x.size(); ++i)
      exact.push_back(z[i] > 1 ? x[i] : y[i]);
    EXPECT_TRUE(same_values(elements(out), exact));
  }
}

// What all of a row share, and arrays of one element, the mask among them.
TEST_P(TernaryTest, SharedOperands) {
  constexpr std::int64_t rows = 5, columns = 77;
  std::vector<double> all(rows * columns), few{3, -1, 0, 2, -4};
  std::iota(all.begin(), all.end(), -190.0);
  for (DType dtype : {f32, bf16, i32}) {
    SCOPED_TRACE(girih::name(dtype));
    const Array whole = Array::from(all, {rows, columns}, dtype, device()),
                shared = Array::from(few, {rows, 1}, dtype, device()),
                one = Array::from(std::vector<double>{5}, {1}, dtype, device()),
                mask = ops::gt(shared, 0), single = ops::gt(one, 0);
    std::vector<double> chosen, masked, kept, sums, differences;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const double x = all[i], row = few[i / columns];
      chosen.push_back(row > 0 ? x : row);
      masked.push_back(row > 0 ? 9 : x);
      kept.push_back(x);
      sums.push_back(x + row * 5);
      differences.push_back(5 - x);
    }
    EXPECT_TRUE(same_values(elements(ops::where(mask, whole, shared)), chosen));
    EXPECT_TRUE(
        same_values(elements(ops::masked_fill(whole, mask, 9)), masked));
    EXPECT_TRUE(same_values(elements(ops::where(single, whole, one)), kept));
    EXPECT_TRUE(same_values(elements(ops::addcmul(whole, shared, one)), sums));
    EXPECT_TRUE(same_values(elements(ops::sub(one, whole)), differences));
  }
}

TEST_P(TernaryTest, WhereOfNumbers) {
  make(f16);
  const Array condition = ops::gt(first, second);
  EXPECT_EQ(ops::where(condition, 1, 0).dtype(), i64);
  EXPECT_EQ(ops::where(condition, true, false).dtype(), b1);
  EXPECT_EQ(ops::where(condition, 1, 0.5).dtype(), f32);
  EXPECT_EQ(ops::where(condition, first, 0.5).dtype(), f16);
  EXPECT_EQ(ops::where(condition, first, third).dtype(), f16);
  std::vector<double> exact;
  for (std::size_t i = 0; i < x.size(); ++i)
    exact.push_back(x[i] > y[i] ? 7 : x[i]);
  EXPECT_TRUE(same_values(elements(ops::where(condition, 7, first)), exact));
  const Array nan =
      Array::from(std::vector<double>{NAN, 1}, {2}, bf16, device());
  EXPECT_TRUE(
      same_values(elements(ops::where(ops::isnan(nan), -1, nan)), {-1, 1}));
}

TEST_P(TernaryTest, LerpMeetsBothEnds) {
  for (DType dtype : dtypes_of(Takes::floats, on_interpreter())) {
    SCOPED_TRACE(girih::name(dtype));
    make(dtype);
    for (double weight : {0.0, 0.25, 0.75, 1.0, -2.0}) {
      SCOPED_TRACE(weight);
      std::vector<double> exact;
      for (std::size_t i = 0; i < x.size(); ++i)
        exact.push_back(x[i] + weight * (y[i] - x[i]));
      const auto actual = elements(ops::lerp(first, second, weight));
      if (weight == 0 || weight == 1)
        EXPECT_TRUE(same_values(actual, weight == 0 ? x : y));
      else
        EXPECT_TRUE(near_exact(actual, exact, std::vector(x.size(), 9.0), dtype,
                               {.cancelling = 4}));
    }
    std::vector<double> exact;
    for (std::size_t i = 0; i < x.size(); ++i)
      exact.push_back(x[i] + z[i] * (y[i] - x[i]));
    EXPECT_TRUE(near_exact(elements(ops::lerp(first, second, third)), exact,
                           std::vector(x.size(), 9.0), dtype,
                           {.cancelling = 4}));
  }
}

TEST_P(TernaryTest, AddsScaledProducts) {
  for (DType dtype : dtypes_of(Takes::numbers, on_interpreter())) {
    SCOPED_TRACE(girih::name(dtype));
    make(dtype);
    std::vector<double> exact;
    for (std::size_t i = 0; i < x.size(); ++i)
      exact.push_back(wrapped(x[i] + 2 * y[i] * z[i], dtype));
    EXPECT_TRUE(near_exact(elements(ops::addcmul(first, second, third, 2)),
                           exact, std::vector(x.size(), 12.0), dtype,
                           {.cancelling = 1}));
  }
}

TEST_P(TernaryTest, AddsScaledQuotients) {
  for (DType dtype : dtypes_of(Takes::floats, on_interpreter())) {
    SCOPED_TRACE(girih::name(dtype));
    make(dtype);
    std::vector<double> exact;
    for (std::size_t i = 0; i < x.size(); ++i)
      exact.push_back(x[i] + 0.5 * (y[i] / z[i]));
    EXPECT_TRUE(near_exact(elements(ops::addcdiv(first, second, third, 0.5)),
                           exact, std::vector(x.size(), 12.0), dtype,
                           {.cancelling = 1}));
  }
}

} // namespace
} // namespace girih::testing
