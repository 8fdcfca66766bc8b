// SPDX-License-Identifier: Apache-2.0
// linear, linear_swiglu and the products that are added to something.
#include "operands.h"
#include "tolerance.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"
#include "girih/ops/registry.h"

#include <numbers>
#include <optional>

namespace girih::testing {
namespace {

constexpr DType dtypes[] = {f64, f32, f16, bf16};

class LinearTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(LinearTest);
class LinearSwigluTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(LinearSwigluTest);
class AddedProductTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(AddedProductTest);

struct Sums {
  std::vector<double> exact, absolute;
};

/// a[m, k] b[k, n], with b by its strides.
Sums products(const std::vector<double> &a, const std::vector<double> &b,
              std::size_t m, std::size_t n, std::size_t k, bool b_transposed) {
  Sums out{std::vector<double>(m * n), std::vector<double>(m * n)};
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t l = 0; l < k; ++l) {
        const double term =
            a[i * k + l] * (b_transposed ? b[j * k + l] : b[l * n + j]);
        out.exact[i * n + j] += term;
        out.absolute[i * n + j] += std::abs(term);
      }
  return out;
}

double silu(double x) { return x / (1 + std::exp(-x)); }

double activated(double x, const std::string &kind) {
  if (kind == "relu")
    return std::max(x, 0.0);
  if (kind == "gelu")
    return 0.5 * x * (1 + std::erf(x / std::numbers::sqrt2));
  if (kind == "gelu_tanh")
    return 0.5 * x *
           (1 + std::tanh(std::sqrt(2 / std::numbers::pi) *
                          (x + 0.044715 * x * x * x)));
  return kind == "silu" ? silu(x) : x;
}

::testing::AssertionResult near(const std::vector<double> &actual,
                                const Sums &expected, DType dtype,
                                std::int64_t terms) {
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double bound =
        dot_bound(dtype, terms + 16, expected.absolute[i], expected.exact[i]);
    // Written so that NaN fails.
    if (!(std::abs(actual[i] - expected.exact[i]) <= bound))
      return ::testing::AssertionFailure()
             << "element " << i << " is " << actual[i] << ", expected "
             << expected.exact[i] << " within " << bound;
  }
  return ::testing::AssertionSuccess();
}

struct Case {
  std::int64_t m, n, k;
  DType dtype = f32;
  Layout x = Layout::contiguous, weight = Layout::contiguous,
         out = Layout::contiguous;
  std::string activation = "none";
  bool bias = true;
};

void check(const Case &c, Device device, Values values) {
  SCOPED_TRACE(std::to_string(c.m) + "x" + std::to_string(c.n) + "x" +
               std::to_string(c.k) + " " + std::string(girih::name(c.dtype)) +
               " " + name(c.x) + " " + name(c.weight) + " -> " + name(c.out) +
               " " + c.activation);
  auto random = random_engine();
  const Operand x({c.m, c.k}, c.dtype, device, c.x, values, random);
  const Operand weight({c.n, c.k}, c.dtype, device, c.weight, values, random);
  const Operand bias({c.n}, c.dtype, device, Layout::contiguous, values,
                     random);
  const Operand out({c.m, c.n}, c.dtype, device, c.out);
  std::optional<Array> given;
  if (c.bias)
    given = bias.array();
  ops::linear_out(x.array(), weight.array(), out.array(), given, c.activation);
  const auto m = static_cast<std::size_t>(c.m),
             n = static_cast<std::size_t>(c.n),
             k = static_cast<std::size_t>(c.k);
  Sums sums = products(x.values(), weight.values(), m, n, k, true);
  const std::vector<double> added = bias.values();
  for (std::size_t i = 0; i < m * n; ++i) {
    if (c.bias) {
      sums.exact[i] += added[i % n];
      sums.absolute[i] += std::abs(added[i % n]);
    }
    sums.exact[i] = activated(sums.exact[i], c.activation);
    // No activation is steeper than 1.2.
    sums.absolute[i] *= c.activation == "none" ? 1 : 1.2;
  }
  if (values == Values::integers)
    EXPECT_TRUE(same_values(out.values(), rounded(sums.exact, c.dtype)));
  else
    EXPECT_TRUE(near(out.values(), sums, c.dtype, c.k));
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(LinearTest, EveryNumberOfRows) {
  for (const DType dtype : dtypes)
    for (const std::int64_t rows : {1, 2, 3, 4, 5, 8, 9, 17})
      for (const Values values : {Values::integers, Values::reals})
        check({.m = rows, .n = 13, .k = 37, .dtype = dtype}, device(), values);
}

TEST_P(LinearTest, EverySize) {
  const bool small = on_interpreter();
  for (const std::int64_t rows : {1, 3, 8, 16})
    for (const std::int64_t n : {1, 2, 7, 64, small ? 5 : 531})
      for (const std::int64_t k : {1, 8, small ? 33 : 255, small ? 9 : 1031})
        check({.m = rows, .n = n, .k = k}, device(), Values::integers);
}

TEST_P(LinearTest, LongSums) {
  const std::int64_t longer = on_interpreter() ? 129 : 9001;
  for (const DType dtype : {f32, bf16, f16})
    for (const std::int64_t rows : {1, 2, 4, 6, 16})
      for (const std::int64_t k : {std::int64_t{40}, longer})
        check({.m = rows, .n = 19, .k = k, .dtype = dtype}, device(),
              Values::reals);
}

TEST_P(LinearTest, EveryActivation) {
  for (const std::string activation :
       {"none", "relu", "gelu", "gelu_tanh", "silu"})
    for (const std::int64_t rows : {1, 12})
      for (const bool bias : {false, true})
        check({.m = rows,
               .n = 21,
               .k = 16,
               .dtype = bf16,
               .activation = activation,
               .bias = bias},
              device(), Values::reals);
}

TEST_P(LinearTest, EveryLayout) {
  for (const Layout x : all_layouts)
    for (const Layout weight : all_layouts)
      for (const Layout out :
           {Layout::contiguous, Layout::transposed, Layout::padded})
        for (const std::int64_t rows : {2, 11})
          check({.m = rows,
                 .n = 35,
                 .k = 29,
                 .dtype = bf16,
                 .x = x,
                 .weight = weight,
                 .out = out},
                device(), Values::integers);
}

// A batch whose rows lie evenly, one whose rows do not, and a vector.
TEST_P(LinearTest, EveryRank) {
  auto random = random_engine();
  const Operand weight({6, 5}, f32, device(), Layout::contiguous,
                       Values::integers, random);
  const auto compare = [&](const Array &x) {
    const Array out = ops::linear(x, weight.array());
    std::vector<std::int64_t> shape(x.shape().begin(), x.shape().end());
    shape.back() = 6;
    EXPECT_EQ(std::vector<std::int64_t>(out.shape().begin(), out.shape().end()),
              shape);
    const std::vector<double> values = x.to_vector();
    EXPECT_TRUE(
        same_values(out.to_vector(), products(values, weight.values(),
                                              values.size() / 5, 6, 5, true)
                                         .exact));
  };
  const Operand batch({2, 7, 3, 5}, f32, device(), Layout::contiguous,
                      Values::integers, random);
  compare(batch.array());
  compare(batch.array().slice(1, 1, 6));
  compare(batch.array().transpose(0, 2));
  compare(batch.array().select(0, 0).select(0, 0).select(0, 0));
  compare(batch.array().slice(0, 0, 0));
}

TEST_P(LinearTest, AWeightOfOneRow) {
  auto random = random_engine();
  for (const std::vector<std::int64_t> &shape :
       {std::vector<std::int64_t>{37}, {5, 37}, {2, 3, 37}}) {
    const Operand x(shape, f32, device(), Layout::contiguous, Values::integers,
                    random),
        row({37}, f32, device(), Layout::stepped, Values::integers, random);
    const double two[] = {2};
    const Array bias = Array::from(two, {}, f32, device());
    const std::vector<double> factors = row.values(), given = x.values();
    std::vector<double> sums(given.size() / 37);
    for (std::size_t i = 0; i < given.size(); ++i)
      sums[i / 37] += given[i] * factors[i % 37];
    const Array plain = ops::linear(x.array(), row.array());
    EXPECT_EQ(plain.rank() + 1, x.array().rank());
    EXPECT_EQ(plain.to_vector(), sums);
    for (double &sum : sums)
      sum += 2;
    EXPECT_EQ(ops::linear(x.array(), row.array(), bias).to_vector(), sums);
  }
  const Array x = Array::zeros({3, 4}, f32, device());
  EXPECT_EQ(
      ops::linear(Array::zeros({0, 4}, f32, device()), x.select(0, 0)).numel(),
      0);
}

TEST_P(LinearTest, NothingToSum) {
  const double added[] = {1, -2, 3};
  const Array bias = Array::from(added, {3}, f32, device());
  for (const std::int64_t rows : {1, 20}) {
    const Array x = Array::zeros({rows, 0}, f32, device()),
                weight = Array::zeros({3, 0}, f32, device());
    const auto out = ops::linear(x, weight, bias, "relu").to_vector();
    ASSERT_EQ(out.size(), static_cast<std::size_t>(3 * rows));
    EXPECT_EQ(out[0], 1);
    EXPECT_EQ(out[1], 0);
    EXPECT_EQ(out[2], 3);
  }
}

void check_swiglu(const Case &c, Device device) {
  SCOPED_TRACE(std::to_string(c.m) + "x" + std::to_string(c.n) + "x" +
               std::to_string(c.k) + " " + std::string(girih::name(c.dtype)));
  auto random = random_engine();
  const Operand x({c.m, c.k}, c.dtype, device, c.x, Values::reals, random);
  const Operand weight({2 * c.n, c.k}, c.dtype, device, c.weight, Values::reals,
                       random);
  const Operand out({c.m, c.n}, c.dtype, device, c.out);
  ops::linear_swiglu_out(x.array(), weight.array(), out.array());
  const auto m = static_cast<std::size_t>(c.m),
             n = static_cast<std::size_t>(c.n);
  const Sums both = products(x.values(), weight.values(), m, 2 * n,
                             static_cast<std::size_t>(c.k), true);
  Sums expected;
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      const std::size_t gate = i * 2 * n + j, up = gate + n;
      const double g = silu(both.exact[gate]);
      expected.exact.push_back(g * both.exact[up]);
      expected.absolute.push_back(
          1.25 * (std::abs(both.exact[up]) * both.absolute[gate] +
                  std::abs(g) * both.absolute[up]) +
          std::abs(g * both.exact[up]));
    }
  EXPECT_TRUE(near(out.values(), expected, c.dtype, c.k));
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(LinearSwigluTest, EveryNumberOfRows) {
  for (const DType dtype : dtypes)
    for (const std::int64_t rows : {1, 2, 4, 7, 8, 9, 33})
      check_swiglu({.m = rows, .n = 13, .k = 37, .dtype = dtype}, device());
}

TEST_P(LinearSwigluTest, EveryLayout) {
  for (const Layout x : all_layouts)
    for (const Layout weight : all_layouts)
      for (const std::int64_t rows : {1, 10})
        check_swiglu({.m = rows,
                      .n = 21,
                      .k = 19,
                      .dtype = bf16,
                      .x = x,
                      .weight = weight,
                      .out = x},
                     device());
}

TEST_P(LinearSwigluTest, Larger) {
  if (on_interpreter())
    GTEST_SKIP() << "too many elements";
  for (const std::int64_t rows : {1, 3, 140})
    check_swiglu({.m = rows, .n = 260, .k = 530, .dtype = bf16}, device());
}

TEST_P(AddedProductTest, ScalesBoth) {
  for (const DType dtype : dtypes) {
    SCOPED_TRACE(girih::name(dtype));
    auto random = random_engine();
    const Operand a({13, 17}, dtype, device(), Layout::contiguous,
                    Values::integers, random);
    const Operand b({17, 11}, dtype, device(), Layout::transposed,
                    Values::integers, random);
    const auto sums = products(a.values(), b.values(), 13, 11, 17, false);
    const std::vector<std::vector<std::int64_t>> shapes{
        {13, 11}, {11}, {13, 1}, {1, 11}, {}};
    for (const auto &shape : shapes) {
      const Operand input(shape, dtype, device(), Layout::contiguous,
                          Values::integers, random);
      const Operand out({13, 11}, dtype, device(), Layout::padded);
      ops::addmm_out(input.array(), a.array(), b.array(), out.array(), 2, -0.5);
      const std::vector<std::int64_t> full{13, 11};
      const auto added = input.array().broadcast_to(full).to_vector();
      std::vector<double> expected;
      for (std::size_t i = 0; i < added.size(); ++i)
        expected.push_back(2 * added[i] - 0.5 * sums.exact[i]);
      EXPECT_TRUE(same_values(out.values(), rounded(expected, dtype)));
      EXPECT_TRUE(out.untouched_outside());
    }
  }
}

TEST_P(AddedProductTest, BetaZeroReadsNothing) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double values[] = {nan, nan, nan, nan}, ones[] = {1, 2, 3, 4};
  const Array input = Array::from(values, {2, 2}, f32, device()),
              a = Array::from(ones, {2, 2}, f32, device());
  EXPECT_TRUE(
      same_values(ops::addmm(input, a, a, 0).to_vector(), {7, 10, 15, 22}));
  EXPECT_TRUE(
      same_values(ops::addmm(input, a, a, 0, 2).to_vector(), {14, 20, 30, 44}));
}

TEST_P(AddedProductTest, Batches) {
  auto random = random_engine();
  for (const DType dtype : {f32, bf16}) {
    const Operand a({3, 5, 7}, dtype, device(), Layout::contiguous,
                    Values::integers, random);
    const Operand b({3, 7, 9}, dtype, device(), Layout::transposed,
                    Values::integers, random);
    const Operand input({5, 1}, dtype, device(), Layout::contiguous,
                        Values::integers, random);
    std::vector<double> expected, plain;
    const auto x = a.values(), y = b.values(), z = input.values();
    for (std::size_t batch = 0; batch < 3; ++batch) {
      const auto sums = products({x.begin() + 35 * std::ptrdiff_t(batch),
                                  x.begin() + 35 * std::ptrdiff_t(batch + 1)},
                                 {y.begin() + 63 * std::ptrdiff_t(batch),
                                  y.begin() + 63 * std::ptrdiff_t(batch + 1)},
                                 5, 9, 7, false);
      for (std::size_t i = 0; i < 45; ++i) {
        plain.push_back(sums.exact[i]);
        expected.push_back(3 * z[i / 9] + sums.exact[i]);
      }
    }
    EXPECT_TRUE(same_values(
        ops::baddbmm(input.array(), a.array(), b.array(), 3).to_vector(),
        rounded(expected, dtype)));
    EXPECT_TRUE(same_values(ops::bmm(a.array(), b.array()).to_vector(),
                            rounded(plain, dtype)));
  }
}

TEST_P(AddedProductTest, Vectors) {
  auto random = random_engine();
  for (const DType dtype : {f32, bf16})
    for (const Layout layout : {Layout::contiguous, Layout::transposed}) {
      const Operand a({23, 31}, dtype, device(), layout, Values::integers,
                      random);
      const Operand x({31}, dtype, device(), Layout::stepped, Values::integers,
                      random);
      const Operand input({23}, dtype, device(), Layout::contiguous,
                          Values::integers, random);
      const auto sums = products(a.values(), x.values(), 23, 1, 31, false);
      std::vector<double> expected;
      for (std::size_t i = 0; i < 23; ++i)
        expected.push_back(input.values()[i] * 0.5 + 2 * sums.exact[i]);
      EXPECT_TRUE(same_values(ops::mv(a.array(), x.array()).to_vector(),
                              rounded(sums.exact, dtype)));
      EXPECT_TRUE(same_values(
          ops::addmv(input.array(), a.array(), x.array(), 0.5, 2).to_vector(),
          rounded(expected, dtype)));
      const Array number =
          Array::from(std::vector<double>{3}, {1}, f32, device());
      for (std::size_t i = 0; i < 23; ++i)
        expected[i] = 3 + sums.exact[i];
      EXPECT_TRUE(
          same_values(ops::addmv(number, a.array(), x.array()).to_vector(),
                      rounded(expected, dtype)));
    }
}

TEST_P(AddedProductTest, LeadingDimensionsBroadcast) {
  auto random = random_engine();
  const Operand a({2, 1, 3, 4}, f32, device(), Layout::contiguous,
                  Values::integers, random);
  const Operand b({5, 4, 6}, f32, device(), Layout::contiguous,
                  Values::integers, random);
  const Array out = ops::matmul(a.array(), b.array());
  ASSERT_EQ(std::vector<std::int64_t>(out.shape().begin(), out.shape().end()),
            (std::vector<std::int64_t>{2, 5, 3, 6}));
  const auto x = a.values(), y = b.values();
  std::vector<double> expected;
  for (std::ptrdiff_t i = 0; i < 2; ++i)
    for (std::ptrdiff_t j = 0; j < 5; ++j) {
      const auto sums = products({x.begin() + 12 * i, x.begin() + 12 * (i + 1)},
                                 {y.begin() + 24 * j, y.begin() + 24 * (j + 1)},
                                 3, 6, 4, false);
      expected.insert(expected.end(), sums.exact.begin(), sums.exact.end());
    }
  EXPECT_TRUE(same_values(out.to_vector(), expected));
  // A vector on either side of a batch.
  const Operand row({4}, f32, device(), Layout::contiguous, Values::integers,
                    random);
  EXPECT_EQ(ops::matmul(row.array(), b.array()).rank(), 2);
  EXPECT_EQ(ops::matmul(a.array(), row.array()).rank(), 3);
  EXPECT_TRUE(same_values(ops::matmul(a.array(), row.array()).to_vector(),
                          products(x, row.values(), 6, 1, 4, false).exact));
}

// tf32 keeps ten bits, enough for small integers.
TEST_P(AddedProductTest, Tf32) {
  auto random = random_engine();
  const Operand a({33, 40}, f32, device(), Layout::contiguous, Values::integers,
                  random);
  const Operand b({40, 24}, f32, device(), Layout::contiguous, Values::integers,
                  random);
  const auto sums = products(a.values(), b.values(), 33, 24, 40, false);
  EXPECT_TRUE(same_values(ops::mm(a.array(), b.array(), "tf32").to_vector(),
                          sums.exact));
}

// Kernels that only GPUs run by themselves, on the host.
void run(const Kernel &kernel, const std::vector<Array> &arrays,
         const std::string &config) {
  kernel.launch(arrays, {.config = parse_config(config), .stream = {}});
}

TEST(LinearKernelsTest, RowsOfTheWeight) {
  auto random = random_engine();
  for (const std::int64_t rows : {1, 2, 3, 5, 8})
    for (const DType dtype : {f32, bf16}) {
      SCOPED_TRACE(std::to_string(rows) + std::string(girih::name(dtype)));
      const Operand x({rows, 50}, dtype, host_device, Layout::padded,
                      Values::integers, random);
      const Operand weight({13, 50}, dtype, host_device, Layout::padded,
                           Values::integers, random);
      const Operand bias({13}, dtype, host_device, Layout::stepped,
                         Values::integers, random);
      const Operand out({rows, 13}, dtype, host_device, Layout::padded);
      run(ops::find_kernel("linear_rows")
              .kernel.with("ROWS", rows)
              .with("ACTIVATION", 1),
          {x.array(), weight.array(), bias.array(), out.array()}, "BN=4 BK=32");
      const auto m = static_cast<std::size_t>(rows);
      Sums sums = products(x.values(), weight.values(), m, 13, 50, true);
      for (std::size_t i = 0; i < 13 * m; ++i)
        sums.exact[i] = std::max(sums.exact[i] + bias.values()[i % 13], 0.0);
      EXPECT_TRUE(same_values(out.values(), rounded(sums.exact, dtype)));
      EXPECT_TRUE(out.untouched_outside());
    }
}

TEST(LinearKernelsTest, RowsOfTwoWeights) {
  auto random = random_engine();
  for (const std::int64_t rows : {1, 3}) {
    const Operand x({rows, 50}, f32, host_device, Layout::padded, Values::reals,
                    random);
    const Operand weight({26, 50}, f32, host_device, Layout::padded,
                         Values::reals, random);
    const Operand out({rows, 13}, f32, host_device, Layout::padded),
        other({rows, 13}, f32, host_device, Layout::padded);
    const Array gate = weight.array().slice(0, 0, 13),
                up = weight.array().slice(0, 13, 26);
    run(ops::find_kernel("linear_swiglu_rows").kernel.with("ROWS", rows),
        {x.array(), gate, up, out.array()}, "BN=4 BK=32");
    ops::linear_swiglu_out(x.array(), weight.array(), other.array());
    const auto ours = out.values(), theirs = other.values();
    for (std::size_t i = 0; i < ours.size(); ++i)
      EXPECT_NEAR(ours[i], theirs[i], 1e-3 * (1 + std::abs(theirs[i])));
    EXPECT_TRUE(out.untouched_outside());
  }
}

TEST(LinearKernelsTest, PartsOfTheSum) {
  auto random = random_engine();
  const Operand a({19, 300}, bf16, host_device, Layout::padded,
                  Values::integers, random);
  const Operand b({300, 23}, bf16, host_device, Layout::transposed,
                  Values::integers, random);
  const Operand c({23}, bf16, host_device, Layout::stepped, Values::integers,
                  random);
  const Operand out({19, 23}, bf16, host_device, Layout::padded);
  // 19 tiles of 16 in parts of 4.
  const Operand parts({5, 19, 23}, f32, host_device, Layout::contiguous);
  run(ops::find_kernel("product_parts").kernel,
      {a.array(), b.array(), parts.array()}, "BM=16 BN=16 BK=16 TURNS=4");
  run(ops::find_kernel("product_sum").kernel,
      {parts.array(), c.array(), Array::scalar(0.5, f32), Array::scalar(2, f32),
       out.array()},
      "BM=8 BN=16");
  Sums sums = products(a.values(), b.values(), 19, 23, 300, false);
  for (std::size_t i = 0; i < sums.exact.size(); ++i)
    sums.exact[i] = 0.5 * sums.exact[i] + 2 * c.values()[i % 23];
  EXPECT_TRUE(same_values(out.values(), rounded(sums.exact, bf16)));
  EXPECT_TRUE(out.untouched_outside());
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

TEST(ProductErrorsTest, NameTheArgument) {
  const auto zeros = [](std::initializer_list<std::int64_t> shape,
                        DType dtype = f32) {
    return Array::zeros(shape, dtype, host_device);
  };
  expect_error(ErrorId::shape, "linear: weight must have shape [4]",
               [&] { ops::linear(zeros({3, 4}), zeros({3})); });
  expect_error(ErrorId::shape, "linear: bias must have shape []",
               [&] { ops::linear(zeros({3, 4}), zeros({4}), zeros({1})); });
  expect_error(ErrorId::shape, "linear: weight must have shape [*, 4]",
               [&] { ops::linear(zeros({3, 4}), zeros({4, 3})); });
  expect_error(ErrorId::shape, "linear: bias must have shape [5]",
               [&] { ops::linear(zeros({3, 4}), zeros({5, 4}), zeros({4})); });
  expect_error(ErrorId::argument, "linear: activation must be none, relu",
               [&] { ops::linear(zeros({4}), zeros({5, 4}), {}, "tanh"); });
  expect_error(
      ErrorId::argument, "linear: precision must be ieee or tf32",
      [&] { ops::linear(zeros({4}), zeros({5, 4}), {}, "none", "tf16"); });
  expect_error(ErrorId::dtype, "linear: x and weight must have the same dtype",
               [&] { ops::linear(zeros({4}), zeros({5, 4}, bf16)); });
  expect_error(ErrorId::shape, "linear_swiglu: gate_up_weight must have as",
               [&] { ops::linear_swiglu(zeros({4}), zeros({5, 4})); });
  expect_error(ErrorId::shape, "mm: a must have 2 dimensions",
               [&] { ops::mm(zeros({4}), zeros({4, 4})); });
  expect_error(ErrorId::shape, "bmm: b must have shape [2, 4, *]",
               [&] { ops::bmm(zeros({2, 3, 4}), zeros({3, 4, 5})); });
  expect_error(ErrorId::shape, "mv: the last size of a must be the first of x",
               [&] { ops::mv(zeros({3, 4}), zeros({3})); });
  expect_error(
      ErrorId::shape, "addmm: input does not broadcast to the result, [3, 5]",
      [&] { ops::addmm(zeros({2, 5}), zeros({3, 4}), zeros({4, 5})); });
  expect_error(ErrorId::shape, "matmul: leading dimensions of a and b cannot",
               [&] { ops::matmul(zeros({2, 3, 4}), zeros({3, 4, 5})); });
  expect_error(ErrorId::shape,
               "matmul: the last size of a must be the last but one of b",
               [&] { ops::matmul(zeros({3, 4}), zeros({2, 3, 5})); });
}

} // namespace
} // namespace girih::testing
