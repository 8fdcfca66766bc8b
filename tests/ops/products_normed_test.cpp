// SPDX-License-Identifier: Apache-2.0
// rms_norm_linear and rms_norm_linear_swiglu, and addmm of few rows.
#include "operands.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"
#include "girih/ops/registry.h"

#include <cmath>
#include <optional>

namespace girih::testing {
namespace {

class NormedProductTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(NormedProductTest);

constexpr DType dtypes[] = {f64, f32, f16, bf16};

/// Half a unit in the last place, relative.
double epsilon(DType dtype) {
  return dtype == f64   ? 0x1p-53
         : dtype == f32 ? 0x1p-24
         : dtype == f16 ? 0x1p-11
                        : 0x1p-8;
}

/// x * rsqrt(mean(x^2) + eps) * norm of each row.
std::vector<double> normed(const std::vector<double> &x,
                           const std::vector<double> &norm, double eps) {
  const std::size_t k = norm.size();
  std::vector<double> out(x.size());
  for (std::size_t row = 0; row * k < x.size(); ++row) {
    double squares = 0;
    for (std::size_t i = 0; i < k; ++i)
      squares += x[row * k + i] * x[row * k + i];
    const double scale = 1 / std::sqrt(squares / static_cast<double>(k) + eps);
    for (std::size_t i = 0; i < k; ++i)
      out[row * k + i] = x[row * k + i] * scale * norm[i];
  }
  return out;
}

struct Sum {
  double exact = 0, absolute = 0;
};

Sum dot(const std::vector<double> &x, std::size_t row,
        const std::vector<double> &w, std::size_t column, std::size_t k) {
  Sum sum;
  for (std::size_t i = 0; i < k; ++i) {
    const double term = x[row * k + i] * w[column * k + i];
    sum.exact += term;
    sum.absolute += std::abs(term);
  }
  return sum;
}

void near(double actual, double expected, double absolute, DType dtype,
          std::size_t k) {
  // Of the result; of y, where it is rounded; and of the sum.
  const double e = epsilon(dtype), sums = epsilon(dtype == f64 ? f64 : f32);
  EXPECT_NEAR(actual, expected,
              2 * e * std::abs(expected) + 2 * e * absolute +
                  sums * static_cast<double>(k + 8) * absolute);
}

void check_linear(std::int64_t m, std::int64_t n, std::int64_t k, DType dtype,
                  Device device, Layout layout, bool biased) {
  SCOPED_TRACE(std::to_string(m) + "x" + std::to_string(n) + "x" +
               std::to_string(k) + " " + std::string(girih::name(dtype)) + " " +
               name(layout));
  auto random = random_engine();
  const Operand x({m, k}, dtype, device, layout, Values::reals, random);
  const Operand norm({k}, dtype, device, Layout::contiguous, Values::reals,
                     random);
  const Operand w({n, k}, dtype, device, Layout::contiguous, Values::reals,
                  random);
  const Operand bias({n}, dtype, device, Layout::contiguous, Values::reals,
                     random);
  const Operand out({m, n}, dtype, device, Layout::padded);
  ops::rms_norm_linear_out(x.array(), norm.array(), w.array(), out.array(),
                           biased ? std::optional(bias.array()) : std::nullopt,
                           1e-3);
  const auto y = normed(x.values(), norm.values(), 1e-3), ws = w.values(),
             bs = bias.values(), actual = out.values();
  const auto columns = static_cast<std::size_t>(n),
             depth = static_cast<std::size_t>(k);
  for (std::size_t at = 0; at < actual.size(); ++at) {
    Sum sum = dot(y, at / columns, ws, at % columns, depth);
    if (biased)
      sum.exact += bs[at % columns];
    near(actual[at], sum.exact, sum.absolute, dtype, depth);
  }
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(NormedProductTest, EveryShape) {
  for (const DType dtype : dtypes)
    check_linear(1, 9, 40, dtype, device(), Layout::contiguous, true);
  for (const std::int64_t m : {2, 3, 4, 5})
    check_linear(m, 5, 33, bf16, device(), Layout::contiguous, m % 2 == 0);
  for (const Layout layout : all_layouts)
    check_linear(2, 7, 24, f32, device(), layout, false);
  check_linear(0, 7, 24, f32, device(), Layout::contiguous, false);
  if (on_interpreter())
    return;
  for (const std::int64_t m : {1, 2, 4, 9, 70})
    check_linear(m, 300, 1536, bf16, device(), Layout::contiguous, true);
  check_linear(1, 70, 9000, f32, device(), Layout::contiguous, false);
}

void check_swiglu(std::int64_t m, std::int64_t n, std::int64_t k, DType dtype,
                  Device device) {
  SCOPED_TRACE(std::to_string(m) + "x" + std::to_string(n) + "x" +
               std::to_string(k) + " " + std::string(girih::name(dtype)));
  auto random = random_engine();
  const Operand x({m, k}, dtype, device, Layout::padded, Values::reals, random);
  const Operand norm({k}, dtype, device, Layout::contiguous, Values::reals,
                     random);
  const Operand w({2 * n, k}, dtype, device, Layout::contiguous, Values::reals,
                  random);
  const Operand out({m, n}, dtype, device, Layout::padded);
  ops::rms_norm_linear_swiglu_out(x.array(), norm.array(), w.array(),
                                  out.array(), 1e-3);
  const auto y = normed(x.values(), norm.values(), 1e-3), ws = w.values(),
             actual = out.values();
  const auto columns = static_cast<std::size_t>(n),
             depth = static_cast<std::size_t>(k);
  for (std::size_t at = 0; at < actual.size(); ++at) {
    const std::size_t row = at / columns, column = at % columns;
    const Sum gate = dot(y, row, ws, column, depth),
              up = dot(y, row, ws, columns + column, depth);
    const double silu = gate.exact / (1 + std::exp(-gate.exact));
    // The slope of silu is at most 1.1.
    near(actual[at], silu * up.exact,
         std::abs(silu) * up.absolute +
             1.1 * gate.absolute * std::abs(up.exact),
         dtype, depth);
  }
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(NormedProductTest, SwigluOfEveryShape) {
  for (const DType dtype : dtypes)
    check_swiglu(1, 9, 40, dtype, device());
  for (const std::int64_t m : {2, 3, 4, 5})
    check_swiglu(m, 5, 33, bf16, device());
  if (on_interpreter())
    return;
  for (const std::int64_t m : {1, 4, 9, 70})
    check_swiglu(m, 300, 1536, bf16, device());
}

// A result that has something added to it, of few rows.
TEST_P(NormedProductTest, FewRowsAddedToAMatrix) {
  for (const DType dtype : dtypes)
    for (const std::int64_t m : {1, 2, 3, 4, 7}) {
      SCOPED_TRACE(std::string(girih::name(dtype)) + " " + std::to_string(m));
      const std::int64_t n = 21, k = 40;
      auto random = random_engine();
      const Operand added({m, n}, dtype, device(), Layout::padded,
                          Values::integers, random);
      const Operand x({m, k}, dtype, device(), Layout::contiguous,
                      Values::integers, random);
      const Operand w({n, k}, dtype, device(), Layout::contiguous,
                      Values::integers, random);
      const Operand out({m, n}, dtype, device(), Layout::padded);
      ops::addmm_out(added.array(), x.array(), w.array().transpose(0, 1),
                     out.array());
      const auto xs = x.values(), ws = w.values();
      auto expected = added.values();
      for (std::size_t at = 0; at < expected.size(); ++at)
        expected[at] += dot(xs, at / 21, ws, at % 21, 40).exact;
      EXPECT_TRUE(same_values(out.values(), rounded(expected, dtype)));
      ops::addmm_out(added.array(), x.array(), w.array().transpose(0, 1),
                     out.array(), 2, -0.5);
      const auto addends = added.values();
      for (std::size_t at = 0; at < expected.size(); ++at)
        expected[at] = 2.5 * addends[at] - 0.5 * expected[at];
      EXPECT_TRUE(same_values(out.values(), rounded(expected, dtype)));
      EXPECT_TRUE(out.untouched_outside());
    }
}

/// A kernel that operators run on a GPU only, on any device.
void run_kernel(const char *kernel, std::int64_t rows,
                const std::vector<Array> &operands) {
  Config config;
  config.blocks = {{"BN", 4}, {"BK", 32}};
  ops::find_kernel(kernel)
      .kernel.with("ROWS", rows)
      .launch(operands, {.config = config, .stream = {}});
}

TEST_P(NormedProductTest, KernelsOfAGpu) {
  for (const std::int64_t m : {1, 3}) {
    const std::int64_t n = 6, k = 72;
    auto random = random_engine();
    const auto operand = [&](std::vector<std::int64_t> shape) {
      return Operand(std::move(shape), f32, device(), Layout::contiguous,
                     Values::reals, random);
    };
    const Operand x = operand({m, k}), norm = operand({k}), w = operand({n, k}),
                  up = operand({n, k}), bias = operand({n});
    const Operand linear({m, n}, f32, device(), Layout::padded),
        gated({m, n}, f32, device(), Layout::padded);
    const Operand added = operand({m, n});
    const Operand scaled({m, n}, f32, device(), Layout::padded),
        alone({m, n}, f32, device(), Layout::padded);
    const Array eps = Array::scalar(1e-3, f32),
                alpha = Array::scalar(-0.5, f32), beta = Array::scalar(2, f32),
                none = Array::scalar(0, f32);
    run_kernel(
        "linear_rows_scaled", m,
        {x.array(), w.array(), added.array(), alpha, beta, scaled.array()});
    run_kernel("linear_rows_scaled", m,
               {x.array(), w.array(), none, alpha, none, alone.array()});
    run_kernel("rms_norm_linear_rows", m,
               {x.array(), norm.array(), eps, w.array(), bias.array(),
                linear.array()});
    run_kernel(
        "rms_norm_linear_swiglu_rows", m,
        {x.array(), norm.array(), eps, w.array(), up.array(), gated.array()});
    const auto y = normed(x.values(), norm.values(), 1e-3), ws = w.values(),
               us = up.values(), bs = bias.values(), sums = linear.values(),
               products = gated.values(), xs = x.values(), as = added.values(),
               both = scaled.values(), ones = alone.values();
    for (std::size_t at = 0; at < sums.size(); ++at) {
      const Sum gate = dot(y, at / 6, ws, at % 6, 72),
                value = dot(y, at / 6, us, at % 6, 72);
      near(sums[at], gate.exact + bs[at % 6], gate.absolute, f32, 72);
      const double silu = gate.exact / (1 + std::exp(-gate.exact));
      near(products[at], silu * value.exact,
           std::abs(silu) * value.absolute +
               1.1 * gate.absolute * std::abs(value.exact),
           f32, 72);
      const Sum plain = dot(xs, at / 6, ws, at % 6, 72);
      near(both[at], plain.exact * -0.5 + 2 * as[at],
           plain.absolute + std::abs(as[at]), f32, 72);
      near(ones[at], plain.exact * -0.5, plain.absolute, f32, 72);
    }
    EXPECT_TRUE(scaled.untouched_outside());
    EXPECT_TRUE(linear.untouched_outside());
    EXPECT_TRUE(gated.untouched_outside());
  }
}

TEST_P(NormedProductTest, WrongArguments) {
  const auto zeros = [&](std::initializer_list<std::int64_t> shape,
                         DType dtype) {
    return Array::zeros(shape, dtype, device());
  };
  const Array x = zeros({2, 8}, bf16), norm = zeros({8}, bf16),
              w = zeros({6, 8}, bf16);
  const auto id_of = [&](auto call) {
    try {
      call();
    } catch (const RuntimeError &error) {
      return error.id();
    }
    return ErrorId::internal;
  };
  EXPECT_EQ(id_of([&] { ops::rms_norm_linear(x, zeros({7}, bf16), w); }),
            ErrorId::shape);
  EXPECT_EQ(id_of([&] { ops::rms_norm_linear(x, zeros({8}, f32), w); }),
            ErrorId::dtype);
  EXPECT_EQ(id_of([&] { ops::rms_norm_linear(x, norm, w, zeros({5}, bf16)); }),
            ErrorId::shape);
  EXPECT_EQ(
      id_of([&] { ops::rms_norm_linear_swiglu(x, norm, zeros({5, 8}, bf16)); }),
      ErrorId::shape);
  EXPECT_EQ(id_of([&] { ops::rms_norm_linear_swiglu(x, zeros({9}, bf16), w); }),
            ErrorId::shape);
}

} // namespace
} // namespace girih::testing
