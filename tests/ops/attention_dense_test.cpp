// SPDX-License-Identifier: Apache-2.0
#include "attention_reference.h"

#include "girih/ops/attention.h"

#include <algorithm>

namespace girih::testing {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

class AttentionTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(AttentionTest);

enum class Mask : std::uint8_t { none, boolean, additive };

struct Case {
  std::int64_t batch, q_heads, heads, m, n, width, value_width;
  bool causal = false, lower = false;
  Mask mask = Mask::none;
  std::optional<std::int64_t> left{}, right{};
  double soft_cap = 0;
  bool slopes = false, sinks = false;
  Layout layout = Layout::contiguous;
};

std::string text(const Case &c) {
  return std::to_string(c.batch) + "x" + std::to_string(c.q_heads) + "/" +
         std::to_string(c.heads) + " M " + std::to_string(c.m) + " N " +
         std::to_string(c.n) + " D " + std::to_string(c.width) + " Dv " +
         std::to_string(c.value_width) + (c.causal ? " causal" : "") +
         (c.lower ? " lower" : "") + " " + name(c.layout);
}

std::size_t index(std::int64_t n) { return static_cast<std::size_t>(n); }

// Arguments of one call and their values.
struct Inputs {
  Inputs(const Case &given, DType dtype, Device device, Values values,
         std::mt19937_64 &random)
      : c(given), q({c.batch, c.q_heads, c.m, c.width}, dtype, device, c.layout,
                    values, random),
        k({c.batch, c.heads, c.n, c.width}, dtype, device, c.layout, values,
          random),
        v({c.batch, c.heads, c.n, c.value_width}, dtype, device, c.layout,
          values, random),
        slopes({c.q_heads}, f32, device, Layout::contiguous, Values::reals,
               random),
        sinks({c.q_heads}, f32, device, Layout::contiguous, Values::reals,
              random),
        query(q.values()), key(k.values()), value(v.values()),
        slope(slopes.values()), sink(sinks.values()) {
    options.is_causal = c.causal;
    options.causal_variant = c.lower ? "lower_right" : "upper_left";
    options.enable_gqa = c.q_heads != c.heads;
    options.window_left = c.left;
    options.window_right = c.right;
    options.soft_cap = c.soft_cap;
    if (c.slopes)
      options.alibi_slopes = slopes.array();
    if (c.sinks)
      options.sinks = sinks.array();
    // Of a batch, for all heads.
    std::bernoulli_distribution seen(0.6);
    std::normal_distribution<double> normal;
    for (std::int64_t i = 0; i < c.batch * c.m * c.n; ++i)
      mask.push_back(c.mask == Mask::boolean ? (seen(random) ? 1 : 0)
                     : seen(random)          ? normal(random)
                                             : -infinity);
    const DType type = c.mask == Mask::boolean ? b1 : dtype;
    mask = rounded(mask, type);
    if (c.mask != Mask::none)
      options.attn_mask =
          Array::from(mask, {c.batch, 1, c.m, c.n}, type, device);
  }

  // Attention of one query in f64; `error` is that of its scores.
  AttendedRow row(std::size_t b, std::size_t h, std::size_t i, DType dtype,
                  double &error) const {
    const std::size_t kv = b * index(c.heads) + h / index(c.q_heads / c.heads);
    const std::size_t width = index(c.width);
    const double *from =
        &query[((b * index(c.q_heads) + h) * index(c.m) + i) * width];
    std::vector<double> scores;
    for (std::size_t j = 0; j < index(c.n); ++j) {
      double score = 0, absolute = 0;
      for (std::size_t d = 0; d < width; ++d) {
        const double term = from[d] * key[(kv * index(c.n) + j) * width + d] /
                            std::sqrt(static_cast<double>(width));
        score += term;
        absolute += std::abs(term);
      }
      const double changed = finished(score, b, h, i, j);
      if (!std::isinf(changed))
        error = std::max(error, score_bound(dtype, c.width, absolute, changed));
      scores.push_back(changed);
    }
    return attended(
        scores, index(c.value_width),
        [&](std::size_t j, std::size_t d) {
          return value[(kv * index(c.n) + j) * index(c.value_width) + d];
        },
        c.sinks ? sink[h] : -infinity);
  }

  const Case &c;
  Operand q, k, v, slopes, sinks;
  std::vector<double> query, key, value, slope, sink, mask;
  ops::AttentionOptions options;

private:
  double finished(double score, std::size_t b, std::size_t h, std::size_t i,
                  std::size_t j) const {
    const auto at = static_cast<std::int64_t>(i) + (c.lower ? c.n - c.m : 0);
    const auto key_at = static_cast<std::int64_t>(j);
    if (c.soft_cap > 0)
      score = c.soft_cap * std::tanh(score / c.soft_cap);
    if (c.slopes)
      score -= slope[h] * std::abs(static_cast<double>(key_at - at));
    const double given = mask[(b * index(c.m) + i) * index(c.n) + j];
    if (c.mask == Mask::additive)
      score += given;
    const bool hidden = (c.mask == Mask::boolean && given == 0) ||
                        (c.causal && key_at > at) ||
                        (c.left && key_at < at - *c.left) ||
                        (c.right && key_at > at + *c.right);
    return hidden ? -infinity : score;
  }
};

void check(const Case &c, DType dtype, Device device, bool both = true) {
  SCOPED_TRACE(std::string(girih::name(dtype)) + " " + text(c));
  auto random = random_engine();
  const Inputs in(c, dtype, device, Values::reals, random);
  const Operand out({c.batch, c.q_heads, c.m, c.value_width}, dtype, device,
                    c.layout);
  const DType sum_type = dtype == f64 ? f64 : f32;
  const Operand sums({c.batch, c.q_heads, c.m}, sum_type, device,
                     Layout::padded);
  ops::attention_with_log_sum_out(in.q.array(), in.k.array(), in.v.array(),
                                  out.array(), sums.array(), in.options);
  const auto actual = out.values(), sum = sums.values();
  for (std::size_t at = 0; at < sum.size(); ++at) {
    const std::size_t i = at % index(c.m), h = at / index(c.m);
    double error = 0;
    const AttendedRow row =
        in.row(h / index(c.q_heads), h % index(c.q_heads), i, dtype, error);
    ASSERT_TRUE(within_bounds(&actual[at * index(c.value_width)], row, dtype,
                              c.n, error))
        << "row " << at;
    if (std::isinf(row.log_sum))
      ASSERT_EQ(sum[at], row.log_sum) << "row " << at;
    else
      ASSERT_LE(std::abs(sum[at] - row.log_sum),
                error + tolerance(sum_type).accumulate *
                            (static_cast<double>(c.n) + 8 +
                             8 * std::abs(row.log_sum)))
          << "row " << at;
  }
  EXPECT_TRUE(out.untouched_outside());
  EXPECT_TRUE(sums.untouched_outside());
  if (!both)
    return;
  const Operand again({c.batch, c.q_heads, c.m, c.value_width}, dtype, device,
                      c.layout);
  ops::scaled_dot_product_attention_out(
      in.q.array(), in.k.array(), in.v.array(), again.array(), in.options);
  EXPECT_TRUE(same_values(again.values(), actual));
}

TEST_P(AttentionTest, Options) {
  std::vector<Case> cases{
      {1, 2, 2, 5, 7, 16, 16},
      {1, 4, 2, 3, 9, 8, 16, true},
      {2, 2, 1, 5, 9, 8, 8, true, true},
      {1, 2, 2, 9, 5, 8, 8, true, true}, // queries that see nothing
      {2, 2, 2, 5, 7, 8, 8, false, false, Mask::boolean},
      {1, 2, 1, 5, 7, 8, 8, false, false, Mask::additive},
      {1, 2, 2, 9, 9, 8, 8, false, true, Mask::none, 2, 1},
      {1, 2, 2, 9, 11, 8, 8, true, true, Mask::none, 3},
      {1, 2, 2, 6, 6, 8, 8, false, false, Mask::none, {}, {}, 1.5, true, true},
      {1, 4, 2, 1, 9, 8, 8, true, true},
      {1, 4, 2, 1, 9, 8, 8, true},
      {1,
       2,
       2,
       5,
       7,
       8,
       8,
       false,
       false,
       Mask::none,
       {},
       {},
       0,
       false,
       false,
       Layout::padded},
  };
  for (const Case &c : cases)
    for (DType dtype : {f32, bf16})
      check(c, dtype, device(), dtype == f32);
}

TEST_P(AttentionTest, Sizes) {
  if (on_interpreter())
    return;
  for (const Case &c :
       {Case{1, 4, 2, 130, 257, 64, 64, true, true},
        Case{1, 2, 2, 129, 65, 80, 80, true}, Case{2, 2, 1, 64, 191, 96, 48},
        Case{1, 1, 1, 70, 100, 192, 128, true, false},
        Case{1, 2, 2, 33, 300, 256, 256, false, true, Mask::none, 40, 17},
        Case{1, 12, 2, 1, 515, 128, 128},
        Case{1, 2, 2, 200, 200, 32, 16, false, false, Mask::boolean},
        Case{1, 1, 1, 1, 1, 16, 16}})
    for (DType dtype : {f32, bf16})
      check(c, dtype, device(), false);
  check({1, 4, 2, 130, 257, 64, 64, true, true}, f16, device());
  check({1, 2, 1, 37, 41, 24, 40, true, true}, f64, device());
  for (Layout layout : all_layouts)
    check({2,
           2,
           1,
           17,
           70,
           40,
           24,
           true,
           true,
           Mask::none,
           {},
           {},
           0,
           false,
           false,
           layout},
          bf16, device());
}

// Equal scores and whole values: the means of 2^n keys are exact.
TEST_P(AttentionTest, Exact) {
  for (DType dtype : {f32, bf16, f16}) {
    auto random = random_engine();
    const Case c{1, 2, 2, 3, 64, 16, 16};
    const Inputs in(c, dtype, device(), Values::integers, random);
    const Array q = Array::zeros({1, 2, 3, 16}, dtype, device());
    const auto out =
        ops::scaled_dot_product_attention(q, in.k.array(), in.v.array())
            .to_vector();
    std::vector<double> expected;
    for (std::size_t row = 0; row < 6; ++row)
      for (std::size_t d = 0; d < 16; ++d) {
        double sum = 0;
        for (std::size_t j = 0; j < 64; ++j)
          sum += in.value[(row / 3 * 64 + j) * 16 + d];
        expected.push_back(sum / 64);
      }
    EXPECT_TRUE(same_values(out, rounded(expected, dtype)));
  }
}

TEST_P(AttentionTest, EmptyAndWithoutHeads) {
  auto random = random_engine();
  const Operand q({2, 3, 8}, f32, device(), Layout::contiguous, Values::reals,
                  random);
  const Operand k({2, 5, 8}, f32, device(), Layout::contiguous, Values::reals,
                  random);
  const Array all =
      ops::scaled_dot_product_attention(q.array(), k.array(), k.array());
  const Array heads = ops::scaled_dot_product_attention(
      q.array().reshape({2, 1, 3, 8}), k.array().reshape({2, 1, 5, 8}),
      k.array().reshape({2, 1, 5, 8}));
  EXPECT_TRUE(same_values(all.to_vector(), heads.to_vector()));
  // No keys: every query gives 0.
  const Array none = Array::zeros({2, 0, 8}, f32, device());
  EXPECT_TRUE(same_values(
      ops::scaled_dot_product_attention(q.array(), none, none).to_vector(),
      std::vector<double>(48, 0)));
  EXPECT_EQ(
      ops::scaled_dot_product_attention(none, k.array(), k.array()).numel(), 0);
}

TEST_P(AttentionTest, Errors) {
  const Array q = Array::zeros({1, 4, 3, 8}, f32, device()),
              k = Array::zeros({1, 2, 5, 8}, f32, device()),
              odd = Array::zeros({1, 3, 5, 8}, f32, device());
  expect_failure(
      ErrorId::argument, [&] { ops::scaled_dot_product_attention(q, k, k); },
      "equal heads unless enable_gqa is set");
  expect_failure(
      ErrorId::shape,
      [&] {
        ops::scaled_dot_product_attention(q, odd, odd, {.enable_gqa = true});
      },
      "the heads of q must be a multiple of those of k");
  expect_failure(
      ErrorId::shape,
      [&] {
        ops::scaled_dot_product_attention(
            q, k, k,
            {.attn_mask = Array::zeros({4, 5}, f32, device()),
             .enable_gqa = true});
      },
      "attn_mask cannot be broadcast");
  expect_failure(
      ErrorId::argument,
      [&] {
        ops::scaled_dot_product_attention(
            q, k, k, {.causal_variant = "left", .enable_gqa = true});
      },
      "causal_variant must be upper_left or lower_right");
  expect_failure(
      ErrorId::dtype,
      [&] {
        ops::scaled_dot_product_attention(
            Array::zeros({1, 4, 3, 8}, i32, device()), k, k);
      },
      "scaled_dot_product_attention: q");
}

} // namespace
} // namespace girih::testing
