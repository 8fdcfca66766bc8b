// SPDX-License-Identifier: Apache-2.0
// bernoulli, dropout, alpha_dropout, multinomial.
#include "operands.h"
#include "philox.h"
#include "tolerance.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace girih::testing {
namespace {

using Lane = std::vector<double>;
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class RandomDrawsTest : public OnDevice {
protected:
  // The interpreter sees a few.
  std::vector<DType> dtypes() const {
    if (on_interpreter())
      return {bf16};
    return {f32, bf16, f16, f64};
  }
  std::vector<Layout> layouts() const {
    if (on_interpreter())
      return {Layout::contiguous, Layout::transposed};
    return {std::begin(all_layouts), std::end(all_layouts)};
  }
};
GIRIH_ON_EACH_DEVICE(RandomDrawsTest);

// What rand() gives in f32.
double unit_at(std::uint64_t seed, std::uint64_t offset, std::size_t element) {
  return unit_of_one(philox(seed, offset + element / 4)[element % 4], 24);
}

TEST_P(RandomDrawsTest, Bernoulli) {
  for (Layout layout : layouts())
    for (DType dtype : dtypes()) {
      SCOPED_TRACE(std::string(girih::name(dtype)) + " " + name(layout));
      Lane p(15 * 31);
      for (std::size_t i = 0; i < p.size(); ++i)
        p[i] = unit_at(1, 0, i);
      p[3] = 0;
      p[4] = 1;
      p[5] = nan;
      p[6] = -1;
      const Array given = Array::from(p, {15, 31}, dtype, device());
      const Operand out({15, 31}, dtype, device(), layout);
      ops::bernoulli_out(given, out.array(), 9, 100);
      Lane expected = given.to_vector();
      for (std::size_t i = 0; i < p.size(); ++i)
        expected[i] = unit_at(9, 100, i) < expected[i];
      EXPECT_TRUE(same_values(out.values(), expected));
      EXPECT_TRUE(out.untouched_outside());
      const Array mask = ops::bernoulli(given, 9, 100, b1);
      EXPECT_EQ(mask.dtype(), b1);
      EXPECT_TRUE(same_values(mask.to_vector(), expected));
    }
}

TEST_P(RandomDrawsTest, Dropout) {
  for (Layout layout : layouts())
    for (DType dtype : dtypes())
      for (double p : {0.0, 0.25, 0.9, 1.0}) {
        SCOPED_TRACE(std::string(girih::name(dtype)) + " " + name(layout));
        auto random = random_engine();
        const Operand x({7, 65}, dtype, device(), layout, Values::reals,
                        random);
        const Operand out({7, 65}, dtype, device(), Layout::padded);
        ops::dropout_out(x.array(), out.array(), p, 3, 11);
        const Lane in = x.values(), got = out.values();
        for (std::size_t i = 0; i < in.size(); ++i) {
          const bool drops = unit_at(3, 11, i) < p;
          const double exact = drops ? 0 : in[i] / (1 - p);
          ASSERT_LE(std::abs(got[i] - exact),
                    drops ? 0 : element_bound(dtype, exact));
        }
        EXPECT_TRUE(out.untouched_outside());
      }
  const double odd[] = {nan, inf, nan, 1};
  const Array x = Array::from(odd, {4}, f32, device());
  EXPECT_EQ(ops::dropout(x, 1, 5).to_vector(), Lane(4, 0));
  EXPECT_TRUE(
      same_values(ops::dropout(x, 0, 5).to_vector(), {nan, inf, nan, 1}));
  EXPECT_EQ(ops::dropout(Array::zeros({0, 3}, f32, device()), 0.5, 5).numel(),
            0);
}

TEST_P(RandomDrawsTest, AlphaDropout) {
  constexpr double least = -1.7580993408473766;
  for (DType dtype : dtypes())
    for (double p : {0.0, 0.3, 1.0}) {
      SCOPED_TRACE(girih::name(dtype));
      auto random = random_engine();
      const Operand x({33, 9}, dtype, device(), Layout::transposed,
                      Values::reals, random);
      const Lane in = x.values(),
                 got = ops::alpha_dropout(x.array(), p, 8).to_vector();
      const double a =
          p < 1 ? 1 / std::sqrt((1 - p) * (1 + p * least * least)) : 0;
      for (std::size_t i = 0; i < in.size(); ++i) {
        const double from = unit_at(8, 0, i) < p ? least : in[i];
        const double exact = a * from - a * p * least;
        ASSERT_LE(std::abs(got[i] - exact), element_bound(dtype, exact, 4));
      }
    }
  if (on_interpreter())
    return;
  // Mean and variance stay.
  const Lane y =
      ops::alpha_dropout(ops::randn({100000}, 1, 0, f32, device()), 0.4, 2)
          .to_vector();
  double sum = 0, squares = 0;
  for (double each : y) {
    sum += each;
    squares += each * each;
  }
  EXPECT_NEAR(sum / 1e5, 0, 0.02);
  EXPECT_NEAR(squares / 1e5, 1, 0.03);
}

TEST_P(RandomDrawsTest, MultinomialWithReplacement) {
  for (std::int64_t classes : {1, 2, 7, 300})
    for (DType dtype : dtypes()) {
      SCOPED_TRACE(std::to_string(classes) + " " +
                   std::string(girih::name(dtype)));
      Lane weights(static_cast<std::size_t>(2 * classes));
      for (std::size_t i = 0; i < weights.size(); ++i)
        weights[i] = i % 3 == 1 ? 0 : 5 * unit_at(4, 0, i);
      weights[0] = 1;
      weights[static_cast<std::size_t>(classes)] = 0.5;
      const Array w = Array::from(weights, {2, classes}, dtype, device());
      const Operand out({2, 65}, i64, device(), Layout::padded);
      ops::multinomial_out(w, out.array(), 65, 6, true, 10);
      const Lane given = w.to_vector(), got = out.values();
      for (std::size_t i = 0; i < got.size(); ++i) {
        const auto row =
            given.begin() + static_cast<std::ptrdiff_t>(i / 65) * classes;
        const Words words = philox(6, 10 + i);
        const double target = unit_of_two(words[0], words[1]) *
                              std::accumulate(row, row + classes, 0.0);
        double sum = 0;
        std::int64_t at = -1;
        while (sum <= target)
          sum += row[++at];
        ASSERT_EQ(got[i], at) << "draw " << i;
      }
      EXPECT_TRUE(out.untouched_outside());
    }
}

// Each order of draws as often as one after the other would give it.
TEST_P(RandomDrawsTest, MultinomialWithoutReplacement) {
  const Lane weights{0.5, 1.5, 0, 3, 1};
  const std::int64_t rows = on_interpreter() ? 20 : 20000;
  const Array one = Array::from(weights, {1, 5}, f32, device());
  const Array w = one.broadcast_to(std::array<std::int64_t, 2>{rows, 5});
  const Lane got = ops::multinomial(w, 2, 31).to_vector();
  Lane seen(25), expected(25);
  for (std::size_t i = 0; i < got.size(); i += 2)
    ++seen[static_cast<std::size_t>(got[i] * 5 + got[i + 1])];
  for (std::size_t a = 0; a < 5; ++a)
    for (std::size_t b = 0; b < 5; ++b)
      if (a != b)
        expected[a * 5 + b] = static_cast<double>(rows) * weights[a] / 6 *
                              weights[b] / (6 - weights[a]);
  EXPECT_LE(chi_square_excess(seen, expected), 0);
  // All of them: each once, and what has no weight last.
  const Lane all = ops::multinomial(one.reshape({5}), 5, 3).to_vector();
  EXPECT_EQ(std::set<double>(all.begin(), all.end()).size(), 5u);
  EXPECT_EQ(all.back(), 2);
}

TEST(RandomDrawsErrorTest, NameTheArgument) {
  const auto has = [](auto call, const char *text) {
    std::string found = "no error";
    try {
      call();
    } catch (const RuntimeError &error) {
      found = error.what();
    }
    EXPECT_NE(found.find(text), std::string::npos) << found;
  };
  const Array x = Array::zeros({2, 3}, f32, host_device),
              n = Array::zeros({2, 3}, i32, host_device);
  has([&] { ops::dropout(x, 1.5, 0); }, "dropout: p must be between 0 and 1");
  has([&] { ops::dropout(x, nan, 0); }, "dropout: p must be between 0 and 1");
  has([&] { ops::dropout(n, 0.5, 0); }, "dropout: x cannot be i32");
  has([&] { ops::dropout(x, 0.5, 0.5); }, "seed must be an integer");
  has([&] { ops::alpha_dropout(x, -1, 0); }, "p must be between 0 and 1");
  has([&] { ops::bernoulli(n, 0); }, "bernoulli: p cannot be i32");
  has([&] { ops::bernoulli(x, 0, 0, e4m3); }, "bernoulli: dtype must be");
  has([&] { ops::multinomial(x, 4, 0); }, "multinomial: n must not be above");
  has([&] { ops::multinomial(x, -1, 0); }, "n must not be negative");
  has(
      [&] {
        ops::multinomial(Array::zeros({2, 0}, f32, host_device), 1, 0, true);
      },
      "nothing to draw from");
  has(
      [&] {
        ops::multinomial(Array::zeros({1, 2, 3}, f32, host_device), 1, 0);
      },
      "multinomial: weights");
}

} // namespace
} // namespace girih::testing
