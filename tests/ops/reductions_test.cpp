// SPDX-License-Identifier: Apache-2.0
#include "lanes.h"
#include "operands.h"
#include "tolerance.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace girih::testing {
namespace {

constexpr DType floats[] = {f32, bf16, f16, f64};
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
using Lane = std::vector<double>;

class ReductionTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(ReductionTest);

struct Case {
  Sizes shape;
  std::vector<std::int64_t> dims;
  Layout layout = Layout::contiguous;
};

// Rows, columns, both, all; short and long, odd, few and long, around tiles.
std::vector<Case> cases(bool small) {
  std::vector<Case> all{{{7}, {0}},
                        {{}, {}},
                        {{1, 1}, {1}},
                        {{5, 3}, {1}},
                        {{5, 3}, {0}},
                        {{2, 3, 4, 5}, {1, 3}},
                        {{2, 3, 4, 5}, {0, 2}},
                        {{3, 17}, {-1}, Layout::transposed},
                        {{3, 17}, {-1}, Layout::stepped},
                        {{3, 17}, {}, Layout::padded},
                        {{4, 31}, {0}, Layout::shifted},
                        {{3, 0}, {0}}};
  if (small)
    return all;
  for (std::int64_t n : {257, 4095, 4097, 20011})
    for (auto dims : {std::vector<std::int64_t>{1}, {0}, {}}) {
      all.push_back({{3, n}, dims});
      all.push_back({{n, 5}, dims, Layout::padded});
    }
  all.push_back({{513, 33}, {1}});
  all.push_back({{513, 33}, {0}});
  all.push_back({{40, 3, 700}, {1}});
  all.push_back({{40, 3, 700}, {0, 2}, Layout::transposed});
  all.push_back({{2, 3, 2, 3, 2, 3, 2, 2}, {0, 2, 4, 6}});
  all.push_back({{1, 300007}, {1}});
  all.push_back({{100003, 2}, {0}});
  return all;
}

std::string text(const Case &c, DType dtype) {
  std::string out(girih::name(dtype));
  out += " shape";
  for (std::int64_t size : c.shape)
    out += " " + std::to_string(size);
  out += " dims";
  for (std::int64_t d : c.dims)
    out += " " + std::to_string(d);
  return out + " " + name(c.layout);
}

Sizes shape_of(const Case &c, bool keepdim) {
  Sizes out;
  for (std::size_t d = 0; d < c.shape.size(); ++d) {
    const auto at = static_cast<std::int64_t>(d);
    const bool goes =
        c.dims.empty() ||
        std::ranges::count(c.dims, at) +
                std::ranges::count(
                    c.dims, at - static_cast<std::int64_t>(c.shape.size())) >
            0;
    if (!goes || keepdim)
      out.push_back(goes ? 1 : c.shape[d]);
  }
  return out;
}

using Launch = std::function<void(const Array &x, const Case &, bool keepdim,
                                  const Array &out)>;
using Exact = std::function<double(const Lane &)>;
using Bound = std::function<double(const Lane &, double exact, DType out)>;

::testing::AssertionResult near(const std::vector<double> &actual,
                                const std::vector<Lane> &lanes,
                                const Exact &exact, const Bound &bound,
                                DType dtype) {
  if (actual.size() != lanes.size())
    return ::testing::AssertionFailure() << actual.size() << " results";
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const double wanted = exact(lanes[i]);
    const double most = bound ? bound(lanes[i], wanted, dtype) : 0;
    const bool equal =
        actual[i] == wanted || (std::isnan(actual[i]) && std::isnan(wanted));
    if (!equal && !(std::abs(actual[i] - wanted) <= most))
      return ::testing::AssertionFailure()
             << "result " << i << " is " << actual[i] << ", expected " << wanted
             << " within " << most;
  }
  return ::testing::AssertionSuccess();
}

void check(const Case &c, DType dtype, DType result, Device device,
           Values values, bool keepdim, const Launch &run, const Exact &exact,
           const Bound &bound = {}) {
  SCOPED_TRACE(text(c, dtype));
  auto random = random_engine();
  const Operand x(c.shape, dtype, device, c.layout, values, random);
  const Operand out(shape_of(c, keepdim), result, device,
                    keepdim ? Layout::padded : Layout::contiguous);
  run(x.array(), c, keepdim, out.array());
  EXPECT_TRUE(near(out.values(), lanes_along(x.values(), c.shape, c.dims),
                   exact, bound, result));
  if (result != b1) // of which no value is poison
    EXPECT_TRUE(out.untouched_outside());
}

double total(const Lane &lane) {
  return std::accumulate(lane.begin(), lane.end(), 0.0);
}
double absolute(const Lane &lane) {
  double sum = 0;
  for (double x : lane)
    sum += std::abs(x);
  return sum;
}
double sum_bound(const Lane &lane, double exact, DType out) {
  return dot_bound(out, static_cast<std::int64_t>(lane.size()), absolute(lane),
                   exact);
}

TEST_P(ReductionTest, Sum) {
  const Launch run = [](const Array &x, const Case &c, bool keepdim,
                        const Array &out) {
    ops::sum_out(x, out, c.dims, keepdim);
  };
  for (const Case &c : cases(on_interpreter()))
    for (DType dtype : floats)
      check(c, dtype, dtype, device(), Values::reals, dtype == f32, run, total,
            sum_bound);
  for (const Case &c : cases(on_interpreter()))
    for (DType dtype : {f32, i64, i32, i16, i8, u8})
      check(c, dtype, is_float(dtype) ? dtype : i64, device(), Values::integers,
            false, run, total);
}

TEST_P(ReductionTest, SumConverts) {
  const double values[] = {1.75, -2.5, 3.25};
  const Array x = Array::from(values, {3}, f32, device());
  EXPECT_EQ(ops::sum(x, {}, false, i64).to_vector(), Lane{2});
  EXPECT_EQ(ops::sum(x, {}, false, f64).to_vector(), Lane{2.5});
  const double large[] = {65504, 65504, 100000};
  const Array y = Array::from(large, {3}, f32, device());
  EXPECT_EQ(ops::sum(y, {}, false, f16).to_vector(), Lane{inf});
  const double bits[] = {1, 0, 1};
  const Array flags = Array::from(bits, {3}, b1, device());
  EXPECT_EQ(ops::sum(flags).to_vector(), Lane{2});
  EXPECT_EQ(ops::sum(flags).dtype(), i64);
}

TEST_P(ReductionTest, Mean) {
  const auto mean = [](const Lane &lane) {
    return lane.empty() ? nan : total(lane) / static_cast<double>(lane.size());
  };
  const Bound bound = [](const Lane &lane, double exact, DType out) {
    const double n = static_cast<double>(lane.size());
    return dot_bound(out, static_cast<std::int64_t>(lane.size()) + 1,
                     absolute(lane) / n, exact);
  };
  for (const Case &c : cases(on_interpreter()))
    for (DType dtype : floats)
      check(
          c, dtype, dtype, device(), Values::reals, dtype == bf16,
          [](const Array &x, const Case &each, bool keepdim, const Array &out) {
            ops::mean_out(x, out, each.dims, keepdim);
          },
          mean, bound);
}

TEST_P(ReductionTest, Prod) {
  const auto product = [](const Lane &lane) {
    double out = 1;
    for (double x : lane)
      out *= x;
    return out;
  };
  const Bound bound = [](const Lane &lane, double exact, DType out) {
    return dot_bound(out, static_cast<std::int64_t>(lane.size()) + 1,
                     std::abs(exact), exact);
  };
  const std::vector<Case> short_ones = cases(true);
  for (const Case &c : short_ones)
    for (DType dtype : floats)
      check(
          c, dtype, dtype, device(), Values::reals, false,
          [](const Array &x, const Case &each, bool keepdim, const Array &out) {
            ops::prod_out(x, out, each.dims, keepdim);
          },
          product, bound);
}

template <bool Largest> std::size_t place(const Lane &lane) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < lane.size(); ++i)
    if (!std::isnan(lane[best]) &&
        (std::isnan(lane[i]) ||
         (Largest ? lane[i] > lane[best] : lane[i] < lane[best])))
      best = i;
  return best;
}

template <bool Largest>
void check_extrema(const std::vector<Case> &all, Device device,
                   const Launch &values, const Launch &places) {
  for (const Case &c : all) {
    if (c.shape == Sizes{3, 0})
      continue;
    for (DType dtype : {f32, bf16, f16, f64, i64, i32, i16, i8, u8}) {
      // Every dtype has every form; these few every shape.
      if (&c - all.data() > 18 && dtype != f32 && dtype != bf16 && dtype != i64)
        continue;
      check(c, dtype, dtype, device, Values::reals, dtype == f32, values,
            [](const Lane &lane) { return lane[place<Largest>(lane)]; });
      // Small integers: many ties.
      if (c.dims.size() <= 1)
        check(c, dtype, i64, device, Values::integers, false, places,
              [](const Lane &lane) {
                return static_cast<double>(place<Largest>(lane));
              });
    }
  }
}

TEST_P(ReductionTest, Largest) {
  check_extrema<true>(
      cases(on_interpreter()), device(),
      [](const Array &x, const Case &c, bool keepdim, const Array &out) {
        ops::amax_out(x, out, c.dims, keepdim);
      },
      [](const Array &x, const Case &c, bool keepdim, const Array &out) {
        ops::argmax_out(
            x, out, c.dims.empty() ? std::nullopt : std::optional(c.dims[0]),
            keepdim);
      });
}

TEST_P(ReductionTest, Smallest) {
  check_extrema<false>(
      cases(on_interpreter()), device(),
      [](const Array &x, const Case &c, bool keepdim, const Array &out) {
        ops::amin_out(x, out, c.dims, keepdim);
      },
      [](const Array &x, const Case &c, bool keepdim, const Array &out) {
        ops::argmin_out(
            x, out, c.dims.empty() ? std::nullopt : std::optional(c.dims[0]),
            keepdim);
      });
}

TEST_P(ReductionTest, ExtremaWithPlaces) {
  for (const Case &c : cases(on_interpreter())) {
    if (c.dims.size() != 1 || c.shape == Sizes{3, 0})
      continue;
    SCOPED_TRACE(text(c, f32));
    auto random = random_engine();
    const Operand x(c.shape, f32, device(), c.layout, Values::integers, random);
    const auto lanes = lanes_along(x.values(), c.shape, c.dims);
    const auto largest = ops::max_dim(x.array(), c.dims[0]);
    const auto smallest = ops::min_dim(x.array(), c.dims[0], true);
    const auto most = largest[0].to_vector(), where = largest[1].to_vector();
    const auto least = smallest[0].to_vector(), at = smallest[1].to_vector();
    ASSERT_EQ(most.size(), lanes.size());
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      EXPECT_EQ(where[i], static_cast<double>(place<true>(lanes[i])));
      EXPECT_EQ(at[i], static_cast<double>(place<false>(lanes[i])));
      EXPECT_EQ(most[i], lanes[i][place<true>(lanes[i])]);
      EXPECT_EQ(least[i], lanes[i][place<false>(lanes[i])]);
    }
  }
}

TEST_P(ReductionTest, ExtremaOfSpecialValues) {
  const std::int64_t n = on_interpreter() ? 40 : 70001;
  for (DType dtype : floats) {
    std::vector<double> values(static_cast<std::size_t>(n), -inf);
    const auto array = [&] {
      return Array::from(values, {n}, dtype, device());
    };
    EXPECT_EQ(ops::argmax(array()).to_vector(), Lane{0});
    EXPECT_EQ(ops::max(array()).to_vector(), Lane{-inf});
    values[23] = 0.0;
    values[29] = -0.0;
    EXPECT_EQ(ops::argmax(array()).to_vector(), Lane{23});
    values[static_cast<std::size_t>(n) - 1] = nan;
    EXPECT_EQ(ops::argmax(array()).to_vector(), Lane{double(n - 1)});
    values[31] = nan;
    EXPECT_EQ(ops::argmax(array()).to_vector(), Lane{31});
    EXPECT_EQ(ops::argmin(array()).to_vector(), Lane{31});
    EXPECT_TRUE(same_values(ops::max(array()).to_vector(), {nan}));
    EXPECT_TRUE(same_values(ops::min(array()).to_vector(), {nan}));
  }
  const double low[] = {-9223372036854775808.0, -9223372036854775808.0};
  EXPECT_EQ(ops::argmax(Array::from(low, {2}, i64, device())).to_vector(),
            Lane{0});
  const double flags[] = {0, 1, 1};
  const Array bits = Array::from(flags, {3}, b1, device());
  EXPECT_EQ(ops::amax(bits).to_vector(), Lane{1});
  EXPECT_EQ(ops::min(bits).to_vector(), Lane{0});
}

TEST_P(ReductionTest, AnyAndAll) {
  for (const Case &c : cases(on_interpreter()))
    for (DType dtype : {f32, u8}) {
      const DType result = dtype == u8 ? u8 : b1;
      check(
          c, dtype, result, device(), Values::integers, false,
          [](const Array &x, const Case &each, bool keepdim, const Array &out) {
            ops::any_out(x, out, each.dims, keepdim);
          },
          [](const Lane &lane) {
            return double(
                std::ranges::any_of(lane, [](double x) { return x != 0; }));
          });
      check(
          c, dtype, result, device(), Values::integers, true,
          [](const Array &x, const Case &each, bool keepdim, const Array &out) {
            ops::all_out(x, out, each.dims, keepdim);
          },
          [](const Lane &lane) {
            return double(
                std::ranges::all_of(lane, [](double x) { return x != 0; }));
          });
    }
}

double variance(const Lane &lane, double correction) {
  const double n = static_cast<double>(lane.size());
  const double mean = total(lane) / n;
  double squares = 0;
  for (double x : lane)
    squares += (x - mean) * (x - mean);
  return squares / std::max(n - correction, 0.0);
}

double largest(const Lane &lane) {
  double out = 0;
  for (double x : lane)
    out = std::max(out, std::abs(x));
  return out;
}

// The mean is rounded relative to the values, and distances with it.
double variance_bound(const Lane &lane, double wanted, DType out) {
  return dot_bound(out, 4 * std::int64_t(lane.size()) + 8,
                   wanted + largest(lane) * std::sqrt(wanted), wanted);
}
double deviation_bound(const Lane &lane, double wanted, DType out) {
  return dot_bound(out, 4 * std::int64_t(lane.size()) + 8,
                   wanted + largest(lane), wanted);
}

TEST_P(ReductionTest, Variance) {
  for (double correction : {1.0, 0.0})
    for (const Case &c : cases(on_interpreter() || correction == 0))
      for (DType dtype : floats) {
        check(
            c, dtype, dtype, device(), Values::reals, false,
            [=](const Array &x, const Case &each, bool keepdim,
                const Array &out) {
              ops::var_out(x, out, each.dims, correction, keepdim);
            },
            [=](const Lane &lane) { return variance(lane, correction); },
            variance_bound);
        check(
            c, dtype, dtype, device(), Values::reals, false,
            [=](const Array &x, const Case &each, bool keepdim,
                const Array &out) {
              ops::std_out(x, out, each.dims, correction, keepdim);
            },
            [=](const Lane &lane) {
              return std::sqrt(variance(lane, correction));
            },
            deviation_bound);
      }
}

TEST_P(ReductionTest, VarianceFarFromZero) {
  std::vector<double> values(on_interpreter() ? 50 : 5000);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = 1e6 + double(i % 2);
  const Array x =
      Array::from(values, {std::int64_t(values.size())}, f32, device());
  EXPECT_NEAR(ops::var(x, {}, 0).to_vector()[0], 0.25, 1e-5);
}

double norm_of(const Lane &lane, double p) {
  double sum = p == -inf ? inf : 0;
  for (double x : lane)
    sum = p == 0      ? sum + (x != 0)
          : p == inf  ? std::max(sum, std::abs(x))
          : p == -inf ? std::min(sum, std::abs(x))
                      : sum + std::pow(std::abs(x), p);
  return p == 0 || std::isinf(p) ? sum : std::pow(sum, 1 / p);
}

TEST_P(ReductionTest, Norm) {
  for (double p : {2.0, 1.0, 0.0, inf, -inf, 3.0, -1.5, 0.5})
    for (const Case &c : cases(on_interpreter() || (p != 2 && p != inf))) {
      if (p < 0 && c.shape == Sizes{3, 0})
        continue;
      for (DType dtype : {f32, bf16, f64})
        check(
            c, dtype, dtype, device(), Values::reals, false,
            [=](const Array &x, const Case &each, bool keepdim,
                const Array &out) {
              ops::norm_out(x, out, p, each.dims, keepdim);
            },
            [=](const Lane &lane) { return norm_of(lane, p); },
            [](const Lane &lane, double wanted, DType out) {
              return dot_bound(out, 4 * std::int64_t(lane.size()) + 32, wanted,
                               wanted);
            });
    }
}

TEST_P(ReductionTest, LogSumExp) {
  const auto exact = [](const Lane &lane) {
    if (lane.empty())
      return -inf;
    const double top = *std::ranges::max_element(lane);
    double sum = 0;
    for (double x : lane)
      sum += std::exp(x - top);
    return top + std::log(sum);
  };
  for (const Case &c : cases(on_interpreter()))
    for (DType dtype : floats)
      check(
          c, dtype, dtype, device(), Values::reals, false,
          [](const Array &x, const Case &each, bool keepdim, const Array &out) {
            ops::logsumexp_out(x, out, each.dims, keepdim);
          },
          exact,
          [](const Lane &lane, double wanted, DType out) {
            return dot_bound(out, std::int64_t(lane.size()) + 8,
                             1 + std::abs(wanted), wanted);
          });
  const double special[] = {-inf, -inf, inf, 1, nan, 1, 500, -inf};
  const Array x = Array::from(special, {4, 2}, f32, device());
  EXPECT_TRUE(
      same_values(ops::logsumexp(x, {1}).to_vector(), {-inf, inf, nan, 500}));
  // Infinities, several and beside NaN, in one thread's part and in several.
  const double rows[] = {inf, inf, 1, nan, inf, -inf, inf, nan, inf};
  const Array y = Array::from(rows, {3, 3}, f32, device());
  for (std::int64_t times : {1, 700}) {
    const Array wide = ops::repeat_interleave(y, times, 1);
    EXPECT_TRUE(
        same_values(ops::logsumexp(wide, {1}).to_vector(), {inf, nan, nan}));
    EXPECT_TRUE(
        same_values(ops::logsumexp(ops::permute(wide, {1, 0}), {0}).to_vector(),
                    {inf, nan, nan}));
  }
}

TEST(ReductionErrorTest, NameTheArgument) {
  const Array x = Array::zeros({2, 3}, f32, host_device);
  const Array whole = Array::zeros({2, 3}, i32, host_device);
  const Array none = Array::zeros({2, 0}, f32, host_device);
  const auto message = [](auto call) -> std::string {
    try {
      call();
    } catch (const RuntimeError &error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_NE(message([&] { ops::sum(x, {2}); }).find("dim 2"),
            std::string::npos);
  EXPECT_NE(message([&] { ops::sum(x, {0, -2}); }).find("twice"),
            std::string::npos);
  EXPECT_NE(message([&] { ops::mean(whole); }).find("mean: dtype must be a"),
            std::string::npos);
  EXPECT_NE(message([&] { ops::amax(none, {1}); }).find("nothing to reduce"),
            std::string::npos);
  EXPECT_NE(message([&] { ops::argmax(none, 1); }).find("nothing to reduce"),
            std::string::npos);
  EXPECT_NE(message([&] { ops::max_dim(x, -3); }).find("max_dim: dim -3"),
            std::string::npos);
  EXPECT_NE(message([&] { ops::var(whole); }).find("var: x cannot be i32"),
            std::string::npos);
  EXPECT_NE(message([&] { ops::norm(x, nan); }).find("norm: p must be"),
            std::string::npos);
  for (double p : {inf, -inf, -1.0})
    EXPECT_NE(message([&] { ops::norm(none, p, {1}); }).find("to reduce"),
              std::string::npos);
  EXPECT_NE(message([&] {
              ops::sum_out(x, Array::zeros({3}, f32, host_device), {1});
            }).find("out must have shape [2]"),
            std::string::npos);
}

} // namespace
} // namespace girih::testing
