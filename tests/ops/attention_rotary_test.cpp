// SPDX-License-Identifier: Apache-2.0
#include "attention_reference.h"

#include "girih/ops/attention.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace girih::testing {
namespace {

class RotaryTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(RotaryTest);

using Table = std::function<double(std::size_t, std::size_t, std::size_t)>;

// Compares out with x[B, S, H, D] rotated; `cosine(b, s, i)`.
::testing::AssertionResult
is_rotated(const Operand &x, const std::vector<double> &out,
           const std::vector<std::int64_t> &shape, std::int64_t rotary,
           bool interleaved, DType dtype, const Table &cosine,
           const Table &sine, double angle_error = 0) {
  const auto values = x.values();
  const auto heads = static_cast<std::size_t>(shape[2]),
             size = static_cast<std::size_t>(shape[3]),
             pairs = static_cast<std::size_t>(rotary / 2);
  const Tolerance &row = tolerance(dtype);
  const double unit = dtype == f64 ? 0x1p-52 : 0x1p-23;
  for (std::size_t at = 0; at < values.size(); ++at) {
    const std::size_t d = at % size, token = at / size / heads,
                      s = token % static_cast<std::size_t>(shape[1]),
                      b = token / static_cast<std::size_t>(shape[1]);
    double expected = values[at], bound = 0;
    if (d < 2 * pairs) {
      const std::size_t i = interleaved ? d / 2 : d % pairs;
      const bool second = interleaved ? d % 2 != 0 : d >= pairs;
      const std::size_t other = interleaved ? at ^ 1
                                : second    ? at - pairs
                                            : at + pairs;
      const double c = cosine(b, s, i), n = sine(b, s, i);
      expected = values[at] * c + (second ? 1 : -1) * values[other] * n;
      const double sum = std::abs(values[at] * c) + std::abs(values[other] * n);
      bound = 4 * unit * sum + row.output * std::abs(expected) + row.smallest +
              angle_error * (std::abs(values[at]) + std::abs(values[other]));
      bound += row.output * bound;
    }
    if (!(std::abs(out[at] - expected) <= bound))
      return ::testing::AssertionFailure()
             << "element " << at << " is " << out[at] << ", expected "
             << expected << " within " << bound;
  }
  return ::testing::AssertionSuccess();
}

TEST_P(RotaryTest, Tables) {
  struct Case {
    std::vector<std::int64_t> shape;
    std::int64_t rotary;
    Layout layout;
  };
  std::vector<Case> cases{{{1, 3, 2, 8}, 8, Layout::contiguous},
                          {{2, 5, 3, 20}, 12, Layout::padded},
                          {{1, 4, 1, 2}, 2, Layout::shifted},
                          {{2, 3, 2, 6}, 0, Layout::contiguous},
                          {{0, 3, 2, 6}, 6, Layout::contiguous}};
  if (!on_interpreter()) {
    cases.push_back({{2, 17, 12, 128}, 128, Layout::contiguous});
    cases.push_back({{1, 33, 5, 80}, 80, Layout::transposed});
    cases.push_back({{1, 7, 40, 64}, 32, Layout::stepped});
  }
  for (DType dtype : {f32, bf16, f16, f64})
    for (bool interleaved : {false, true})
      for (const Case &c : cases) {
        if (on_interpreter() && (dtype == f16 || dtype == f64))
          continue;
        SCOPED_TRACE(std::string(girih::name(dtype)) + " " +
                     std::to_string(c.shape[3]) + " " + name(c.layout));
        auto random = random_engine();
        const Operand x(c.shape, dtype, device(), c.layout, Values::reals,
                        random);
        const Operand cosines({c.shape[1], c.rotary / 2}, f32, device(),
                              Layout::padded, Values::reals, random);
        const Operand sines({c.shape[1], c.rotary / 2}, f32, device(),
                            Layout::contiguous, Values::reals, random);
        const Operand out(c.shape, dtype, device(), Layout::padded);
        ops::rotary_position_embedding_out(x.array(), cosines.array(),
                                           sines.array(), out.array(),
                                           interleaved);
        const auto cosine = cosines.values(), sine = sines.values();
        const auto pairs = static_cast<std::size_t>(c.rotary / 2);
        EXPECT_TRUE(is_rotated(
            x, out.values(), c.shape, c.rotary, interleaved, dtype,
            [&](auto, auto s, auto i) { return cosine[s * pairs + i]; },
            [&](auto, auto s, auto i) { return sine[s * pairs + i]; }));
        EXPECT_TRUE(out.untouched_outside());
      }
}

// Whole numbers: bit for bit.
TEST_P(RotaryTest, Exact) {
  auto random = random_engine();
  const Operand x({1, 2, 2, 8}, bf16, device(), Layout::contiguous,
                  Values::integers, random);
  const std::vector<double> ones(8, 1), zeros(8, 0);
  const Array one = Array::from(ones, {2, 4}, f32, device()),
              zero = Array::from(zeros, {2, 4}, f32, device());
  EXPECT_TRUE(same_values(
      ops::rotary_position_embedding(x.array(), one, zero).to_vector(),
      x.values()));
  auto turned = x.values(), from = turned;
  for (std::size_t i = 0; i < turned.size(); ++i)
    turned[i] = i % 8 < 4 ? -from[i + 4] : from[i - 4];
  EXPECT_TRUE(same_values(
      ops::rotary_position_embedding(x.array(), zero, one).to_vector(),
      turned));
}

TEST_P(RotaryTest, Positions) {
  const std::vector<std::int64_t> shape{2, 4, 3, 16};
  for (DType dtype : {f32, bf16})
    for (bool interleaved : {false, true})
      for (const char *kind : {"default", "linear", "llama3", "yarn"}) {
        SCOPED_TRACE(kind);
        auto random = random_engine();
        const Operand x(shape, dtype, device(), Layout::contiguous,
                        Values::reals, random);
        const std::vector<double> places{0, 1, 77, 4095, 131071, 3, 9, 65536};
        const Array positions = Array::from(places, {2, 4}, i64, device());
        const ops::RotaryScaling scaling{
            .kind = kind, .factor = 8, .original_max_position = 4096};
        const auto made = ops::rotary_frequencies(16, 5e5, scaling);
        const Operand out(shape, dtype, device(), Layout::contiguous);
        ops::rotary_from_positions_out(x.array(), positions, out.array(), 5e5,
                                       scaling, {}, interleaved);
        // The angle is a product in f32; its cosine is right to 1e-6.
        auto angle = [&](auto b, auto s, auto i) -> double {
          return static_cast<float>(places[b * 4 + s]) * made.values[i];
        };
        EXPECT_TRUE(is_rotated(
            x, out.values(), shape, 16, interleaved, dtype,
            [&](auto b, auto s, auto i) {
              return std::cos(angle(b, s, i)) * made.attention_factor;
            },
            [&](auto b, auto s, auto i) {
              return std::sin(angle(b, s, i)) * made.attention_factor;
            },
            1e-6));
        const std::vector<double> values(made.values.begin(),
                                         made.values.end());
        EXPECT_TRUE(same_values(
            ops::rotary_embedding_at(x.array(), positions,
                                     Array::from(values, {8}, f32, device()),
                                     interleaved, made.attention_factor)
                .to_vector(),
            out.values()));
      }
}

TEST_P(RotaryTest, Errors) {
  const Array x = Array::zeros({1, 3, 2, 8}, f32, device()),
              table = Array::zeros({3, 4}, f32, device()),
              wide = Array::zeros({3, 5}, f32, device());
  expect_failure(
      ErrorId::shape,
      [&] {
        ops::rotary_position_embedding(x, Array::zeros({2, 4}, f32, device()),
                                       table);
      },
      "rotary_position_embedding");
  expect_failure(
      ErrorId::argument, [&] { ops::rotary_position_embedding(x, wide, wide); },
      "must be even and at most the head");
  expect_failure(
      ErrorId::argument,
      [&] {
        ops::rotary_from_positions(x, Array::zeros({3}, i64, device()), 1e4,
                                   {.kind = "dynamic"});
      },
      "scaling must be default, linear, llama3 or yarn");
  expect_failure(
      ErrorId::dtype,
      [&] { ops::rotary_from_positions(x, Array::zeros({3}, f32, device())); },
      "positions");
}

// Figures of transformers 4.46: Llama 3.1 (head 128), and DeepSeek V3's ramp.
TEST(RotaryFrequenciesTest, Scaling) {
  const auto plain = ops::rotary_frequencies(128, 5e5);
  ASSERT_EQ(plain.values.size(), 64U);
  EXPECT_EQ(plain.attention_factor, 1);
  for (std::size_t i = 0; i < 64; ++i)
    EXPECT_NEAR(plain.values[i], std::pow(5e5, -static_cast<double>(i) / 64.0),
                2e-7 * plain.values[i]);
  const auto llama =
      ops::rotary_frequencies(128, 5e5, {.kind = "llama3", .factor = 8});
  for (std::size_t i = 0; i < 64; ++i) {
    const double wave = 2 * std::numbers::pi / plain.values[i];
    const double smooth = std::clamp((8192 / wave - 1) / 3, 0.0, 1.0);
    EXPECT_NEAR(llama.values[i], plain.values[i] * (smooth + (1 - smooth) / 8),
                1e-6 * plain.values[i]);
  }
  const ops::RotaryScaling yarn{.kind = "yarn",
                                .factor = 40,
                                .original_max_position = 4096,
                                .mscale = 1,
                                .mscale_all_dim = 1};
  const auto deepseek = ops::rotary_frequencies(64, 1e4, yarn);
  EXPECT_EQ(deepseek.attention_factor, 1);
  for (std::size_t i = 0; i < 32; ++i) {
    const double ramp =
        std::clamp((static_cast<double>(i) - 10) / 13.0, 0.0, 1.0);
    const double base = std::pow(1e4, -static_cast<double>(i) / 32);
    EXPECT_NEAR(deepseek.values[i], base * (1 - ramp + ramp / 40), 1e-6 * base);
  }
  EXPECT_NEAR(ops::rotary_frequencies(64, 1e4, {.kind = "yarn", .factor = 40})
                  .attention_factor,
              0.1 * std::log(40.0) + 1, 1e-12);
}

} // namespace
} // namespace girih::testing
