// SPDX-License-Identifier: Apache-2.0
// rand, randn, uniform, normal, exponential: each element against what its bits
// make in f64.
#include "operands.h"
#include "philox.h"
#include "tolerance.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/arguments.h"
#include "girih/ops/ops.h"
#include "girih/ops/registry.h"

#include <functional>
#include <numbers>

namespace girih::testing {
namespace {

using Lane = std::vector<double>;
using Sizes = std::vector<std::int64_t>;
constexpr DType floats[] = {f32, bf16, f16, f64};

class RandomFillTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(RandomFillTest);

struct Case {
  Sizes shape;
  Layout layout = Layout::contiguous;
};

std::vector<Case> cases(bool small) {
  std::vector<Case> all{{{}},
                        {{1}},
                        {{0, 3}},
                        {{37}, Layout::shifted},
                        {{5, 1, 3}, Layout::padded},
                        {{3, 7}, Layout::transposed},
                        {{2, 3, 5}, Layout::stepped}};
  if (!small) {
    all.push_back({{4097}});
    all.push_back({{33, 129}, Layout::transposed});
    all.push_back({{3, 2, 4, 65}, Layout::padded});
  }
  return all;
}

constexpr std::int64_t seed = -77889911223,
                       offset = (std::int64_t{3} << 32) + 5;

// An element's random words: first its own where it has one.
struct Source {
  Words words;
  std::size_t own = 0;
};

Source words_of(std::size_t element, DType dtype) {
  const std::size_t sharing = dtype == f64 ? 1 : 4;
  return {philox(static_cast<std::uint64_t>(seed),
                 static_cast<std::uint64_t>(offset) + element / sharing),
          element % sharing};
}

double unit(const Source &of, DType dtype) {
  if (dtype == f64)
    return unit_of_two(of.words[0], of.words[1]);
  return unit_of_one(of.words[of.own], dtype == f16    ? 11
                                       : dtype == bf16 ? 8
                                                       : 24);
}

std::string text(const Case &c, DType dtype) {
  std::string out(girih::name(dtype));
  for (std::int64_t size : c.shape)
    out += " " + std::to_string(size);
  return out + " " + name(c.layout);
}

// Checks all cases; `expected` gives a value and how far off it may be.
void check(Device device, bool small,
           const std::function<void(const Array &)> &fill,
           const std::function<std::pair<double, double>(const Source &, DType)>
               &expected) {
  for (const Case &c : cases(small))
    for (DType dtype : floats) {
      if (small && dtype != f64 && dtype != bf16)
        continue;
      SCOPED_TRACE(text(c, dtype));
      const Operand out(c.shape, dtype, device, c.layout);
      fill(out.array());
      const Lane got = out.values();
      for (std::size_t i = 0; i < got.size(); ++i) {
        const auto [exact, bound] = expected(words_of(i, dtype), dtype);
        ASSERT_LE(std::abs(got[i] - exact), bound)
            << "element " << i << " is " << got[i] << ", expected " << exact;
      }
      EXPECT_TRUE(out.untouched_outside());
    }
}

TEST_P(RandomFillTest, Rand) {
  check(
      device(), on_interpreter(),
      [](const Array &out) { ops::rand_out(out, seed, offset); },
      [](const Source &words, DType dtype) {
        return std::pair{unit(words, dtype), 0.0};
      });
}

double normal_of(const Source &of, DType dtype) {
  constexpr double turn = 2 * std::numbers::pi;
  const Words &words = of.words;
  if (dtype == f64)
    return std::sqrt(-2 * std::log(1 - unit_of_two(words[0], words[1]))) *
           std::cos(turn * unit_of_two(words[2], words[3]));
  const std::size_t pair = of.own & 2;
  const double above = unit_of_one(words[pair], 24) + 0x1p-24,
               angle = turn * unit_of_one(words[pair + 1], 24);
  return std::sqrt(-2 * std::log(above)) *
         (of.own & 1 ? std::sin(angle) : std::cos(angle));
}
// Of the angle's rounding, times the length.
constexpr double normal_scale = 40;

TEST_P(RandomFillTest, Randn) {
  check(
      device(), on_interpreter(),
      [](const Array &out) { ops::randn_out(out, seed, offset); },
      [](const Source &words, DType dtype) {
        const double exact = normal_of(words, dtype);
        return std::pair{exact, element_bound(dtype, exact, normal_scale)};
      });
}

TEST_P(RandomFillTest, Normal) {
  check(
      device(), on_interpreter(),
      [](const Array &out) { ops::normal_out(out, -3, 0.5, seed, offset); },
      [](const Source &words, DType dtype) {
        const double exact = normal_of(words, dtype) * 0.5 - 3;
        return std::pair{exact, element_bound(dtype, exact, normal_scale)};
      });
}

TEST_P(RandomFillTest, Uniform) {
  check(
      device(), on_interpreter(),
      [](const Array &out) { ops::uniform_out(out, -2, 1.5, seed, offset); },
      [](const Source &words, DType dtype) {
        const double exact = unit(words, dtype) * 3.5 - 2;
        return std::pair{exact, element_bound(dtype, exact, 4)};
      });
}

TEST_P(RandomFillTest, Exponential) {
  check(
      device(), on_interpreter(),
      [](const Array &out) { ops::exponential_out(out, 2.5, seed, offset); },
      [](const Source &words, DType dtype) {
        const double u = unit(words, dtype == f64 ? f64 : f32);
        const double exact = -std::log(1 - u) / 2.5;
        return std::pair{exact, element_bound(dtype, exact)};
      });
}

TEST_P(RandomFillTest, UniformStaysBelowHigh) {
  if (on_interpreter())
    return;
  for (DType dtype : floats) {
    const Lane all =
        ops::uniform({20000}, 0.99, 1, 1, 0, dtype, device()).to_vector();
    for (double x : all)
      ASSERT_LT(x, 1) << girih::name(dtype);
  }
  const Lane same = ops::uniform({9}, 2, 2, 1, 0, f32, device()).to_vector();
  EXPECT_EQ(same, Lane(9, 2));
}

TEST_P(RandomFillTest, MeansAndVariances) {
  if (on_interpreter())
    return;
  constexpr std::int64_t n = 200000;
  const auto close = [&](const Array &x, double mean, double deviation) {
    double sum = 0, squares = 0;
    for (double each : x.to_vector()) {
      sum += each;
      squares += (each - mean) * (each - mean);
    }
    EXPECT_NEAR(sum / n, mean, 5 * deviation / std::sqrt(n));
    EXPECT_NEAR(squares / n / (deviation * deviation), 1, 0.03);
  };
  close(ops::rand({n}, 5, 0, f32, device()), 0.5, std::sqrt(1.0 / 12));
  close(ops::randn({n}, 5, 0, f32, device()), 0, 1);
  close(ops::normal({n}, 4, 3, 5, 0, f64, device()), 4, 3);
  close(ops::exponential({n}, 0.5, 5, 0, f32, device()), 2, 2);
}

// A seed in memory is the same seed, and no reason to compile anew for others.
TEST_P(RandomFillTest, SeedsInMemory) {
  const double numbers[] = {static_cast<double>(seed)};
  const Array in_memory = Array::from(numbers, {}, i64, device());
  const Array a = ops::rand({9}, in_memory, 7, f32),
              b = ops::rand({9}, seed, 7, f32, device());
  EXPECT_EQ(a.device(), device());
  EXPECT_EQ(a.to_vector(), b.to_vector());
  // Elements of one result go on in another.
  const Lane all = ops::rand({12}, seed, 0, f32, device()).to_vector();
  EXPECT_EQ(ops::rand({4}, seed, 2, f32, device()).to_vector(),
            Lane(all.begin() + 8, all.end()));
}

TEST(RandomFillNameTest, NeedsNoArray) {
  const ops::OpEntry &op = ops::find_op("rand");
  const Stream stream;
  const ops::Call call{op.name(), std::source_location::current(), stream};
  const std::vector<ops::Value> values{std::vector<std::int64_t>{2, 3},
                                       std::int64_t{4}, std::int64_t{0}, f64,
                                       ops::Value()};
  const auto results = op.results(call, values);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].dtype, f64);
  EXPECT_EQ(results[0].numel(), 6);
  const Array out = Array::zeros({2, 3}, f64, host_device);
  op.run(call, values, {&out, 1});
  EXPECT_EQ(out.to_vector(),
            ops::rand({2, 3}, 4, 0, f64, host_device).to_vector());
  EXPECT_EQ(ops::rand({1}, 4, 0, {}, host_device).dtype(), f32);
}

TEST(RandomFillErrorTest, NameTheArgument) {
  const auto message = [](auto call) -> std::string {
    try {
      call();
    } catch (const RuntimeError &error) {
      return error.what();
    }
    return "no error";
  };
  const auto has = [&](auto call, const char *text) {
    const std::string found = message(call);
    EXPECT_NE(found.find(text), std::string::npos) << found;
  };
  has([] { ops::rand({-1}, 1); }, "rand: shape must not have negative sizes");
  has([] { ops::rand({2}, 1, 0, i32); }, "rand: dtype cannot be i32");
  has([] { ops::rand({2}, 1.5); }, "rand: seed must be an integer");
  has([] { ops::rand({2}, 1, 0.5); }, "rand: offset must be an integer");
  has([] { ops::rand({2}, Array::zeros({1}, i64, host_device)); },
      "rand: seed");
  has([] { ops::rand({2}, Array::zeros({}, f32, host_device)); },
      "rand: seed cannot be f32");
  has([] { ops::uniform({2}, 2, 1, 0); }, "low must not be above high");
  has([] { ops::normal({2}, 0, -1, 0); }, "std must not be negative");
  has([] { ops::exponential({2}, 0, 0); }, "rate must be positive");
}

} // namespace
} // namespace girih::testing
