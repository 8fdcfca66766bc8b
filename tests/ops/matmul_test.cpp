// SPDX-License-Identifier: Apache-2.0
#include "operands.h"
#include "tolerance.h"

#include "girih/compiler/compiler.h"
#include "girih/ops/ops.h"
#include "girih/ops/registry.h"

namespace girih::testing {
namespace {

constexpr DType dtypes[] = {f64, f32, f16, bf16, i8};

class MatmulTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(MatmulTest);

DType result_dtype(DType dtype) { return dtype == i8 ? i32 : dtype; }

// The f64 product, and for each element the sum of the absolute products.
struct Reference {
  std::vector<double> exact, absolute;
};

Reference reference(const std::vector<double> &a, const std::vector<double> &b,
                    std::size_t m, std::size_t n, std::size_t k) {
  Reference result{std::vector<double>(m * n), std::vector<double>(m * n)};
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t l = 0; l < k; ++l)
      for (std::size_t j = 0; j < n; ++j) {
        const double term = a[i * k + l] * b[l * n + j];
        result.exact[i * n + j] += term;
        result.absolute[i * n + j] += std::abs(term);
      }
  return result;
}

::testing::AssertionResult within_bound(const std::vector<double> &actual,
                                        const Reference &expected, DType dtype,
                                        std::int64_t terms) {
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double bound =
        dot_bound(dtype, terms, expected.absolute[i], expected.exact[i]);
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
  Layout a = Layout::contiguous, b = Layout::contiguous,
         out = Layout::contiguous;
};

std::string text(const Case &c) {
  return std::to_string(c.m) + "x" + std::to_string(c.n) + "x" +
         std::to_string(c.k) + " " + std::string(girih::name(c.dtype)) + " " +
         name(c.a) + " " + name(c.b) + " -> " + name(c.out);
}

void check(const Case &c, Device device, Values values) {
  SCOPED_TRACE(text(c) + (values == Values::integers ? " integers" : " reals"));
  auto random = random_engine();
  const Operand a({c.m, c.k}, c.dtype, device, c.a, values, random);
  const Operand b({c.k, c.n}, c.dtype, device, c.b, values, random);
  const Operand out({c.m, c.n}, result_dtype(c.dtype), device, c.out);
  ops::matmul_out(a.array(), b.array(), out.array());
  const auto expected =
      reference(a.values(), b.values(), static_cast<std::size_t>(c.m),
                static_cast<std::size_t>(c.n), static_cast<std::size_t>(c.k));
  // Sums of small whole numbers are exact in any order: only the last
  // rounding, to the output's dtype, remains.
  if (values == Values::integers)
    EXPECT_TRUE(same_values(out.values(),
                            rounded(expected.exact, result_dtype(c.dtype))));
  else
    EXPECT_TRUE(
        within_bound(out.values(), expected, result_dtype(c.dtype), c.k));
  EXPECT_TRUE(out.untouched_outside());
}

void check_both(const Case &c, Device device) {
  check(c, device, Values::integers);
  check(c, device, Values::reals);
}

TEST_P(MatmulTest, EveryDtype) {
  for (DType dtype : dtypes) {
    check_both({128, 128, 128, dtype}, device());
    check_both({97, 113, 61, dtype}, device());
  }
}

TEST_P(MatmulTest, EverySize) {
  for (std::int64_t m : {1, 2, 17, 63, 64, 65})
    for (std::int64_t n : {1, 31, 64, 65, 129})
      for (std::int64_t k : {1, 31, 32, 33, 67})
        check({m, n, k}, device(), Values::integers);
  for (DType dtype : {f32, bf16})
    for (std::int64_t size : {127, 128, 129, 251})
      check_both({size, size, size, dtype}, device());
}

TEST_P(MatmulTest, LongSums) {
  for (DType dtype : {f32, f16, bf16, i8})
    check_both({19, 23, 1031, dtype}, device());
}

// Every triple of layouts of a, b and the output; on a GPU, where each is an
// expensive compile, every pair of them (a Latin square).
TEST_P(MatmulTest, EveryLayout) {
  const std::size_t count = std::size(all_layouts);
  const bool all = device().kind == Device::Kind::host;
  for (std::size_t a = 0; a < count; ++a)
    for (std::size_t b = 0; b < count; ++b)
      for (std::size_t out = 0; out < count; ++out)
        for (DType dtype : {f32, bf16})
          if (all || out == (a + b) % count)
            check({67, 45, 39, dtype, all_layouts[a], all_layouts[b],
                   all_layouts[out]},
                  device(), Values::integers);
}

TEST_P(MatmulTest, WeightViews) {
  // B as a view of W[N, K], the way a linear layer stores it.
  for (DType dtype : dtypes)
    check_both({33, 128, 96, dtype, Layout::contiguous, Layout::transposed},
               device());
}

TEST_P(MatmulTest, Empty) {
  const std::int64_t shapes[][3] = {{0, 5, 7}, {5, 0, 7}, {0, 0, 0}, {3, 4, 0}};
  for (const auto &[m, n, k] : shapes)
    check({m, n, k}, device(), Values::integers);
}

TEST_P(MatmulTest, Vectors) {
  auto random = random_engine();
  for (DType dtype : {f32, bf16}) {
    const Operand matrix({61, 43}, dtype, device(), Layout::transposed,
                         Values::integers, random);
    const Operand left({61}, dtype, device(), Layout::stepped, Values::integers,
                       random);
    const Operand right({43}, dtype, device(), Layout::contiguous,
                        Values::integers, random);
    const Array row = ops::matmul(left.array(), matrix.array());
    ASSERT_EQ(row.rank(), 1);
    EXPECT_TRUE(same_values(
        row.to_vector(),
        rounded(reference(left.values(), matrix.values(), 1, 43, 61).exact,
                dtype)));
    const Array column = ops::matmul(matrix.array(), right.array());
    ASSERT_EQ(column.rank(), 1);
    EXPECT_TRUE(same_values(
        column.to_vector(),
        rounded(reference(matrix.values(), right.values(), 61, 1, 43).exact,
                dtype)));
    const Array scalar = ops::matmul(right.array(), right.array());
    EXPECT_EQ(scalar.rank(), 0);
    EXPECT_TRUE(same_values(
        scalar.to_vector(),
        rounded(reference(right.values(), right.values(), 1, 1, 43).exact,
                dtype)));
  }
}

// The host's compiled code against the interpreter: equal for whole numbers,
// and for reals each within the bound of the exact product.
TEST(MatmulInterpreterTest, Agrees) {
  const Kernel &kernel = ops::find_kernel("matmul").kernel;
  const LaunchOptions options{.config = parse_config("BK=16 BM=16 BN=32"),
                              .stream = {}};
  for (DType dtype : dtypes)
    for (bool all_f64 : {false, true})
      for (Values values : {Values::integers, Values::reals}) {
        SCOPED_TRACE(girih::name(dtype));
        auto random = random_engine();
        const Operand a({37, 50}, dtype, host_device, Layout::padded, values,
                        random);
        const Operand b({50, 41}, dtype, host_device, Layout::transposed,
                        values, random);
        const Operand out({37, 41}, result_dtype(dtype), host_device,
                          Layout::shifted);
        const std::vector<Array> arrays{a.array(), b.array(), out.array()};
        compiler::interpret(kernel.program(arrays, options),
                            parameters(arrays).data(), all_f64);
        const auto expected = reference(a.values(), b.values(), 37, 41, 50);
        EXPECT_TRUE(
            within_bound(out.values(), expected, result_dtype(dtype), 50));
        const auto interpreted = out.values();
        kernel.launch(arrays, options);
        if (values == Values::integers)
          EXPECT_TRUE(same_values(out.values(), interpreted));
        EXPECT_TRUE(out.untouched_outside());
      }
}

} // namespace
} // namespace girih::testing
