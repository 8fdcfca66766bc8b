// SPDX-License-Identifier: Apache-2.0
// group_norm, instance_norm, batch_norm.
#include "operands.h"
#include "tolerance.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"

#include <array>
#include <numeric>
#include <optional>

namespace girih::testing {
namespace {

constexpr DType dtypes[] = {f64, f32, f16, bf16};

class ChannelNormTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(ChannelNormTest);

struct Statistics {
  double mean = 0, variance = 0, absolute = 0;
};

/// Of the elements for which `in` holds, by their row-major number.
template <class In> Statistics statistics(const std::vector<double> &x, In in) {
  Statistics out;
  double count = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (in(i)) {
      out.mean += x[i];
      out.absolute += std::abs(x[i]);
      count += 1;
    }
  out.mean /= count;
  out.absolute /= count;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (in(i))
      out.variance += (x[i] - out.mean) * (x[i] - out.mean);
  out.variance /= count;
  return out;
}

struct Shapes {
  std::vector<std::int64_t> x;
  DType dtype = f32;
  Layout x_layout = Layout::contiguous, out_layout = Layout::contiguous;
  std::size_t behind() const {
    return std::accumulate(x.begin() + 2, x.end(), std::size_t{1},
                           [](std::size_t a, std::int64_t b) {
                             return a * static_cast<std::size_t>(b);
                           });
  }
};

/// Compares with statistics that `of` gives for each element.
template <class Of>
::testing::AssertionResult
near(const std::vector<double> &actual, const std::vector<double> &x,
     const std::vector<double> &weight, const std::vector<double> &bias,
     const Shapes &s, double eps, Of of) {
  const std::size_t channels = static_cast<std::size_t>(s.x[1]);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t channel = i / s.behind() % channels;
    const Statistics &found = of(i);
    const double scale = 1 / std::sqrt(found.variance + eps),
                 w = weight.empty() ? 1 : weight[channel],
                 b = bias.empty() ? 0 : bias[channel];
    const double exact = (x[i] - found.mean) * scale * w + b;
    const double bound = dot_bound(
        s.dtype, static_cast<std::int64_t>(x.size()) + 16,
        (std::abs(x[i]) + found.absolute) * scale * std::abs(w) + std::abs(b),
        exact);
    if (!(std::abs(actual[i] - exact) <= bound))
      return ::testing::AssertionFailure()
             << "element " << i << " is " << actual[i] << ", expected " << exact
             << " within " << bound;
  }
  return ::testing::AssertionSuccess();
}

std::string text(const Shapes &s) {
  std::string out(girih::name(s.dtype));
  for (const std::int64_t size : s.x)
    out += " " + std::to_string(size);
  return out + " " + name(s.x_layout) + " -> " + name(s.out_layout);
}

void check_groups(const Shapes &s, Device device, std::int64_t groups,
                  bool with_weights) {
  SCOPED_TRACE(text(s) + " groups " + std::to_string(groups));
  auto random = random_engine();
  const Operand x(s.x, s.dtype, device, s.x_layout, Values::reals, random);
  const Operand weight({s.x[1]}, s.dtype, device, Layout::stepped,
                       Values::reals, random);
  const Operand bias({s.x[1]}, f32, device, Layout::contiguous, Values::reals,
                     random);
  const Operand out(s.x, s.dtype, device, s.out_layout);
  std::optional<Array> w, b;
  if (with_weights) {
    w = weight.array();
    b = bias.array();
  }
  if (groups == s.x[1])
    ops::instance_norm_out(x.array(), out.array(), w, b, 1e-3);
  else
    ops::group_norm_out(x.array(), groups, out.array(), w, b, 1e-3);
  const auto values = x.values();
  const std::size_t count = static_cast<std::size_t>(s.x[0] * groups),
                    each = values.size() / count;
  std::vector<Statistics> found;
  for (std::size_t group = 0; group < count; ++group)
    found.push_back(statistics(
        {values.begin() + static_cast<std::ptrdiff_t>(group * each),
         values.begin() + static_cast<std::ptrdiff_t>((group + 1) * each)},
        [](std::size_t) { return true; }));
  EXPECT_TRUE(near(
      out.values(), values,
      with_weights ? weight.values() : std::vector<double>(),
      with_weights ? bias.values() : std::vector<double>(), s, 1e-3,
      [&](std::size_t i) -> const Statistics & { return found[i / each]; }));
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(ChannelNormTest, Groups) {
  for (const DType dtype : dtypes)
    for (const std::int64_t groups : {1, 2, 6})
      check_groups({.x = {2, 6, 3, 5}, .dtype = dtype}, device(), groups, true);
  for (const std::int64_t behind : {1, 7, 16, 49})
    check_groups({.x = {2, 4, behind}}, device(), 2, false);
  check_groups({.x = {3, 8}}, device(), 4, true);
}

TEST_P(ChannelNormTest, LargeGroups) {
  if (on_interpreter())
    GTEST_SKIP() << "too many elements";
  check_groups({.x = {1, 6, 67, 61}}, device(), 1, true);
  check_groups({.x = {2, 4, 130, 131}, .dtype = bf16}, device(), 2, true);
  check_groups({.x = {1, 2, 20011}}, device(), 2, true);
  check_groups({.x = {2, 5003, 4}}, device(), 1, true);
  // What a cluster holds, and what it would have to move between threads.
  check_groups({.x = {2, 4, 130, 131}, .dtype = bf16}, device(), 2, false);
  check_groups({.x = {1, 16, 64, 64}}, device(), 1, false);
  check_groups({.x = {1, 16, 64, 64}, .x_layout = Layout::transposed}, device(),
               1, false);
  // What a cluster's registers have no room for.
  check_groups({.x = {1, 2, 70001}}, device(), 2, true);
  check_groups({.x = {1, 64, 41, 40}, .dtype = bf16}, device(), 1, true);
}

TEST_P(ChannelNormTest, EveryLayout) {
  for (const Layout x : all_layouts)
    for (const Layout out : all_layouts)
      check_groups({.x = {2, 4, 3, 5}, .x_layout = x, .out_layout = out},
                   device(), 2, true);
}

// What became of the running statistics, `before`, with momentum 0.25.
void check_running(const std::vector<Statistics> &found,
                   const std::array<std::vector<double>, 2> &before,
                   const std::array<Array, 2> &after, double count,
                   bool training) {
  const auto means = after[0].to_vector(), variances = after[1].to_vector();
  for (std::size_t c = 0; c < found.size(); ++c) {
    const double old_mean = before[0][c], old = before[1][c];
    const double mean =
        training ? 0.75 * old_mean + 0.25 * found[c].mean : old_mean;
    const double variance =
        training ? 0.75 * old + 0.25 * found[c].variance * count / (count - 1)
                 : old;
    const auto terms = static_cast<std::int64_t>(count) + 16;
    EXPECT_LE(
        std::abs(means[c] - mean),
        dot_bound(f32, terms, std::abs(old_mean) + found[c].absolute, mean));
    EXPECT_LE(std::abs(variances[c] - variance),
              dot_bound(f32, terms, 4 * variance, variance));
  }
}

void check_batch(const Shapes &s, Device device, bool training, bool running,
                 bool with_weights) {
  SCOPED_TRACE(text(s) + (training ? " training" : ""));
  auto random = random_engine();
  const Operand x(s.x, s.dtype, device, s.x_layout, Values::reals, random);
  const Operand out(s.x, s.dtype, device, s.out_layout);
  const std::vector<std::int64_t> shape{s.x[1]};
  const Operand weight(shape, s.dtype, device, Layout::stepped, Values::reals,
                       random);
  const Operand bias(shape, f32, device, Layout::contiguous, Values::reals,
                     random);
  const auto channels = static_cast<std::size_t>(s.x[1]);
  std::vector<double> means(channels), variances(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    means[c] = 0.25 * static_cast<double>(c) - 1;
    variances[c] = 0.5 + static_cast<double>(c);
  }
  const Array mean = Array::from(means, shape, f32, device),
              variance = Array::from(variances, shape, f32, device);
  std::optional<Array> m, v, w, b;
  if (running) {
    m = mean;
    v = variance;
  }
  if (with_weights) {
    w = weight.array();
    b = bias.array();
  }
  ops::batch_norm_out(x.array(), out.array(), m, v, w, b, training, 0.25, 1e-3);
  const auto values = x.values();
  std::vector<Statistics> found;
  for (std::size_t c = 0; c < channels; ++c) {
    found.push_back(statistics(
        values, [&](std::size_t i) { return i / s.behind() % channels == c; }));
    if (!training) {
      found[c].mean = means[c];
      found[c].variance = variances[c];
      found[c].absolute += std::abs(means[c]);
    }
  }
  EXPECT_TRUE(near(out.values(), values,
                   with_weights ? weight.values() : std::vector<double>(),
                   with_weights ? bias.values() : std::vector<double>(), s,
                   1e-3, [&](std::size_t i) -> const Statistics & {
                     return found[i / s.behind() % channels];
                   }));
  EXPECT_TRUE(out.untouched_outside());
  if (running)
    check_running(found, {means, variances}, {mean, variance},
                  static_cast<double>(values.size() / channels), training);
}

TEST_P(ChannelNormTest, Batches) {
  for (const DType dtype : dtypes)
    for (const bool training : {false, true})
      check_batch({.x = {4, 6, 3, 5}, .dtype = dtype}, device(), training, true,
                  true);
  for (const std::vector<std::int64_t> &shape :
       {std::vector<std::int64_t>{7, 5}, std::vector<std::int64_t>{2, 3, 17},
        std::vector<std::int64_t>{1, 1, 9},
        std::vector<std::int64_t>{2, 3, 2, 3, 4}}) {
    check_batch({.x = shape}, device(), true, false, false);
    check_batch({.x = shape}, device(), true, true, true);
  }
}

TEST_P(ChannelNormTest, LargeBatches) {
  if (on_interpreter())
    GTEST_SKIP() << "too many elements";
  check_batch({.x = {300, 7, 11}}, device(), true, true, true);
  check_batch({.x = {1031, 130}, .dtype = bf16}, device(), true, true, true);
  check_batch({.x = {3, 2, 101, 103}}, device(), true, true, true);
}

TEST_P(ChannelNormTest, EveryLayoutOfBatches) {
  for (const Layout x : all_layouts)
    for (const Layout out : {Layout::contiguous, Layout::transposed})
      for (const bool training : {false, true})
        check_batch({.x = {3, 4, 3, 5}, .x_layout = x, .out_layout = out},
                    device(), training, true, true);
}

template <class Work>
void expect_error(ErrorId id, const std::string &text, Work work) {
  try {
    work();
    ADD_FAILURE() << "no error";
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), id);
    EXPECT_NE(std::string(error.what()).find(text), std::string::npos)
        << error.what();
  }
}

TEST(ChannelNormErrorsTest, NameTheArgument) {
  const Array x = Array::zeros({2, 6, 4}, f32, host_device),
              five = Array::zeros({5}, f32, host_device),
              six = Array::zeros({6}, f32, host_device);
  expect_error(ErrorId::argument, "group_norm: num_groups must divide",
               [&] { ops::group_norm(x, 4); });
  expect_error(ErrorId::argument, "group_norm: num_groups must divide",
               [&] { ops::group_norm(x, 0); });
  expect_error(ErrorId::shape, "group_norm: weight must have shape [6]",
               [&] { ops::group_norm(x, 2, five); });
  expect_error(ErrorId::shape, "instance_norm: x must have 2 to 7 dimensions",
               [&] { ops::instance_norm(five); });
  expect_error(ErrorId::argument, "batch_norm: running_mean and running_var",
               [&] { ops::batch_norm(x, six, {}); });
  expect_error(ErrorId::argument, "must be given unless training",
               [&] { ops::batch_norm(x, {}, {}); });
  expect_error(ErrorId::argument, "training needs more than one element", [&] {
    ops::batch_norm(Array::zeros({1, 6}, f32, host_device), {}, {}, {}, {},
                    true);
  });
}

} // namespace
} // namespace girih::testing
