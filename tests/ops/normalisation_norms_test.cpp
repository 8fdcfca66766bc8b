// SPDX-License-Identifier: Apache-2.0
// rms_norm, fused_add_rms_norm, layer_norm.
#include "operands.h"
#include "tolerance.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"

#include <bit>
#include <cstdint>
#include <optional>

namespace girih::testing {
namespace {

constexpr DType dtypes[] = {f64, f32, f16, bf16};

class RowNormTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(RowNormTest);

struct Expected {
  std::vector<double> exact, bound;
};

/// Of rows of x, which are whatever the first elements are followed by.
struct NormCase {
  std::vector<double> x, weight, bias; // empty: not there
  std::size_t length = 0;
  double eps = 0;
  bool centred = false;
  DType dtype = f32;
};

Expected reference(const NormCase &c) {
  Expected out;
  const auto n = static_cast<double>(c.length);
  for (std::size_t row = 0; row < c.x.size(); row += c.length) {
    double sum = 0, absolute = 0, squares = 0;
    for (std::size_t i = 0; i < c.length; ++i) {
      sum += c.x[row + i];
      absolute += std::abs(c.x[row + i]);
    }
    const double mean = c.centred ? sum / n : 0;
    for (std::size_t i = 0; i < c.length; ++i)
      squares += (c.x[row + i] - mean) * (c.x[row + i] - mean);
    const double scale = 1 / std::sqrt(squares / n + c.eps);
    for (std::size_t i = 0; i < c.length; ++i) {
      const double w = c.weight.empty() ? 1 : c.weight[i],
                   b = c.bias.empty() ? 0 : c.bias[i];
      const double y = (c.x[row + i] - mean) * scale * w + b;
      const double all =
          (std::abs(c.x[row + i]) + absolute / n) * scale * std::abs(w) +
          std::abs(b);
      out.exact.push_back(y);
      out.bound.push_back(
          dot_bound(c.dtype, static_cast<std::int64_t>(c.length) + 16, all, y));
    }
  }
  return out;
}

::testing::AssertionResult near(const std::vector<double> &actual,
                                const Expected &expected) {
  if (actual.size() != expected.exact.size())
    return ::testing::AssertionFailure() << actual.size() << " elements";
  for (std::size_t i = 0; i < actual.size(); ++i)
    // Written so that NaN fails.
    if (!(std::abs(actual[i] - expected.exact[i]) <= expected.bound[i]))
      return ::testing::AssertionFailure()
             << "element " << i << " is " << actual[i] << ", expected "
             << expected.exact[i] << " within " << expected.bound[i];
  return ::testing::AssertionSuccess();
}

struct Shapes {
  std::vector<std::int64_t> x;
  std::size_t inner = 1; // dimensions of a row
  DType dtype = f32, weights = f32;
  Layout x_layout = Layout::contiguous, out_layout = Layout::contiguous,
         weight_layout = Layout::contiguous;
};

enum class With { nothing, weight, both };

void check(const Shapes &s, Device device, bool centred, With with) {
  SCOPED_TRACE(std::string(girih::name(s.dtype)) + " " + name(s.x_layout) +
               " -> " + name(s.out_layout) + " last " +
               std::to_string(s.x.back()));
  auto random = random_engine();
  const std::vector<std::int64_t> row(
      s.x.end() - static_cast<std::ptrdiff_t>(s.inner), s.x.end());
  const Operand x(s.x, s.dtype, device, s.x_layout, Values::reals, random);
  const Operand weight(row, s.weights, device, s.weight_layout, Values::reals,
                       random);
  const Operand bias(row, s.weights, device, s.weight_layout, Values::reals,
                     random);
  const Operand out(s.x, s.dtype, device, s.out_layout);
  const double eps = 1e-3;
  std::optional<Array> w, b;
  NormCase c{.x = x.values(),
             .weight = {},
             .bias = {},
             .eps = eps,
             .centred = centred,
             .dtype = s.dtype};
  c.length = 1;
  for (const std::int64_t size : row)
    c.length *= static_cast<std::size_t>(size);
  if (with != With::nothing) {
    w = weight.array();
    c.weight = weight.values();
  }
  if (with == With::both && centred) {
    b = bias.array();
    c.bias = bias.values();
  }
  if (centred)
    ops::layer_norm_out(x.array(), row, out.array(), w, b, eps);
  else
    ops::rms_norm_out(x.array(), row, out.array(), w, eps);
  EXPECT_TRUE(near(out.values(), reference(c)));
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(RowNormTest, EveryDtype) {
  for (const bool centred : {false, true})
    for (const DType dtype : dtypes)
      for (const DType weights : {dtype, f32})
        check({.x = {3, 67}, .dtype = dtype, .weights = weights}, device(),
              centred, With::both);
}

TEST_P(RowNormTest, EveryLength) {
  const std::vector<std::int64_t> lengths =
      on_interpreter() ? std::vector<std::int64_t>{1, 2, 5, 33}
                       : std::vector<std::int64_t>{
                             1, 2, 3, 31, 96, 127, 128, 129, 1021, 1536, 4097};
  for (const bool centred : {false, true})
    for (const std::int64_t length : lengths)
      for (const std::int64_t rows : {1, 7})
        check({.x = {rows, length}}, device(), centred, With::weight);
}

TEST_P(RowNormTest, LongRows) {
  if (on_interpreter())
    GTEST_SKIP() << "too many elements";
  for (const bool centred : {false, true})
    for (const DType dtype : {f32, bf16})
      for (const std::int64_t length : {16384, 16385, 20483, 40960})
        check({.x = {2, length}, .dtype = dtype}, device(), centred,
              With::both);
}

TEST_P(RowNormTest, ManyRows) {
  const std::int64_t rows = on_interpreter() ? 9 : 2053;
  for (const bool centred : {false, true})
    for (const std::int64_t length : {5, 128})
      check({.x = {rows, length}, .dtype = bf16}, device(), centred,
            With::both);
}

TEST_P(RowNormTest, EveryLayout) {
  for (const bool centred : {false, true})
    for (const Layout x : all_layouts)
      for (const Layout out : all_layouts)
        check({.x = {5, 33},
               .x_layout = x,
               .out_layout = out,
               .weight_layout = x == Layout::transposed ? Layout::stepped : x},
              device(), centred, With::both);
}

TEST_P(RowNormTest, RowsOfSeveralDimensions) {
  for (const bool centred : {false, true})
    for (const Layout layout : all_layouts)
      for (const std::size_t inner :
           {std::size_t{1}, std::size_t{2}, std::size_t{3}})
        check({.x = {3, 5, 7},
               .inner = inner,
               .x_layout = layout,
               .weight_layout = inner == 1 ? Layout::contiguous : layout},
              device(), centred, With::both);
}

// Heads of queries beside keys: the outer dimensions do not join.
TEST_P(RowNormTest, PartsOfRows) {
  auto random = random_engine();
  const Operand x({3, 96}, f32, device(), Layout::contiguous, Values::reals,
                  random);
  const Array heads = x.array().reshape({3, 6, 16}).slice(1, 1, 5);
  const Array out = ops::rms_norm(heads, {16}, {}, 1e-6);
  NormCase c{.x = heads.to_vector(),
             .weight = {},
             .bias = {},
             .length = 16,
             .eps = 1e-6};
  EXPECT_TRUE(near(out.to_vector(), reference(c)));
}

TEST_P(RowNormTest, WithoutWeightAndDefaultEps) {
  const double tiny[] = {1e-4, -1e-4, 2e-4, 0};
  const Array x = Array::from(tiny, {1, 4}, f32, device());
  NormCase c{.x = x.to_vector(),
             .weight = {},
             .bias = {},
             .length = 4,
             .eps = std::numeric_limits<float>::epsilon()};
  EXPECT_TRUE(near(ops::rms_norm(x, {4}).to_vector(), reference(c)));
  c.centred = true;
  c.eps = 1e-5;
  EXPECT_TRUE(near(ops::layer_norm(x, {4}).to_vector(), reference(c)));
}

// The mean is large beside the deviations: sums of squares would cancel.
TEST_P(RowNormTest, FarFromZero) {
  const std::int64_t longer = on_interpreter() ? 129 : 20000;
  for (const std::int64_t length : {std::int64_t{64}, longer}) {
    auto random = random_engine();
    std::normal_distribution<double> normal;
    NormCase c{.x = {}, .weight = {}, .bias = {}, .eps = 1e-5, .centred = true};
    c.length = static_cast<std::size_t>(length);
    for (std::int64_t i = 0; i < length; ++i)
      c.x.push_back(4096 + std::round(64 * normal(random)) / 64);
    const Array x = Array::from(c.x, {1, length}, f32, device());
    Expected expected = reference(c);
    // Distances from the mean are sums of few roundings of 4096.
    for (double &bound : expected.bound)
      bound = std::min(bound, 0.01);
    EXPECT_TRUE(near(ops::layer_norm(x, {length}).to_vector(), expected));
  }
}

TEST_P(RowNormTest, SpecialValues) {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double values[] = {1, nan, 3, 1, inf, 3, 0, 0, 0};
  const Array x = Array::from(values, {3, 3}, f32, device());
  EXPECT_TRUE(same_values(ops::rms_norm(x, {3}).to_vector(),
                          {nan, nan, nan, 0, nan, 0, 0, 0, 0}));
  EXPECT_TRUE(same_values(ops::layer_norm(x, {3}).to_vector(),
                          {nan, nan, nan, nan, nan, nan, 0, 0, 0}));
}

// All bits of a NaN are set: rounded as a number is, it would be -0.
TEST_P(RowNormTest, NanAsEps) {
  const double nan = std::bit_cast<double>(INT64_MAX);
  for (const DType dtype : dtypes) {
    const Array x =
        Array::from(std::vector<double>{1, 2, 3}, {1, 3}, dtype, device());
    const std::vector<double> expected(3, nan);
    EXPECT_TRUE(same_values(
        ops::rms_norm(x, {3}, std::nullopt, nan).to_vector(), expected));
    EXPECT_TRUE(same_values(
        ops::layer_norm(x, {3}, std::nullopt, std::nullopt, nan).to_vector(),
        expected));
  }
}

TEST_P(RowNormTest, Empty) {
  const Array x = Array::zeros({0, 4}, f32, device());
  EXPECT_EQ(ops::rms_norm(x, {4}).numel(), 0);
  EXPECT_EQ(ops::layer_norm(x, {4}).numel(), 0);
  const auto [out, sum] = ops::fused_add_rms_norm(x, x);
  EXPECT_EQ(out.numel() + sum.numel(), 0);
}

void check_fused(const Shapes &s, Device device) {
  SCOPED_TRACE(std::string(girih::name(s.dtype)) + " " + name(s.x_layout) +
               " -> " + name(s.out_layout));
  auto random = random_engine();
  const Operand x(s.x, s.dtype, device, s.x_layout, Values::reals, random);
  const Operand residual(s.x, s.dtype, device, s.out_layout, Values::reals,
                         random);
  const Operand weight({s.x.back()}, s.weights, device, Layout::contiguous,
                       Values::reals, random);
  const Operand out(s.x, s.dtype, device, s.out_layout);
  const Operand sum(s.x, s.dtype, device, s.x_layout);
  ops::fused_add_rms_norm_out(x.array(), residual.array(), out.array(),
                              sum.array(), weight.array(), 1e-5);
  std::vector<double> sums = x.values();
  const std::vector<double> others = residual.values();
  for (std::size_t i = 0; i < sums.size(); ++i)
    sums[i] += others[i];
  sums = rounded(sums, s.dtype);
  EXPECT_TRUE(same_values(sum.values(), sums));
  NormCase c{.x = sums,
             .weight = weight.values(),
             .bias = {},
             .length = static_cast<std::size_t>(s.x.back()),
             .eps = 1e-5,
             .dtype = s.dtype};
  EXPECT_TRUE(near(out.values(), reference(c)));
  EXPECT_TRUE(out.untouched_outside());
  EXPECT_TRUE(sum.untouched_outside());
}

TEST_P(RowNormTest, FusedAdd) {
  for (const DType dtype : dtypes)
    for (const std::int64_t length : {1, 67})
      check_fused({.x = {3, length}, .dtype = dtype}, device());
  for (const Layout layout : all_layouts)
    check_fused({.x = {2, 3, 17}, .x_layout = layout}, device());
  if (!on_interpreter())
    for (const DType dtype : {f32, bf16})
      for (const std::int64_t length : {1536, 16387})
        check_fused({.x = {2, length}, .dtype = dtype}, device());
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

TEST(RowNormErrorsTest, NameTheArgument) {
  const Array x = Array::zeros({3, 4}, f32, host_device),
              whole = Array::zeros({3, 4}, i32, host_device),
              five = Array::zeros({5}, f32, host_device);
  expect_error(ErrorId::shape,
               "rms_norm: normalized_shape [5] must be the last sizes of x: x "
               "is f32[3, 4]",
               [&] { ops::rms_norm(x, {5}); });
  expect_error(ErrorId::shape, "layer_norm: normalized_shape [] must be",
               [&] { ops::layer_norm(x, {}); });
  expect_error(ErrorId::shape, "layer_norm: normalized_shape [2, 3, 4] must",
               [&] { ops::layer_norm(x, {2, 3, 4}); });
  expect_error(ErrorId::shape,
               "rms_norm: weight must have the shape of a row, [4]: weight is "
               "f32[5]",
               [&] { ops::rms_norm(x, {4}, five); });
  expect_error(ErrorId::shape, "layer_norm: bias must have the shape",
               [&] { ops::layer_norm(x, {4}, {}, five); });
  expect_error(ErrorId::dtype, "rms_norm: x cannot be i32",
               [&] { ops::rms_norm(whole, {4}); });
  expect_error(ErrorId::shape, "x and residual must have the same shape",
               [&] { ops::fused_add_rms_norm(x, five); });
  expect_error(ErrorId::shape, "x must have 1 to 8 dimensions", [&] {
    const Array none = Array::zeros({}, f32, host_device);
    ops::fused_add_rms_norm(none, none);
  });
}

} // namespace
} // namespace girih::testing
