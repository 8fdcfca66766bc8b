// SPDX-License-Identifier: Apache-2.0
// softmax, log_softmax and cross_entropy.
#include "lanes.h"
#include "operands.h"
#include "tolerance.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"
#include "girih/ops/registry.h"

#include <algorithm>
#include <numeric>

namespace girih::testing {
namespace {

constexpr DType floats[] = {f32, bf16, f16, f64};
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
using Lane = std::vector<double>;

class SoftmaxTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(SoftmaxTest);

struct Case {
  Sizes shape;
  std::int64_t dim;
  Layout layout = Layout::contiguous, out = Layout::contiguous;
};

std::vector<Case> cases(bool small) {
  std::vector<Case> all{{{7}, 0},
                        {{}, 0},
                        {{3, 1}, 1},
                        {{3, 17}, 1},
                        {{3, 17}, 0, Layout::padded},
                        {{2, 3, 33}, 1, Layout::stepped},
                        {{2, 9, 5}, -1, Layout::transposed, Layout::padded},
                        {{4, 31}, -1, Layout::shifted}};
  if (small)
    return all;
  for (std::int64_t n : {1000, 4097, 16384, 16385, 100003})
    all.push_back({{2, n}, 1, n % 2 ? Layout::contiguous : Layout::shifted});
  all.push_back({{70, 20011}, 1});
  all.push_back({{3000, 40}, 0});
  all.push_back({{1023, 5}, 0, Layout::padded});
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

double log_total(const Lane &lane) {
  const double top = *std::ranges::max_element(lane);
  double sum = 0;
  for (double x : lane)
    sum += std::exp(x - top);
  return top + std::log(sum);
}

double spread(const Lane &lane) {
  const auto [least, most] = std::ranges::minmax(lane);
  return most - least;
}

void check(const Case &c, DType dtype, Device device, bool logarithm) {
  SCOPED_TRACE(text(c, dtype));
  auto random = random_engine();
  const Operand x(c.shape, dtype, device, c.layout, Values::reals, random);
  const Operand out(c.shape, dtype, device, c.out);
  if (logarithm)
    ops::log_softmax_out(x.array(), out.array(), c.dim);
  else
    ops::softmax_out(x.array(), out.array(), c.dim);
  const Sizes shape = c.shape.empty() ? Sizes{1} : c.shape;
  const auto lanes = lanes_along(x.values(), shape, {c.dim});
  const auto actual = lanes_along(out.values(), shape, {c.dim});
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const double total = log_total(lanes[i]);
    const auto terms = static_cast<std::int64_t>(
        static_cast<double>(lanes[i].size()) + 8 + 2 * spread(lanes[i]));
    for (std::size_t r = 0; r < lanes[i].size(); ++r) {
      const double exact =
          logarithm ? lanes[i][r] - total : std::exp(lanes[i][r] - total);
      const double scale =
          logarithm ? 1 + std::abs(total) + std::abs(exact) : exact;
      ASSERT_LE(std::abs(actual[i][r] - exact),
                dot_bound(dtype, terms, scale, exact))
          << "lane " << i << " element " << r << " is " << actual[i][r]
          << ", expected " << exact;
    }
  }
  EXPECT_TRUE(out.untouched_outside());
}

// Rows that a cluster's blocks keep.
TEST_P(SoftmaxTest, LongestRows) {
  if (device().kind != Device::Kind::cuda)
    GTEST_SKIP() << "for devices with clusters";
  for (DType dtype : floats)
    check({{65, 70001}, 1}, dtype, device(), dtype == bf16);
}

TEST_P(SoftmaxTest, Softmax) {
  for (const Case &c : cases(on_interpreter()))
    for (DType dtype : floats)
      check(c, dtype, device(), false);
}

TEST_P(SoftmaxTest, LogSoftmax) {
  for (const Case &c : cases(on_interpreter()))
    for (DType dtype : {f32, bf16})
      check(c, dtype, device(), true);
}

/// Kernels of a GPU, which take several tiles a turn, on any device: of rows
/// and of columns, by one program and by several. Results: largest, total.
std::array<Lane, 2> grouped_sums(const Array &x, std::int64_t parts,
                                 bool columns, Device device) {
  const std::string end = columns ? "_columns" : "";
  const std::int64_t rows = x.size(0);
  Config config;
  config.blocks = {{"BM", 4}, {"BK", 32}};
  const auto run = [&](const std::string &name, std::vector<Array> operands) {
    ops::find_kernel(name + end)
        .kernel.launch(operands, {.config = config, .stream = {}});
  };
  const auto made = [&](const Sizes &shape) {
    return std::array{Array::empty(shape, f32, device),
                      Array::empty(shape, f32, device)};
  };
  const auto sums = made({rows});
  if (parts == 1) {
    run("softmax_sums_grouped", {x, sums[0], sums[1]});
  } else {
    const auto shares = made({rows, parts});
    run("softmax_sums_parts_grouped", {x, shares[0], shares[1]});
    run("softmax_sums_last", {shares[0], shares[1], sums[0], sums[1]});
  }
  return {sums[0].to_vector(), sums[1].to_vector()};
}

TEST_P(SoftmaxTest, GroupedSums) {
  auto random = random_engine();
  for (const std::int64_t n : {5, 128, 300, 1000})
    for (const std::int64_t parts : {1, 3})
      for (const bool columns : {false, true}) {
        SCOPED_TRACE(std::to_string(n) + " in " + std::to_string(parts));
        if (parts > 1 && n < 300) // fewer turns than parts
          continue;
        const Operand operand(columns ? Sizes{n, 6} : Sizes{6, n}, bf16,
                              device(), Layout::contiguous, Values::reals,
                              random);
        const Array x =
            columns ? operand.array().transpose(0, 1) : operand.array();
        Lane all = x.to_vector();
        const auto size = static_cast<std::size_t>(n);
        all[1] = inf, all[size] = nan, all[2 * size + size - 1] = -inf;
        for (std::size_t i = 0; i < size; ++i)
          all[3 * size + i] = -inf;
        const Array edited = Array::from(all, {6, n}, bf16, device());
        Array seen = edited;
        if (columns) { // the same elements, in columns
          seen = Array::empty({n, 6}, bf16, device()).transpose(0, 1);
          ops::rearrange_out(edited, seen);
        }
        const auto [largest, total] =
            grouped_sums(seen, parts, columns, device());
        for (std::size_t row = 0; row < 6; ++row) {
          const Lane lane(all.begin() + static_cast<std::ptrdiff_t>(row * size),
                          all.begin() +
                              static_cast<std::ptrdiff_t>((row + 1) * size));
          if (row == 0) { // an infinity is one
            EXPECT_EQ(largest[row], inf);
            EXPECT_EQ(total[row], 1);
          } else if (row == 1) {
            EXPECT_TRUE(std::isnan(total[row]));
          } else if (row == 3) {
            EXPECT_EQ(total[row], 0);
          } else {
            EXPECT_EQ(largest[row], *std::ranges::max_element(lane));
            EXPECT_NEAR(std::log(total[row]) + largest[row], log_total(lane),
                        2e-6 * (1 + std::abs(log_total(lane))));
          }
        }
      }
}

TEST_P(SoftmaxTest, Converts) {
  const double values[] = {1, 2, 3};
  const Array x = Array::from(values, {3}, bf16, device());
  const Array y = ops::softmax(x, 0, f32);
  EXPECT_EQ(y.dtype(), f32);
  EXPECT_NEAR(y.to_vector()[2], 0.66524096, 1e-6);
}

// Long rows of another width: what one block of a GPU could not hold.
TEST_P(SoftmaxTest, ConvertsLongRows) {
  if (on_interpreter())
    GTEST_SKIP() << "too many elements";
  constexpr std::int64_t rows = 65, length = 65536;
  std::vector<double> row(rows * length);
  for (std::size_t i = 0; i < row.size(); ++i)
    row[i] = static_cast<double>(i * 2654435761U % 1021) / 128;
  for (const auto &[from, to] : {std::pair(bf16, f32), {f32, bf16}}) {
    const Array x = Array::from(row, {rows, length}, from, device());
    const auto y = ops::softmax(x, 1, to).to_vector();
    const auto exact =
        ops::softmax(x.to(to == bf16 ? bf16 : f32).to(f32), 1).to_vector();
    for (std::size_t i = 0; i < y.size(); i += 97)
      ASSERT_NEAR(y[i], exact[i], exact[i] * (to == bf16 ? 0x1p-7 : 1e-5));
  }
}

TEST_P(SoftmaxTest, SpecialValues) {
  const double values[] = {-inf, 0, -inf, -inf, inf, 1, nan, 1, 1000, -1000};
  const Array x = Array::from(values, {5, 2}, f32, device());
  EXPECT_TRUE(same_values(ops::softmax(x, 1).to_vector(),
                          {0, 1, nan, nan, nan, nan, nan, nan, 1, 0}));
  EXPECT_TRUE(same_values(ops::log_softmax(x, 1).to_vector(),
                          {-inf, 0, nan, nan, nan, nan, nan, nan, 0, -2000}));
  // The same where a row is longer than a tile, and shared by programs.
  if (on_interpreter())
    return;
  std::vector<double> row(70001, -inf);
  row[69999] = 3;
  row[5] = 3;
  const auto y =
      ops::softmax(Array::from(row, {1, 70001}, f32, device()), 1).to_vector();
  EXPECT_EQ(y[5], 0.5);
  EXPECT_EQ(y[69999], 0.5);
  EXPECT_EQ(y[0], 0);
}

struct Loss {
  Lane rows; // each row's loss
  double mean, sum;
};

struct LossCase {
  Sizes shape; // of logits
  bool weighted = false;
  double smoothing = 0;
  Layout layout = Layout::contiguous;
};

Loss expected(const LossCase &c, const Lane &logits, const Lane &targets,
              const Lane &weights, std::int64_t ignored) {
  const std::int64_t dim = c.shape.size() == 1 ? 0 : 1;
  const auto lanes = lanes_along(logits, c.shape, {dim});
  Loss out{{}, 0, 0};
  double counted = 0;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const double total = log_total(lanes[i]);
    const auto weight = [&](std::size_t at) {
      return c.weighted ? weights[at] : 1.0;
    };
    double loss = 0;
    if (targets[i] != static_cast<double>(ignored)) {
      const auto at = static_cast<std::size_t>(targets[i]);
      double all = 0;
      for (std::size_t r = 0; r < lanes[i].size(); ++r)
        all += weight(r) * (total - lanes[i][r]);
      loss = (1 - c.smoothing) * weight(at) * (total - lanes[i][at]) +
             c.smoothing / static_cast<double>(lanes[i].size()) * all;
      counted += weight(at);
    }
    out.rows.push_back(loss);
    out.sum += loss;
  }
  out.mean = out.sum / counted;
  return out;
}

void check_loss(const LossCase &c, DType dtype, Device device) {
  const std::size_t dim = c.shape.size() == 1 ? 0 : 1;
  const std::int64_t classes = c.shape[dim];
  Sizes rows = c.shape;
  rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(dim));
  std::int64_t count = 1;
  for (std::int64_t size : rows)
    count *= size;
  auto random = random_engine();
  const Operand logits(c.shape, dtype, device, c.layout, Values::reals, random);
  Lane targets, weights;
  for (std::int64_t i = 0; i < count; ++i)
    targets.push_back(i % 5 == 3 ? -100
                                 : double(random() % std::uint64_t(classes)));
  for (std::int64_t r = 0; r < classes; ++r)
    weights.push_back(0.25 * double(1 + random() % 8));
  const Array target = Array::from(targets, rows, i64, device);
  std::optional<Array> weight;
  if (c.weighted)
    weight = Array::from(weights, {classes}, dtype, device);
  const Loss exact = expected(c, logits.values(), targets, weights, -100);
  const auto near = [&](const Lane &actual, const Lane &wanted) {
    ASSERT_EQ(actual.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
      ASSERT_LE(std::abs(actual[i] - wanted[i]),
                dot_bound(dtype, classes + count + 16,
                          8 + 8 * std::abs(wanted[i]), wanted[i]))
          << "element " << i << " is " << actual[i] << ", expected "
          << wanted[i];
  };
  const Operand out(rows, dtype, device, Layout::padded);
  ops::cross_entropy_out(logits.array(), target, out.array(), weight, -100,
                         "none", c.smoothing);
  near(out.values(), exact.rows);
  EXPECT_TRUE(out.untouched_outside());
  near(ops::cross_entropy(logits.array(), target, weight, -100, "sum",
                          c.smoothing)
           .to_vector(),
       {exact.sum});
  near(ops::cross_entropy(logits.array(), target, weight, -100, "mean",
                          c.smoothing)
           .to_vector(),
       {exact.mean});
}

TEST_P(SoftmaxTest, CrossEntropy) {
  std::vector<LossCase> all{{{7}}, {{5, 9}}, {{2, 5, 3}}, {{2, 4, 3, 2}}};
  if (!on_interpreter())
    for (const Sizes &shape :
         {Sizes{37, 1000}, Sizes{3, 40000}, Sizes{2, 300, 67}, Sizes{4999, 3},
          Sizes{16385, 3}})
      all.push_back({shape});
  for (const LossCase &base : all)
    for (bool weighted : {false, true})
      for (double smoothing : {0.0, 0.1})
        for (DType dtype : {f32, bf16, f64}) {
          LossCase c = base;
          c.weighted = weighted;
          c.smoothing = smoothing;
          c.layout = weighted ? Layout::transposed : Layout::padded;
          SCOPED_TRACE(text({c.shape, 0, c.layout}, dtype) +
                       (weighted ? " weighted" : "") +
                       (smoothing > 0 ? " smoothed" : ""));
          check_loss(c, dtype, device());
        }
}

void check_shares(const LossCase &c, DType dtype, Device device) {
  const std::size_t dim = c.shape.size() == 1 ? 0 : 1;
  const std::int64_t classes = c.shape[dim];
  Sizes rows = c.shape;
  rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(dim));
  auto random = random_engine();
  const Operand logits(c.shape, dtype, device, c.layout, Values::reals, random);
  const Operand target(c.shape, dtype, device, Layout::shifted, Values::reals,
                       random);
  Lane weights, exact;
  for (std::int64_t r = 0; r < classes; ++r)
    weights.push_back(0.25 * double(1 + random() % 8));
  std::optional<Array> weight;
  if (c.weighted)
    weight = Array::from(weights, {classes}, dtype, device);
  const std::vector<std::int64_t> along{static_cast<std::int64_t>(dim)};
  const auto lanes = lanes_along(logits.values(), c.shape, along),
             shares = lanes_along(target.values(), c.shape, along);
  double sum = 0, most = 0;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const double total = log_total(lanes[i]);
    double loss = 0, absolute = 0;
    for (std::size_t r = 0; r < lanes[i].size(); ++r) {
      const double share = (1 - c.smoothing) * shares[i][r] +
                           c.smoothing / static_cast<double>(classes);
      const double term =
          share * (c.weighted ? weights[r] : 1.0) * (total - lanes[i][r]);
      loss += term;
      absolute += std::abs(term);
    }
    exact.push_back(loss);
    sum += loss;
    most += absolute;
  }
  const auto near = [&](const Lane &actual, const Lane &wanted) {
    ASSERT_EQ(actual.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
      ASSERT_LE(std::abs(actual[i] - wanted[i]),
                dot_bound(dtype, classes + 16, 8 + most, wanted[i]))
          << "element " << i << " is " << actual[i] << ", expected "
          << wanted[i];
  };
  const Operand out(rows, dtype, device, Layout::padded);
  ops::cross_entropy_out(logits.array(), target.array(), out.array(), weight,
                         -100, "none", c.smoothing);
  near(out.values(), exact);
  EXPECT_TRUE(out.untouched_outside());
  const auto reduced = [&](std::string_view reduction) {
    return ops::cross_entropy(logits.array(), target.array(), weight, -100,
                              reduction, c.smoothing)
        .to_vector();
  };
  near(reduced("sum"), {sum});
  near(reduced("mean"), {sum / static_cast<double>(lanes.size())});
}

TEST_P(SoftmaxTest, CrossEntropyOfShares) {
  std::vector<LossCase> all{{{7}}, {{5, 9}}, {{2, 5, 3}}, {{2, 4, 3, 2}}};
  if (!on_interpreter())
    for (const Sizes &shape : {Sizes{37, 1000}, Sizes{2, 300, 67}})
      all.push_back({shape});
  for (LossCase c : all)
    for (bool weighted : {false, true})
      for (DType dtype : {f32, bf16, f64, f16}) {
        c.weighted = weighted;
        c.smoothing = weighted ? 0.1 : 0;
        c.layout = weighted ? Layout::transposed : Layout::padded;
        SCOPED_TRACE(text({c.shape, 0, c.layout}, dtype) +
                     (weighted ? " weighted" : ""));
        check_shares(c, dtype, device());
      }
  const Array none = Array::zeros({0, 3}, f32, device());
  EXPECT_TRUE(same_values(ops::cross_entropy(none, none).to_vector(), {nan}));
}

TEST_P(SoftmaxTest, CrossEntropyOfNothing) {
  const Array logits = Array::zeros({2, 3}, f32, device());
  const double ignored[] = {7, 7};
  const Array target = Array::from(ignored, {2}, i32, device());
  EXPECT_TRUE(same_values(ops::cross_entropy(logits, target, {}, 7).to_vector(),
                          {nan}));
  EXPECT_TRUE(same_values(
      ops::cross_entropy(logits, target, {}, 7, "sum").to_vector(), {0}));
  const Array none = Array::zeros({0, 3}, f32, device());
  const Array nobody = Array::zeros({0}, i64, device());
  EXPECT_TRUE(same_values(ops::cross_entropy(none, nobody).to_vector(), {nan}));
}

TEST(SoftmaxErrorTest, NameTheArgument) {
  const Array x = Array::zeros({2, 3}, f32, host_device);
  const Array t = Array::zeros({2}, i64, host_device);
  const auto message = [](auto call) -> std::string {
    try {
      call();
    } catch (const RuntimeError &error) {
      return error.what();
    }
    return "no error";
  };
  const auto expect = [&](auto call, std::string_view part) {
    EXPECT_NE(message(call).find(part), std::string::npos) << message(call);
  };
  expect([&] { ops::softmax(x, 2); }, "softmax: dim 2");
  expect([&] { ops::softmax(x, 0, i32); }, "softmax: dtype must be a float's");
  expect([&] { ops::log_softmax(t, 0); }, "log_softmax: x cannot be i64");
  expect([&] { ops::cross_entropy(x, Array::zeros({3}, i64, host_device)); },
         "cross_entropy: target must have the shape");
  expect([&] { ops::cross_entropy(x, Array::zeros({2}, b1, host_device)); },
         "target cannot be bool");
  expect([&] { ops::cross_entropy(x, Array::zeros({2, 3}, f64, host_device)); },
         "logits and target must have the same dtype");
  expect([&] { ops::cross_entropy(x, Array::zeros({2}, f32, host_device)); },
         "target must have the shape of logits");
  expect([&] { ops::cross_entropy(x, x, {}, 1); },
         "ignore_index must be negative");
  expect([&] { ops::cross_entropy(x, t, x); }, "weight must have shape [3]");
  expect([&] { ops::cross_entropy(x, t, {}, -100, "all"); },
         "reduction must be none, mean or sum");
  expect([&] { ops::cross_entropy(x, t, {}, -100, "mean", 2); },
         "label_smoothing must be from 0 to 1");
}

} // namespace
} // namespace girih::testing
