// SPDX-License-Identifier: Apache-2.0
// Sorts of rows longer than a tile, and elements by their place in order:
// medians and quantiles.
#include "lanes.h"
#include "operands.h"
#include "order_patterns.h"
#include "order_reference.h"

#include "girih/ops/ops.h"

namespace girih::testing {
namespace {

using Lane = std::vector<double>;

class RanksTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(RanksTest);

constexpr DType dtypes[] = {f32, bf16, f16, f64, i64, i32, i16, i8, u8};

std::vector<Pattern> patterns_of(DType dtype) {
  std::vector<Pattern> all = patterns();
  if (is_float(dtype))
    all.insert(all.end(), float_patterns().begin(), float_patterns().end());
  return all;
}

// `rows` of n elements of the pattern, as the dtype has them.
Lane values_of(const Pattern &pattern, std::int64_t n, std::int64_t rows,
               DType dtype) {
  auto random = random_engine();
  Lane values;
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t i = 0; i < n; ++i)
      values.push_back(pattern.at(i, n, random));
  return rounded(values, dtype);
}

Lane row_of(const Lane &values, std::int64_t n, std::int64_t row) {
  return Lane(values.begin() + row * n, values.begin() + (row + 1) * n);
}

std::string text(const Pattern &pattern, DType dtype, std::int64_t n) {
  return std::string(pattern.name) + " " + std::string(name(dtype)) + " n " +
         std::to_string(n);
}

void check_sort(const Pattern &pattern, DType dtype, std::int64_t n,
                std::int64_t rows, Device device) {
  SCOPED_TRACE(text(pattern, dtype, n));
  const Lane values = values_of(pattern, n, rows, dtype);
  const Array x = Array::from(values, {rows, n}, dtype, device);
  for (bool descending : {false, true}) {
    const auto found = ops::sort(x, 1, descending);
    const Lane sorted = found[0].to_vector(), places = found[1].to_vector();
    for (std::int64_t row = 0; row < rows; ++row) {
      const Lane lane = row_of(values, n, row);
      const auto order = order_of(lane, descending);
      Lane expected;
      for (std::size_t at : order)
        expected.push_back(lane[at]);
      EXPECT_TRUE(same_values(row_of(sorted, n, row), expected));
      EXPECT_TRUE(same_values(row_of(places, n, row),
                              Lane(order.begin(), order.end())));
    }
  }
}

// A tile and one more, two tiles, some tiles and a part of one; on a GPU tiles
// are shorter.
TEST_P(RanksTest, LongSorts) {
  if (on_interpreter())
    return check_sort(float_patterns()[4], bf16, 16385, 1, device());
  for (DType dtype : dtypes)
    for (const Pattern &pattern : patterns_of(dtype)) {
      check_sort(pattern, dtype, 16385, 2, device());
      if (dtype == bf16 || dtype == f64)
        check_sort(pattern, dtype, 32768, 1, device());
    }
  check_sort(float_patterns()[0], f32, 70001, 3, device());
  check_sort(patterns()[1], b1, 40009, 2, device());
}

// So many pieces that sums over them have a launch of their own.
TEST_P(RanksTest, SortsOfManyPieces) {
  if (on_interpreter())
    return;
  const std::int64_t n = 97 * 16384 + 5;
  check_sort(float_patterns()[0], bf16, n, 1, device());
  check_sort(patterns()[2], i8, n, 2, device());
}

TEST_P(RanksTest, LongSortsAlongOtherDimensions) {
  const Sizes shape{2, 16411, 3};
  for (Layout layout : {Layout::contiguous, Layout::transposed}) {
    if (on_interpreter() && layout != Layout::contiguous)
      continue;
    auto random = random_engine();
    const Operand x(shape, f16, device(), layout, Values::integers, random);
    const Operand values(shape, f16, device(), Layout::padded);
    const Operand indices(shape, i64, device(), Layout::transposed);
    ops::sort_out(x.array(), values.array(), indices.array(), 1, true, true);
    auto sorted = lanes_along(x.values(), shape, {1}), places = sorted;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      const Lane lane = sorted[i];
      const auto order = order_of(lane, true);
      for (std::size_t r = 0; r < lane.size(); ++r) {
        sorted[i][r] = lane[order[r]];
        places[i][r] = static_cast<double>(order[r]);
      }
    }
    EXPECT_TRUE(same_values(values.values(), from_lanes(sorted, shape, 1)));
    EXPECT_TRUE(same_values(indices.values(), from_lanes(places, shape, 1)));
    EXPECT_TRUE(values.untouched_outside());
    EXPECT_TRUE(indices.untouched_outside());
  }
}

// Where the median is: the first NaN, or what a stable sort has in the middle.
std::size_t median_place(const Lane &lane) {
  for (std::size_t i = 0; i < lane.size(); ++i)
    if (std::isnan(lane[i]))
      return i;
  return order_of(lane, false)[(lane.size() - 1) / 2];
}

void check_median(const Pattern &pattern, DType dtype, std::int64_t n,
                  std::int64_t rows, Device device) {
  SCOPED_TRACE(text(pattern, dtype, n));
  const Lane values = values_of(pattern, n, rows, dtype);
  const Array x = Array::from(values, {rows, n}, dtype, device);
  EXPECT_TRUE(
      same_values(ops::median(x).to_vector(), {values[median_place(values)]}));
  const auto found = ops::median_dim(x, 1);
  Lane expected, places;
  for (std::int64_t row = 0; row < rows; ++row) {
    const Lane lane = row_of(values, n, row);
    places.push_back(static_cast<double>(median_place(lane)));
    expected.push_back(lane[median_place(lane)]);
  }
  EXPECT_TRUE(same_values(found[0].to_vector(), expected));
  EXPECT_TRUE(same_values(found[1].to_vector(), places));
}

TEST_P(RanksTest, Medians) {
  if (on_interpreter()) {
    for (std::size_t i : {std::size_t{0}, std::size_t{4}, std::size_t{6}})
      check_median(float_patterns()[i], bf16, 131, 2, device());
    return check_median(patterns()[2], i32, 8194, 2, device());
  }
  for (DType dtype : dtypes)
    for (const Pattern &pattern : patterns_of(dtype))
      for (std::int64_t n : {2, 127, 128, 1031, 16384})
        check_median(pattern, dtype, n, 3, device());
  check_median(float_patterns()[0], f32, 16385, 2, device());
  check_median(patterns()[2], i64, 300007, 2, device());
}

// All elements: keys found a digit at a time.
TEST_P(RanksTest, MediansOfAllElements) {
  if (on_interpreter())
    return;
  for (DType dtype : dtypes)
    for (const Pattern &pattern : patterns_of(dtype))
      for (std::int64_t n : {16385, 40001}) {
        SCOPED_TRACE(text(pattern, dtype, n));
        const Lane values = values_of(pattern, n, 1, dtype);
        EXPECT_TRUE(same_values(
            ops::median(Array::from(values, {n}, dtype, device())).to_vector(),
            {values[median_place(values)]}));
      }
  const Lane many = values_of(float_patterns()[0], 2000003, 1, f32);
  EXPECT_TRUE(same_values(
      ops::median(Array::from(many, {2000003}, f32, device())).to_vector(),
      {many[median_place(many)]}));
}

TEST_P(RanksTest, QuantilesOfRows) {
  for (std::int64_t n : {std::int64_t{129}, std::int64_t{4097}})
    for (DType dtype : {f32, f64, bf16})
      for (const Pattern &pattern : patterns_of(dtype)) {
        if (on_interpreter() && (n > 129 || dtype != f32))
          continue;
        SCOPED_TRACE(text(pattern, dtype, n));
        const Lane values = values_of(pattern, n, 2, dtype);
        const Array x = Array::from(values, {2, n}, dtype, device());
        for (double q : {0.0, 0.25, 0.3, 1.0}) {
          const double place = q * static_cast<double>(n - 1);
          const Lane lower = ops::quantile(x, q, 1, false, "lower").to_vector();
          const Lane higher =
              ops::quantile(x, q, 1, true, "higher").to_vector();
          for (std::int64_t row = 0; row < 2; ++row) {
            const Lane lane = row_of(values, n, row);
            const auto order = order_of(lane, false);
            const auto at = [&](double number) {
              const bool has_nan = std::isnan(lane[order.back()]);
              return has_nan ? not_a_number
                             : lane[order[static_cast<std::size_t>(number)]];
            };
            const auto each = static_cast<std::size_t>(row);
            EXPECT_TRUE(same_values({lower[each]}, {at(std::floor(place))}));
            EXPECT_TRUE(same_values({higher[each]}, {at(std::ceil(place))}));
          }
        }
      }
}

} // namespace
} // namespace girih::testing
