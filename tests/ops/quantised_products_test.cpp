// SPDX-License-Identifier: Apache-2.0
// fp8_gemm, int8_linear, fp8_linear. Whole numbers and scales that are powers
// of two are compared bit for bit.
#include "operands.h"
#include "tolerance.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"

#include <cmath>
#include <optional>

namespace girih::testing {
namespace {

class NarrowLinearTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(NarrowLinearTest);
class Fp8GemmTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(Fp8GemmTest);

/// An array of powers of two from 1/2 to 2.
Array powers(const std::vector<std::int64_t> &shape, Device device,
             std::mt19937_64 &random) {
  std::int64_t count = 1;
  for (std::int64_t size : shape)
    count *= size;
  std::uniform_int_distribution<int> exponent(-1, 1);
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double &value : values)
    value = std::ldexp(1.0, exponent(random));
  const Array flat = Array::from(values, {count}, f32, device);
  return flat.reshape(shape);
}

std::vector<double> read(const Array &array) {
  return array.to(host_device).to_vector();
}

struct Sums {
  std::vector<double> exact, absolute;
};

/// a[m, k] b[n, k]^T, each term times the scales of its blocks of 128 where
/// there are any.
Sums products(const std::vector<double> &a, const std::vector<double> &b,
              std::int64_t m, std::int64_t n, std::int64_t k,
              const std::vector<double> &a_scales,
              const std::vector<double> &b_scales) {
  const std::int64_t blocks = (k + 127) / 128;
  const auto of = [](const std::vector<double> &values, std::int64_t at) {
    return values[static_cast<std::size_t>(at)];
  };
  Sums out;
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = 0, absolute = 0;
      for (std::int64_t l = 0; l < k; ++l) {
        double term = of(a, i * k + l) * of(b, j * k + l);
        if (!a_scales.empty())
          term *= of(a_scales, i * blocks + l / 128) *
                  of(b_scales, j / 128 * blocks + l / 128);
        sum += term;
        absolute += std::abs(term);
      }
      out.exact.push_back(sum);
      out.absolute.push_back(absolute);
    }
  return out;
}

::testing::AssertionResult within(const std::vector<double> &actual,
                                  const std::vector<double> &exact,
                                  const std::vector<double> &bounds) {
  for (std::size_t i = 0; i < actual.size(); ++i)
    // Written so that NaN fails.
    if (!(std::abs(actual[i] - exact[i]) <= bounds[i]))
      return ::testing::AssertionFailure()
             << "element " << i << " is " << actual[i] << ", expected "
             << exact[i] << " within " << bounds[i];
  return ::testing::AssertionSuccess();
}

struct Linear {
  std::vector<std::int64_t> leading; // of x
  std::int64_t n, k;
  DType dtype = i8, out = bf16;
  Layout x_layout = Layout::contiguous, weight_layout = Layout::contiguous,
         out_layout = Layout::padded;
  bool bias = true, row_scales = true, column_scales = true;
  bool fast = false; // sums of fp8
};

/// Of the absolute values of products; units that sum up all of K lose as much
/// in every step of 32.
double lost(DType dtype, Device device, std::int64_t steps = 1) {
  return dtype != i8 && device.kind == Device::Kind::cuda
             ? testing::fp8_sum * static_cast<double>(steps)
             : 0;
}

void check_linear(const Linear &c, Device device,
                  Values kind = Values::integers) {
  std::int64_t rows = 1;
  for (std::int64_t size : c.leading)
    rows *= size;
  SCOPED_TRACE(std::string(name(c.dtype)) + " " + std::to_string(rows) + "x" +
               std::to_string(c.n) + "x" + std::to_string(c.k) + " " +
               name(c.x_layout) + " " + name(c.weight_layout));
  auto random = random_engine();
  std::vector<std::int64_t> shape = c.leading, out_shape = c.leading;
  shape.push_back(c.k);
  out_shape.push_back(c.n);
  const Operand x(shape, c.dtype, device, c.x_layout, kind, random);
  const Operand weight({c.n, c.k}, c.dtype, device, c.weight_layout, kind,
                       random);
  const Operand bias({c.n}, f16, device, Layout::stepped, Values::integers,
                     random);
  const Operand out(out_shape, c.out, device, c.out_layout);
  const std::vector<std::int64_t> one;
  const Array x_scales = powers(c.row_scales ? c.leading : one, device, random),
              weight_scales = powers(c.column_scales ? std::vector{c.n} : one,
                                     device, random);
  std::optional<Array> added;
  if (c.bias)
    added = bias.array();
  if (c.dtype == i8)
    ops::int8_linear_out(x.array(), x_scales, weight.array(), weight_scales,
                         out.array(), added);
  else
    ops::fp8_linear_out(x.array(), x_scales, weight.array(), weight_scales,
                        out.array(), added, c.fast);
  const auto xs = read(x_scales), ws = read(weight_scales), b = bias.values();
  const Sums sums =
      products(x.values(), weight.values(), rows, c.n, c.k, {}, {});
  std::vector<double> exact, bounds;
  for (std::size_t at = 0; at < sums.exact.size(); ++at) {
    const std::size_t i = at / static_cast<std::size_t>(c.n),
                      j = at % static_cast<std::size_t>(c.n);
    const double scale = xs[c.row_scales ? i : 0] * ws[c.column_scales ? j : 0];
    const double more = c.bias ? b[j] : 0;
    exact.push_back(sums.exact[at] * scale + more);
    bounds.push_back(dot_bound(c.out, c.k + 8,
                               sums.absolute[at] * scale + std::abs(more),
                               exact.back()) +
                     lost(c.dtype, device, c.fast ? c.k / 32 + 1 : 1) *
                         sums.absolute[at] * scale);
  }
  if (kind == Values::integers)
    EXPECT_TRUE(same_values(out.values(), rounded(exact, c.out)));
  else
    EXPECT_TRUE(within(out.values(), exact, bounds));
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(NarrowLinearTest, EveryDtype) {
  for (const DType dtype : {i8, e4m3, e5m2})
    for (const DType out : {bf16, f16, f32})
      check_linear(
          {.leading = {5}, .n = 7, .k = 33, .dtype = dtype, .out = out},
          device());
}

TEST_P(NarrowLinearTest, EveryShape) {
  const std::vector<std::int64_t> rows =
      on_interpreter() ? std::vector<std::int64_t>{0, 1, 3}
                       : std::vector<std::int64_t>{0, 1, 3, 16, 17, 67, 131};
  for (const DType dtype : {i8, e4m3})
    for (const std::int64_t m : rows)
      for (const std::int64_t k : {0, 1, 31, 130})
        check_linear({.leading = {m}, .n = 13, .k = k, .dtype = dtype},
                     device());
  if (on_interpreter())
    return;
  for (const DType dtype : {i8, e4m3}) {
    check_linear({.leading = {3}, .n = 515, .k = 1031, .dtype = dtype},
                 device());
    check_linear({.leading = {257}, .n = 131, .k = 256, .dtype = dtype},
                 device());
    // Few rows of long K.
    for (const std::int64_t m : {1, 19, 70})
      for (const bool more : {false, true})
        check_linear({.leading = {m},
                      .n = 77,
                      .k = 4111,
                      .dtype = dtype,
                      .out = f32,
                      .bias = more,
                      .row_scales = more,
                      .column_scales = more},
                     device());
  }
}

TEST_P(NarrowLinearTest, FastSums) {
  if (on_interpreter())
    return;
  // Whole numbers whose sums fit 13 bits are exact.
  for (const DType dtype : {e4m3, e5m2})
    for (const std::int64_t m : {3, 130})
      check_linear(
          {.leading = {m}, .n = 300, .k = 272, .dtype = dtype, .fast = true},
          device());
  for (const std::int64_t n : {77, 4096})
    check_linear({.leading = {512},
                  .n = n,
                  .k = 1040,
                  .dtype = e4m3,
                  .out = f32,
                  .fast = true},
                 device(), Values::reals);
}

TEST_P(NarrowLinearTest, WithoutBiasAndWithOneScale) {
  for (const bool bias : {false, true})
    for (const bool row_scales : {false, true})
      for (const bool column_scales : {false, true})
        check_linear({.leading = {3},
                      .n = 5,
                      .k = 17,
                      .bias = bias,
                      .row_scales = row_scales,
                      .column_scales = column_scales},
                     device());
}

TEST_P(NarrowLinearTest, EveryRankAndLayout) {
  check_linear({.leading = {}, .n = 5, .k = 9}, device());
  check_linear({.leading = {2, 3}, .n = 5, .k = 9}, device());
  check_linear({.leading = {2, 1, 3}, .n = 5, .k = 9, .dtype = e4m3}, device());
  for (const DType dtype : {i8, e4m3})
    for (const Layout layout : all_layouts)
      check_linear({.leading = {2, 3},
                    .n = 5,
                    .k = 18,
                    .dtype = dtype,
                    .x_layout = layout,
                    .weight_layout = layout,
                    .out_layout = layout},
                   device());
}

TEST_P(NarrowLinearTest, Reals) {
  if (on_interpreter())
    return;
  for (const DType dtype : {e4m3, e5m2})
    for (const std::int64_t rows : {3, 129})
      check_linear(
          {.leading = {rows}, .n = 70, .k = 300, .dtype = dtype, .out = f32},
          device(), Values::reals);
}

// Sums of the largest elements, which no f32 holds.
TEST_P(NarrowLinearTest, SumsIntegersExactly) {
  const std::int64_t k = on_interpreter() ? 1100 : 5001;
  std::vector<double> x(static_cast<std::size_t>(k), 127),
      weight(static_cast<std::size_t>(2 * k), -128);
  x[7] = 126;
  for (std::size_t i = 0; i < x.size(); ++i)
    weight[x.size() + i] = static_cast<double>(i % 255) - 127;
  const Array one = Array::from(std::vector<double>{1}, {}, f32, device());
  const Array out =
      ops::int8_linear(Array::from(x, {1, k}, i8, device()), one,
                       Array::from(weight, {2, k}, i8, device()), one, {}, f32);
  std::vector<double> expected(2);
  for (std::size_t i = 0; i < weight.size(); ++i)
    expected[i / x.size()] += x[i % x.size()] * weight[i];
  EXPECT_TRUE(same_values(read(out), rounded(expected, f32)));
}

struct Gemm {
  std::vector<std::int64_t> leading;
  std::int64_t n, k;
  DType out = bf16;
  Layout a_layout = Layout::contiguous, b_layout = Layout::contiguous;
};

void check_gemm(const Gemm &c, Device device, bool integers = true) {
  std::int64_t rows = 1;
  for (std::int64_t size : c.leading)
    rows *= size;
  SCOPED_TRACE(std::to_string(rows) + "x" + std::to_string(c.n) + "x" +
               std::to_string(c.k) + " " + name(c.a_layout) + " " +
               name(c.b_layout));
  auto random = random_engine();
  const std::int64_t blocks = (c.k + 127) / 128, bands = (c.n + 127) / 128;
  std::vector<std::int64_t> a_shape = c.leading, scale_shape = c.leading,
                            out_shape = c.leading;
  a_shape.push_back(c.k);
  scale_shape.push_back(blocks);
  out_shape.push_back(c.n);
  const Values kind = integers ? Values::integers : Values::reals;
  const Operand a(a_shape, e4m3, device, c.a_layout, kind, random);
  const Operand b({c.n, c.k}, e4m3, device, c.b_layout, kind, random);
  const Operand out(out_shape, c.out, device, Layout::padded);
  const Array a_scales = powers(scale_shape, device, random),
              b_scales = powers({bands, blocks}, device, random);
  ops::fp8_gemm_out(a.array(), a_scales, b.array(), b_scales, out.array());
  const Sums sums = products(a.values(), b.values(), rows, c.n, c.k,
                             read(a_scales), read(b_scales));
  std::vector<double> bounds;
  for (std::size_t i = 0; i < sums.exact.size(); ++i)
    bounds.push_back(
        dot_bound(c.out, c.k + 8, sums.absolute[i], sums.exact[i]) +
        lost(e4m3, device) * sums.absolute[i]);
  if (integers)
    EXPECT_TRUE(same_values(out.values(), rounded(sums.exact, c.out)));
  else
    EXPECT_TRUE(within(out.values(), sums.exact, bounds));
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(Fp8GemmTest, EveryShape) {
  for (const DType out : {bf16, f16, f32})
    check_gemm({.leading = {3}, .n = 5, .k = 256, .out = out}, device());
  for (const std::int64_t m : {0, 1, 17})
    for (const std::int64_t k : {0, 1, 127, 129})
      check_gemm({.leading = {m}, .n = 3, .k = k}, device());
  check_gemm({.leading = {2}, .n = 130, .k = 131}, device());
  if (on_interpreter())
    return;
  check_gemm({.leading = {131}, .n = 259, .k = 640}, device());
  check_gemm({.leading = {7}, .n = 1031, .k = 1000}, device());
  check_gemm({.leading = {67}, .n = 384, .k = 512, .out = f32}, device());
}

TEST_P(Fp8GemmTest, EveryRankAndLayout) {
  check_gemm({.leading = {}, .n = 5, .k = 130}, device());
  check_gemm({.leading = {2, 3}, .n = 5, .k = 130}, device());
  for (const Layout layout : all_layouts)
    check_gemm({.leading = {2, 3},
                .n = 5,
                .k = 144,
                .a_layout = layout,
                .b_layout = layout},
               device());
}

TEST_P(Fp8GemmTest, Reals) {
  if (on_interpreter())
    return;
  check_gemm({.leading = {70}, .n = 140, .k = 520, .out = f32}, device(),
             false);
}

// What a layer does: the result is that of the numbers before, but for their
// rounding.
TEST_P(Fp8GemmTest, MultipliesWhatActQuantGives) {
  const std::int64_t n = 40, k = on_interpreter() ? 128 : 384;
  auto random = random_engine();
  const Operand x({4, k}, bf16, device(), Layout::contiguous, Values::reals,
                  random);
  const Operand w({n, k}, e4m3, device(), Layout::contiguous, Values::integers,
                  random);
  const auto [a, a_scales] = ops::act_quant(x.array());
  const Array b_scales = powers({1, k / 128}, device(), random);
  const Array out = ops::fp8_gemm(a, a_scales, w.array(), b_scales, f32);
  const auto xs = x.values(), ws = w.values(), factors = read(b_scales),
             actual = read(out);
  for (std::int64_t i = 0; i < 4; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = 0, absolute = 0;
      for (std::int64_t l = 0; l < k; ++l) {
        const double weight = ws[static_cast<std::size_t>(j * k + l)] *
                              factors[static_cast<std::size_t>(l / 128)];
        sum += xs[static_cast<std::size_t>(i * k + l)] * weight;
        // Half a unit of an element, or of a subnormal one.
        absolute += (std::abs(xs[static_cast<std::size_t>(i * k + l)]) *
                         tolerance(e4m3).output +
                     tolerance(e4m3).smallest) *
                    std::abs(weight);
      }
      EXPECT_NEAR(actual[static_cast<std::size_t>(i * n + j)], sum,
                  absolute * 1.01);
    }
}

template <class Mistake>
void expect_error(ErrorId id, std::string_view says, Mistake mistake) {
  try {
    mistake();
    ADD_FAILURE() << "no error; expected " << says;
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), id) << error.what();
    EXPECT_NE(std::string_view(error.what()).find(says), std::string_view::npos)
        << error.what();
  }
}

TEST(NarrowProductErrorsTest, NameTheArgument) {
  const auto zeros = [](std::initializer_list<std::int64_t> shape,
                        DType dtype) {
    return Array::zeros(shape, dtype, host_device);
  };
  const Array x = zeros({3, 8}, i8), w = zeros({5, 8}, i8),
              rows = zeros({3}, f32), columns = zeros({5}, f32);
  expect_error(ErrorId::dtype, "int8_linear: x cannot be e4m3", [&] {
    ops::int8_linear(zeros({3, 8}, e4m3), rows, w, columns);
  });
  expect_error(ErrorId::dtype, "int8_linear: x and weight", [&] {
    ops::int8_linear(x, rows, zeros({5, 8}, e4m3), columns);
  });
  expect_error(ErrorId::shape, "int8_linear: x_scales must have a number",
               [&] { ops::int8_linear(x, columns, w, columns); });
  expect_error(ErrorId::shape, "int8_linear: weight_scales must have shape [5]",
               [&] { ops::int8_linear(x, rows, w, rows); });
  expect_error(ErrorId::shape, "int8_linear: bias must have shape [5]",
               [&] { ops::int8_linear(x, rows, w, columns, rows); });
  expect_error(ErrorId::shape, "int8_linear: weight must have shape [*, 8]",
               [&] { ops::int8_linear(x, rows, zeros({5, 9}, i8), columns); });
  expect_error(ErrorId::dtype, "fp8_linear: x cannot be i8",
               [&] { ops::fp8_linear(x, rows, w, columns); });
  const Array a = zeros({3, 130}, e4m3), b = zeros({5, 130}, e4m3);
  expect_error(ErrorId::shape, "fp8_gemm: a_scales must have a number", [&] {
    ops::fp8_gemm(a, zeros({3, 1}, f32), b, zeros({1, 2}, f32));
  });
  expect_error(
      ErrorId::shape, "fp8_gemm: b_scales must have shape [1, 2]",
      [&] { ops::fp8_gemm(a, zeros({3, 2}, f32), b, zeros({1, 1}, f32)); });
  expect_error(ErrorId::dtype, "fp8_gemm: the result cannot be e4m3", [&] {
    ops::fp8_gemm(a, zeros({3, 2}, f32), b, zeros({1, 2}, f32), e4m3);
  });
}

} // namespace
} // namespace girih::testing
