// SPDX-License-Identifier: Apache-2.0
// cumsum, cumprod, median, quantile, bincount.
#include "lanes.h"
#include "operands.h"
#include "tolerance.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"

#include <algorithm>

namespace girih::testing {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
using Lane = std::vector<double>;

class ScanTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(ScanTest);

struct Case {
  Sizes shape;
  std::int64_t dim;
  Layout layout = Layout::contiguous, out = Layout::contiguous;
};

std::vector<Case> cases(bool small) {
  std::vector<Case> all{{{7}, 0},
                        {{}, 0},
                        {{3, 17}, 1},
                        {{3, 17}, 0, Layout::padded},
                        {{2, 3, 33}, 1, Layout::stepped},
                        {{2, 9, 5}, -1, Layout::transposed, Layout::padded},
                        {{0, 3}, 1}};
  if (small)
    return all;
  for (std::int64_t n : {1000, 4097, 100003})
    all.push_back({{2, n}, 1, n % 2 ? Layout::contiguous : Layout::shifted});
  all.push_back({{70000, 3}, 0});
  all.push_back({{513, 33}, 1, Layout::contiguous, Layout::transposed});
  return all;
}

std::string text(const Case &c, DType dtype) {
  std::string out(girih::name(dtype));
  out += " shape";
  for (std::int64_t size : c.shape)
    out += " " + std::to_string(size);
  return out + " dim " + std::to_string(c.dim) + " " + name(c.layout);
}

Sizes at_least_one_dim(const Sizes &shape) {
  return shape.empty() ? Sizes{1} : shape;
}

TEST_P(ScanTest, Cumsum) {
  for (const Case &c : cases(on_interpreter()))
    for (DType dtype : {f32, bf16, f16, f64, i64, i32, i8, u8}) {
      SCOPED_TRACE(text(c, dtype));
      auto random = random_engine();
      const Operand x(c.shape, dtype, device(), c.layout, Values::reals,
                      random);
      const DType result = is_float(dtype) ? dtype : i64;
      const Operand out(c.shape, result, device(), c.out);
      ops::cumsum_out(x.array(), out.array(), c.dim);
      const Sizes shape = at_least_one_dim(c.shape);
      const auto lanes = lanes_along(x.values(), shape, {c.dim});
      const auto actual = lanes_along(out.values(), shape, {c.dim});
      for (std::size_t i = 0; i < lanes.size(); ++i) {
        double sum = 0, absolute = 0;
        for (std::size_t r = 0; r < lanes[i].size(); ++r) {
          sum += lanes[i][r];
          absolute += std::abs(lanes[i][r]);
          ASSERT_LE(std::abs(actual[i][r] - sum),
                    dot_bound(result, std::int64_t(r) + 2, absolute, sum))
              << "lane " << i << " element " << r << " is " << actual[i][r];
        }
      }
      EXPECT_TRUE(out.untouched_outside());
    }
}

TEST_P(ScanTest, Cumprod) {
  for (const Case &c : cases(true))
    for (DType dtype : {f32, bf16, f64, i32}) {
      SCOPED_TRACE(text(c, dtype));
      auto random = random_engine();
      const Operand x(c.shape, dtype, device(), c.layout, Values::reals,
                      random);
      const Array out = ops::cumprod(x.array(), c.dim);
      const Sizes shape = at_least_one_dim(c.shape);
      const auto lanes = lanes_along(x.values(), shape, {c.dim});
      const auto actual = lanes_along(out.to_vector(), shape, {c.dim});
      for (std::size_t i = 0; i < lanes.size(); ++i) {
        double product = 1;
        for (std::size_t r = 0; r < lanes[i].size(); ++r) {
          product *= lanes[i][r];
          ASSERT_LE(std::abs(actual[i][r] - product),
                    dot_bound(out.dtype(), std::int64_t(r) + 2,
                              std::abs(product), product));
        }
      }
    }
  // Shared by programs: powers of two stay exact.
  if (on_interpreter())
    return;
  std::vector<double> values(300000, 1), expected(300000);
  double product = 1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = i % 1000 == 7 ? (i % 2000 == 7 ? 2 : -0.5) : 1;
    product *= values[i];
    expected[i] = product;
  }
  EXPECT_TRUE(same_values(
      ops::cumprod(Array::from(values, {300000}, f32, device()), 0).to_vector(),
      expected));
}

TEST_P(ScanTest, ConvertsFirst) {
  const double values[] = {1.75, 1.75, 1.75};
  const Array x = Array::from(values, {3}, f32, device());
  EXPECT_EQ(ops::cumsum(x, 0, i64).to_vector(), (Lane{1, 2, 3}));
  const double special[] = {1, inf, -inf, 1};
  EXPECT_TRUE(same_values(
      ops::cumsum(Array::from(special, {4}, bf16, device()), 0).to_vector(),
      {1, inf, nan, nan}));
}

double median_of(Lane lane) {
  for (double x : lane)
    if (std::isnan(x))
      return nan;
  std::ranges::sort(lane);
  return lane[(lane.size() - 1) / 2];
}

TEST_P(ScanTest, Median) {
  for (const Case &c : cases(on_interpreter())) {
    if (c.shape == Sizes{0, 3})
      continue;
    for (DType dtype : {f32, bf16, i32}) {
      SCOPED_TRACE(text(c, dtype));
      auto random = random_engine();
      const Operand x(c.shape, dtype, device(), c.layout, Values::reals,
                      random);
      EXPECT_TRUE(same_values(ops::median(x.array()).to_vector(),
                              {median_of(x.values())}));
      const auto lanes =
          lanes_along(x.values(), at_least_one_dim(c.shape), {c.dim});
      const auto found = ops::median_dim(x.array(), c.dim, true);
      const Lane values = found[0].to_vector(), places = found[1].to_vector();
      ASSERT_EQ(values.size(), lanes.size());
      for (std::size_t i = 0; i < lanes.size(); ++i) {
        EXPECT_EQ(values[i], median_of(lanes[i]));
        EXPECT_EQ(lanes[i][static_cast<std::size_t>(places[i])], values[i]);
      }
    }
  }
  const double special[] = {1, nan, 2, nan, 5, 4, 3, 2};
  const auto found =
      ops::median_dim(Array::from(special, {2, 4}, f32, device()), 1);
  EXPECT_TRUE(same_values(found[0].to_vector(), {nan, 3}));
  EXPECT_TRUE(same_values(found[1].to_vector(), {1, 2}));
}

double quantile_of(Lane lane, double q, std::string_view way) {
  std::ranges::sort(lane);
  const double place = q * static_cast<double>(lane.size() - 1);
  const double low = lane[static_cast<std::size_t>(std::floor(place))],
               high = lane[static_cast<std::size_t>(std::ceil(place))];
  if (way == "lower")
    return low;
  if (way == "higher")
    return high;
  if (way == "nearest")
    return lane[static_cast<std::size_t>(std::nearbyint(place))];
  const double share = way == "midpoint" ? 0.5 : place - std::floor(place);
  return low + share * (high - low);
}

TEST_P(ScanTest, Quantile) {
  for (const char *way : {"linear", "lower", "higher", "nearest", "midpoint"})
    for (const Case &c : cases(true)) {
      if (c.shape == Sizes{0, 3})
        continue;
      SCOPED_TRACE(text(c, f32) + " " + way);
      auto random = random_engine();
      const Operand x(c.shape, f32, device(), c.layout, Values::reals, random);
      const auto lanes =
          lanes_along(x.values(), at_least_one_dim(c.shape), {c.dim});
      const double fractions[] = {0, 0.25, 0.5, 0.75, 1};
      const Array q = Array::from(fractions, {5}, f32, device());
      const Lane all =
          ops::quantile(x.array(), q, c.dim, false, way).to_vector();
      ASSERT_EQ(all.size(), 5 * lanes.size());
      for (std::size_t j = 0; j < 5; ++j)
        for (std::size_t i = 0; i < lanes.size(); ++i) {
          const double exact = quantile_of(lanes[i], fractions[j], way);
          EXPECT_LE(std::abs(all[j * lanes.size() + i] - exact),
                    dot_bound(f32, 4, 8, exact));
        }
      const double exact = quantile_of(x.values(), 0.375, way);
      EXPECT_LE(
          std::abs(
              ops::quantile(x.array(), 0.375, {}, false, way).to_vector()[0] -
              exact),
          dot_bound(f32, 4, 8, exact));
    }
  const double special[] = {1, nan, 2, -inf, inf, inf};
  EXPECT_TRUE(same_values(
      ops::quantile(Array::from(special, {2, 3}, f32, device()), 1.0, 1)
          .to_vector(),
      {nan, inf}));
}

TEST_P(ScanTest, Bincount) {
  auto random = random_engine();
  const std::size_t n = on_interpreter() ? 50 : 20011;
  Lane x(n), weights(n), counts(37, 0), sums(37, 0);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = i == 0 ? 36 : double(random() % 31);
    weights[i] = 0.25 * double(random() % 9);
    counts[static_cast<std::size_t>(x[i])] += 1;
    sums[static_cast<std::size_t>(x[i])] += weights[i];
  }
  for (DType dtype : {i64, i32, u8}) {
    const Array of = Array::from(x, {std::int64_t(n)}, dtype, device());
    EXPECT_EQ(ops::bincount(of).to_vector(), counts);
    for (DType type : {f32, f64}) {
      const Array w = Array::from(weights, {std::int64_t(n)}, type, device());
      EXPECT_EQ(ops::bincount(of, w).to_vector(), sums);
      EXPECT_EQ(ops::bincount(of, w).dtype(), type);
    }
    Lane longer = counts;
    longer.resize(50);
    EXPECT_EQ(ops::bincount(of, {}, 50).to_vector(), longer);
  }
  const Array none = Array::zeros({0}, i64, device());
  EXPECT_EQ(ops::bincount(none).numel(), 0);
  EXPECT_EQ(ops::bincount(none, {}, 3).to_vector(), (Lane{0, 0, 0}));
}

// So many elements to a bin that programs have counters of their own, and so
// few that they do not; numbers of bins next to those of counters.
TEST_P(ScanTest, CountsByHistograms) {
  auto random = random_engine();
  for (const std::size_t bins : {1U, 255U, 257U, 4093U, 16384U, 16385U})
    for (const std::size_t n :
         {std::size_t{300}, std::size_t{on_interpreter() ? 9000U : 300007U}})
      for (const DType dtype : {i64, u8}) {
        SCOPED_TRACE(std::to_string(bins) + " of " + std::to_string(n));
        Lane x(n), counts(bins, 0);
        for (double &each : x) {
          each = static_cast<double>(
              random() %
              (dtype == u8 ? std::min<std::size_t>(bins, 256) : bins));
          counts[static_cast<std::size_t>(each)] += 1;
        }
        EXPECT_EQ(ops::bincount(Array::from(x, {static_cast<std::int64_t>(n)},
                                            dtype, device()),
                                {}, static_cast<std::int64_t>(bins))
                      .to_vector(),
                  counts);
      }
}

TEST(ScanErrorTest, NameTheArgument) {
  const Array x = Array::zeros({2, 3}, f32, host_device);
  const double values[] = {1, -1};
  const Array negative = Array::from(values, {2}, i64, host_device);
  const auto expect = [&](auto call, std::string_view part) {
    std::string message = "no error";
    try {
      call();
    } catch (const RuntimeError &error) {
      message = error.what();
    }
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  expect([&] { ops::cumsum(x, 2); }, "cumsum: dim 2");
  expect([&] { ops::cumprod(x, 0, b1); }, "cumprod: dtype must be a number's");
  EXPECT_TRUE(std::isnan(
      ops::median(Array::zeros({3, 0}, bf16, host_device)).to_vector()[0]));
  expect([&] { ops::median(Array::zeros({0}, i32, host_device)); },
         "median: there is nothing to pick from");
  expect([&] { ops::quantile(x, 1.5); }, "quantile: q must be from 0 to 1");
  expect([&] { ops::quantile(x, 0.5, {}, false, "cubic"); },
         "interpolation must be");
  expect([&] { ops::bincount(negative); }, "x must not be negative");
  expect([&] { ops::bincount(x); }, "x cannot be f32");
  expect([&] { ops::bincount(Array::zeros({2}, i64, host_device), x); },
         "weights must have shape [2]");
}

} // namespace
} // namespace girih::testing
