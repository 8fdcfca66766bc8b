// SPDX-License-Identifier: Apache-2.0
// expert_gating, expert_permute, expert_unpermute, expert_sum, and the layer
// that they make with grouped_mm and swiglu.
#include "operands.h"
#include "tolerance.h"

#include "girih/ops/ops.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

namespace girih::testing {
namespace {

class GatingTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(GatingTest);
class PermuteTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(PermuteTest);
class ExpertSumTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(ExpertSumTest);
class ExpertLayerTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(ExpertLayerTest);

using Row = std::vector<double>;

std::vector<double> read(const Array &array) {
  return array.to(host_device).to_vector();
}

Row part_of(const std::vector<double> &values, std::size_t row,
            std::size_t length) {
  const auto first = values.begin() + static_cast<std::ptrdiff_t>(row * length);
  return {first, first + static_cast<std::ptrdiff_t>(length)};
}

struct Router {
  std::int64_t experts, k;
  bool sigmoid = false, biased = false;
  std::int64_t groups = 1, top_groups = 1;
  bool renormalize = false;
  double scale = 1;
};

struct Choice {
  std::vector<std::size_t> experts;
  Row weights;
};

/// The numbers of the `count` largest, of equal ones the first; NaN is larger.
std::vector<std::size_t> largest(const Row &values, std::int64_t count) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    if (std::isnan(values[a]) != std::isnan(values[b]))
      return std::isnan(values[a]);
    return values[a] > values[b] || (!(values[a] < values[b]) && a < b);
  });
  order.resize(static_cast<std::size_t>(count));
  return order;
}

Row scores_of(const Row &logits, bool sigmoid) {
  Row scores;
  double top = -std::numeric_limits<double>::infinity(), total = 0;
  for (double each : logits)
    top = std::max(top, each);
  for (double each : logits)
    scores.push_back(sigmoid ? 1 / (1 + std::exp(-each))
                             : std::exp(each - top));
  for (double each : scores)
    total += each;
  for (double &each : scores)
    each = sigmoid ? each : each / total;
  return scores;
}

Choice reference(const Router &r, const Row &logits, const Row &bias) {
  const Row scores = scores_of(logits, r.sigmoid);
  Row choice = scores;
  for (std::size_t e = 0; e < choice.size(); ++e)
    choice[e] += r.biased ? bias[e] : 0;
  const auto size = static_cast<std::size_t>(r.experts / r.groups);
  Row of_groups;
  for (std::size_t first = 0; first < choice.size(); first += size) {
    Row group(choice.begin() + static_cast<std::ptrdiff_t>(first),
              choice.begin() + static_cast<std::ptrdiff_t>(first + size));
    std::sort(group.rbegin(), group.rend());
    of_groups.push_back(group[0] + (r.biased && size > 1 ? group[1] : 0));
  }
  if (r.top_groups < r.groups) {
    const auto kept = largest(of_groups, r.top_groups);
    for (std::size_t e = 0; e < choice.size(); ++e)
      if (std::ranges::find(kept, e / size) == kept.end())
        choice[e] = -std::numeric_limits<double>::infinity();
  }
  Choice made{largest(choice, r.k), {}};
  double total = 0;
  for (std::size_t e : made.experts)
    total += scores[e];
  for (std::size_t e : made.experts)
    made.weights.push_back(scores[e] *
                           (r.renormalize ? 1 / (total + 1e-20) : 1) * r.scale);
  return made;
}

/// Logits on a grid: equal ones are common, and others are apart enough for f32
/// to tell their scores.
Array grid_of_logits(std::int64_t tokens, std::int64_t experts, DType dtype,
                     Device device, bool with_ties) {
  auto random = random_engine();
  std::vector<double> values;
  std::uniform_int_distribution<int> any(-20, 20);
  for (std::int64_t t = 0; t < tokens; ++t) {
    Row row;
    for (std::int64_t e = 0; e < experts; ++e)
      row.push_back(with_ties ? any(random) / 8.0
                              : static_cast<double>(e) / 64 - 1);
    if (!with_ties)
      std::shuffle(row.begin(), row.end(), random);
    values.insert(values.end(), row.begin(), row.end());
  }
  return Array::from(values, {tokens, experts}, dtype, device);
}

void check_gating(const Router &r, std::int64_t tokens, DType dtype,
                  Device device, bool with_ties = true) {
  SCOPED_TRACE(std::string(name(dtype)) + " " + std::to_string(tokens) + "x" +
               std::to_string(r.experts) + " k " + std::to_string(r.k) +
               " groups " + std::to_string(r.groups) +
               (r.sigmoid ? " sigmoid" : " softmax") +
               (r.biased ? " biased" : ""));
  const Array logits =
      grid_of_logits(tokens, r.experts, dtype, device, with_ties);
  Row bias;
  for (std::int64_t e = 0; e < r.experts; ++e)
    bias.push_back(static_cast<double>(e * 37 % 11) / 64);
  std::optional<Array> given;
  if (r.biased)
    given = Array::from(bias, {r.experts}, f32, device);
  const DType type = dtype == f64 ? f64 : f32;
  const Operand weights({tokens, r.k}, type, device, Layout::padded);
  const Operand indices({tokens, r.k}, i64, device, Layout::transposed);
  ops::expert_gating_out(logits, weights.array(), indices.array(), r.k, given,
                         r.sigmoid ? "sigmoid" : "softmax", r.groups,
                         r.top_groups, r.renormalize, r.scale);
  const Row x = read(logits), w = weights.values(), found = indices.values();
  for (std::size_t t = 0; t < static_cast<std::size_t>(tokens); ++t) {
    const auto n = static_cast<std::size_t>(r.experts),
               k = static_cast<std::size_t>(r.k);
    const Choice expected = reference(r, part_of(x, t, n), bias);
    for (std::size_t j = 0; j < k; ++j) {
      ASSERT_EQ(found[t * k + j], static_cast<double>(expected.experts[j]))
          << "token " << t << " choice " << j;
      const double exact = expected.weights[j];
      ASSERT_LE(std::abs(w[t * k + j] - exact),
                element_bound(type, exact, 0, static_cast<double>(n) + 8))
          << "token " << t << " choice " << j;
    }
  }
  EXPECT_TRUE(weights.untouched_outside());
  EXPECT_TRUE(indices.untouched_outside());
}

TEST_P(GatingTest, EveryDtype) {
  for (const DType dtype : {f32, f16, bf16, f64})
    for (const bool sigmoid : {false, true})
      check_gating({.experts = 8, .k = 2, .sigmoid = sigmoid}, 5, dtype,
                   device());
}

TEST_P(GatingTest, EveryShape) {
  for (const std::int64_t experts : {1, 2, 7, 60})
    for (const std::int64_t k : {std::int64_t{1}, (experts + 1) / 2, experts})
      check_gating({.experts = experts, .k = k}, 3, f32, device());
  for (const std::int64_t tokens : {0, 1, 2, 13})
    check_gating({.experts = 16, .k = 3}, tokens, bf16, device());
  if (on_interpreter())
    return;
  check_gating({.experts = 128, .k = 8, .renormalize = true}, 67, bf16,
               device());
  check_gating({.experts = 384, .k = 8, .sigmoid = true, .biased = true}, 9,
               bf16, device());
  check_gating({.experts = 257, .k = 11}, 9, f32, device());
}

TEST_P(GatingTest, Parameters) {
  for (const bool sigmoid : {false, true})
    for (const bool biased : {false, true})
      for (const bool renormalize : {false, true})
        check_gating({.experts = 24,
                      .k = 4,
                      .sigmoid = sigmoid,
                      .biased = biased,
                      .renormalize = renormalize,
                      .scale = 2.5},
                     4, f32, device(), biased ? false : true);
}

TEST_P(GatingTest, Groups) {
  for (const bool biased : {false, true})
    for (const std::int64_t groups : {2, 3, 4, 6, 12, 24})
      for (const std::int64_t top : {std::int64_t{1}, groups - 1, groups})
        check_gating({.experts = 24,
                      .k = 24 / groups * top > 2 ? 3 : 1,
                      .sigmoid = biased,
                      .biased = biased,
                      .groups = groups,
                      .top_groups = top,
                      .renormalize = true},
                     3, f32, device(), false);
  if (on_interpreter())
    return;
  // DeepSeek-V3 and V2.
  check_gating({.experts = 256,
                .k = 8,
                .sigmoid = true,
                .biased = true,
                .groups = 8,
                .top_groups = 4,
                .renormalize = true,
                .scale = 2.5},
               67, f32, device(), false);
  check_gating(
      {.experts = 160, .k = 6, .groups = 8, .top_groups = 3, .scale = 16}, 67,
      bf16, device());
}

// What f32 does not tell apart f64 does, by one expert and by groups.
TEST_P(GatingTest, SmallDifferences) {
  const Array logits =
      Array::from(std::vector<double>{1, 1 + 0x1p-40, 1 + 0x1p-41, 0}, {1, 4},
                  f64, device());
  const auto [weights, indices] = ops::expert_gating(logits, 2);
  EXPECT_TRUE(same_values(read(indices), {1, 2}));
  EXPECT_EQ(weights.dtype(), f64);
  const auto [one, of_groups] =
      ops::expert_gating(logits, 1, {}, "sigmoid", 4, 1);
  EXPECT_TRUE(same_values(read(of_groups), {1}));
}

// All experts are equal; one is NaN; experts that a bias rules out are taken
// last, and each once.
TEST_P(GatingTest, OddScores) {
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               inf = std::numeric_limits<double>::infinity();
  const Array logits = Array::from(std::vector<double>{1, 1, 1, 1, //
                                                       0, nan, 5, nan},
                                   {2, 4}, f32, device());
  const auto [weights, indices] = ops::expert_gating(logits, 3, {}, "sigmoid");
  EXPECT_TRUE(same_values(read(indices), {0, 1, 2, 1, 3, 2}));
  const double nan_weight = read(weights)[3];
  EXPECT_TRUE(std::isnan(nan_weight));
  const Array bias =
      Array::from(std::vector<double>{-inf, 0, -inf, -inf}, {4}, f32, device());
  const auto ruled = ops::expert_gating(logits.slice(0, 0, 1), 4, bias);
  EXPECT_TRUE(same_values(read(ruled[1]), {1, 0, 2, 3}));
  EXPECT_TRUE(same_values(read(ruled[0]), {0.25, 0.25, 0.25, 0.25}));
}

struct Permuted {
  std::vector<double> tokens, counts, offsets, places;
};

Permuted permuted(const std::vector<double> &experts, std::int64_t k,
                  std::int64_t num_experts) {
  std::vector<std::size_t> order(experts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto expert = [&](std::size_t i) {
    const bool known =
        experts[i] >= 0 && experts[i] < static_cast<double>(num_experts);
    return known ? experts[i] : static_cast<double>(num_experts);
  };
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return expert(a) < expert(b) || (expert(a) == expert(b) && a < b);
  });
  Permuted made;
  made.places.resize(experts.size());
  made.counts.resize(static_cast<std::size_t>(num_experts) + 1);
  for (std::size_t place = 0; place < order.size(); ++place) {
    made.places[order[place]] = static_cast<double>(place);
    made.tokens.push_back(
        static_cast<double>(order[place] / static_cast<std::size_t>(k)));
    ++made.counts[static_cast<std::size_t>(expert(order[place]))];
  }
  made.counts.pop_back();
  made.offsets.resize(made.counts.size());
  std::partial_sum(made.counts.begin(), made.counts.end(),
                   made.offsets.begin());
  return made;
}

struct Route {
  std::int64_t tokens, k, experts, width = 3;
  DType dtype = f32, choices = i64;
  bool strangers = false; // some choices are no expert
  Layout layout = Layout::contiguous;
};

void check_permute(const Route &r, Device device) {
  SCOPED_TRACE(std::to_string(r.tokens) + "x" + std::to_string(r.k) + " of " +
               std::to_string(r.experts) + " " + std::string(name(r.dtype)) +
               " " + name(r.layout));
  auto random = random_engine();
  const Operand x({r.tokens, r.width}, r.dtype, device, r.layout,
                  Values::integers, random);
  // Low experts are more common.
  std::vector<double> choices;
  std::uniform_real_distribution<double> any(0, 1);
  for (std::int64_t i = 0; i < r.tokens * r.k; ++i) {
    const double u = any(random);
    choices.push_back(std::floor(u * u * static_cast<double>(r.experts)));
    if (r.strangers && u < 0.2)
      choices.back() = u < 0.1 ? -1 : static_cast<double>(r.experts) + 3;
  }
  Array experts = Array::from(choices, {r.tokens, r.k}, r.choices, device);
  if (r.layout == Layout::transposed) {
    std::vector<double> turned;
    for (std::int64_t j = 0; j < r.k; ++j)
      for (std::int64_t t = 0; t < r.tokens; ++t)
        turned.push_back(choices[static_cast<std::size_t>(t * r.k + j)]);
    experts =
        Array::from(turned, {r.k, r.tokens}, r.choices, device).transpose(0, 1);
  }
  const std::int64_t rows = r.tokens * r.k;
  const Operand out({rows, r.width}, r.dtype, device, Layout::padded);
  const Operand counts({r.experts}, i32, device, Layout::stepped),
      offsets({r.experts}, i32, device, Layout::shifted),
      places({r.tokens, r.k}, i32, device, r.layout);
  ops::expert_permute_out(x.array(), experts, out.array(), counts.array(),
                          offsets.array(), places.array());
  const Permuted expected = permuted(choices, r.k, r.experts);
  EXPECT_TRUE(same_values(counts.values(), expected.counts));
  EXPECT_TRUE(same_values(offsets.values(), expected.offsets));
  EXPECT_TRUE(same_values(places.values(), expected.places));
  const auto values = x.values();
  std::vector<double> moved;
  for (double token : expected.tokens)
    for (std::int64_t d = 0; d < r.width; ++d)
      moved.push_back(values[static_cast<std::size_t>(token) *
                                 static_cast<std::size_t>(r.width) +
                             static_cast<std::size_t>(d)]);
  EXPECT_TRUE(same_values(out.values(), moved));
  for (const Operand *each : {&out, &counts, &offsets, &places})
    EXPECT_TRUE(each->untouched_outside());
  // And back.
  const Array back = ops::expert_unpermute(out.array(), places.array());
  std::vector<double> repeated;
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t d = 0; d < r.width; ++d)
      repeated.push_back(
          values[static_cast<std::size_t>(i / r.k * r.width + d)]);
  EXPECT_TRUE(same_values(read(back), repeated));
}

TEST_P(PermuteTest, EveryDtype) {
  for (const DType dtype :
       {bf16, f32, f16, f64, i64, i32, i16, i8, u8, e4m3, e5m2})
    check_permute({.tokens = 5, .k = 2, .experts = 3, .dtype = dtype},
                  device());
  for (const DType choices : {i32, i64})
    check_permute({.tokens = 7, .k = 3, .experts = 5, .choices = choices},
                  device());
}

TEST_P(PermuteTest, EveryShape) {
  for (const std::int64_t tokens : {0, 1, 2, 17})
    for (const std::int64_t k : {1, 3})
      for (const std::int64_t experts : {1, 2, 13})
        check_permute({.tokens = tokens, .k = k, .experts = experts}, device());
  check_permute({.tokens = 4, .k = 2, .experts = 3, .width = 0}, device());
  // Several tiles, then several chunks.
  check_permute({.tokens = 100, .k = 2, .experts = 8, .strangers = true},
                device());
  check_permute({.tokens = 300, .k = 3, .experts = 7, .strangers = true},
                device());
  if (on_interpreter())
    return;
  check_permute({.tokens = 300, .k = 8, .experts = 256, .width = 129},
                device());
  check_permute({.tokens = 1031, .k = 6, .experts = 160, .strangers = true},
                device());
  check_permute({.tokens = 4099, .k = 8, .experts = 128, .choices = i32},
                device());
  check_permute({.tokens = 600, .k = 2, .experts = 1025}, device());
}

TEST_P(PermuteTest, EveryLayout) {
  for (const Layout layout : all_layouts)
    for (const std::int64_t tokens : {5, 300})
      check_permute({.tokens = on_interpreter() ? 5 : tokens,
                     .k = 3,
                     .experts = 4,
                     .strangers = true,
                     .layout = layout},
                    device());
}

void check_sum(std::int64_t rows, std::int64_t tokens, std::int64_t k,
               std::int64_t width, DType dtype, Device device,
               Layout layout = Layout::contiguous) {
  SCOPED_TRACE(std::to_string(tokens) + "x" + std::to_string(k) + "x" +
               std::to_string(width) + " " + std::string(name(dtype)) + " " +
               name(layout));
  auto random = random_engine();
  const Operand x({rows, width}, dtype, device, layout, Values::integers,
                  random);
  const Operand weights({tokens, k}, f32, device, layout, Values::integers,
                        random);
  std::vector<double> places;
  std::uniform_int_distribution<std::int64_t> any(
      0, std::max<std::int64_t>(rows - 1, 0));
  for (std::int64_t i = 0; i < tokens * k; ++i)
    places.push_back(static_cast<double>(any(random)));
  const Operand out({tokens, width}, dtype, device, layout);
  ops::expert_sum_out(x.array(), Array::from(places, {tokens, k}, i32, device),
                      weights.array(), out.array());
  const auto values = x.values(), factors = weights.values();
  std::vector<double> expected(static_cast<std::size_t>(tokens * width));
  for (std::int64_t t = 0; t < tokens; ++t)
    for (std::int64_t j = 0; j < k; ++j)
      for (std::int64_t d = 0; d < width; ++d) {
        const auto at = static_cast<std::size_t>(t * k + j);
        expected[static_cast<std::size_t>(t * width + d)] +=
            factors[at] * values[static_cast<std::size_t>(places[at]) *
                                     static_cast<std::size_t>(width) +
                                 static_cast<std::size_t>(d)];
      }
  EXPECT_TRUE(same_values(out.values(), rounded(expected, dtype)));
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(ExpertSumTest, EveryDtypeAndShape) {
  for (const DType dtype : {f64, f32, f16, bf16})
    check_sum(7, 5, 3, 13, dtype, device());
  for (const std::int64_t tokens : {0, 1, 5})
    for (const std::int64_t k : {0, 1, 2, 8, 9})
      for (const std::int64_t width : {1, 31})
        check_sum(6, tokens, k, width, f32, device());
  for (const Layout layout : all_layouts)
    check_sum(6, 5, 2, 10, f16, device(), layout);
  if (!on_interpreter())
    check_sum(301, 67, 8, 4099, bf16, device());
}

TEST_P(ExpertSumTest, PlacesThatAreNone) {
  if (on_interpreter())
    GTEST_SKIP() << "an error of the index under GIRIH_DEBUG=bounds";
  const Array x = Array::from(std::vector<double>{1, 2, 3}, {3, 1}, f32,
                              device()),
              places = Array::from(std::vector<double>{0, -1, 7, 2}, {2, 2},
                                   i64, device()),
              weights = Array::from(std::vector<double>{1, 1, 1, 2}, {2, 2},
                                    f32, device());
  EXPECT_TRUE(same_values(read(ops::expert_sum(x, places, weights)), {1, 6}));
}

/// A layer's sizes.
struct Layer {
  std::int64_t tokens, experts, k, hidden, inner;
  DType dtype = f32;
};

/// What the layer computes with, and its result.
struct LayerData {
  std::vector<double> x, up, down, logits, out;
};

LayerData run_layer(const Layer &l, Device device) {
  auto random = random_engine();
  const auto operand = [&](std::vector<std::int64_t> shape) {
    return Operand(std::move(shape), l.dtype, device, Layout::contiguous,
                   Values::reals, random);
  };
  const Operand x = operand({l.tokens, l.hidden}),
                up = operand({l.experts, l.hidden, 2 * l.inner}),
                down = operand({l.experts, l.inner, l.hidden});
  const Array logits = grid_of_logits(l.tokens, l.experts, f32, device, false);
  const auto [weights, experts] =
      ops::expert_gating(logits, l.k, {}, "softmax", 1, 1, true);
  const auto [rows, counts, offsets, places] =
      ops::expert_permute(x.array(), experts, l.experts);
  const Array both = ops::grouped_mm(rows, up.array(), offsets);
  const Array hidden = ops::swiglu(both.slice(1, 0, l.inner),
                                   both.slice(1, l.inner, 2 * l.inner));
  const Array out = ops::expert_sum(
      ops::grouped_mm(hidden, down.array(), offsets), places, weights);
  return {x.values(), up.values(), down.values(), read(logits), read(out)};
}

/// row[K] matrix[K, N], rounded; `absolute` gets the sums of absolute terms.
Row multiplied(const Row &row, const double *matrix, std::size_t columns,
               DType dtype, Row *absolute = nullptr) {
  Row sum(columns);
  for (std::size_t k = 0; k < row.size(); ++k)
    for (std::size_t n = 0; n < columns; ++n) {
      const double term = row[k] * matrix[k * columns + n];
      sum[n] += term;
      if (absolute)
        (*absolute)[n] += std::abs(term);
    }
  return rounded(sum, dtype);
}

// The layer beside its definition in f64, with intermediate results rounded
// where the ops round theirs.
void check_layer(const Layer &l, Device device) {
  SCOPED_TRACE(std::string(name(l.dtype)) + " " + std::to_string(l.tokens));
  const LayerData data = run_layer(l, device);
  const auto hidden = static_cast<std::size_t>(l.hidden),
             inner = static_cast<std::size_t>(l.inner),
             experts = static_cast<std::size_t>(l.experts);
  for (std::size_t t = 0; t < static_cast<std::size_t>(l.tokens); ++t) {
    const Choice choice =
        reference({.experts = l.experts, .k = l.k, .renormalize = true},
                  part_of(data.logits, t, experts), {});
    Row sum(hidden), absolute(hidden);
    for (std::size_t j = 0; j < choice.experts.size(); ++j) {
      const std::size_t e = choice.experts[j];
      const Row both = multiplied(part_of(data.x, t, hidden),
                                  data.up.data() + e * hidden * 2 * inner,
                                  2 * inner, l.dtype);
      Row act(inner), size(hidden);
      for (std::size_t n = 0; n < inner; ++n)
        act[n] = both[n] / (1 + std::exp(-both[n])) * both[inner + n];
      const Row result = multiplied(rounded(act, l.dtype),
                                    data.down.data() + e * inner * hidden,
                                    hidden, l.dtype, &size);
      for (std::size_t d = 0; d < hidden; ++d) {
        sum[d] += choice.weights[j] * result[d];
        absolute[d] += choice.weights[j] * size[d];
      }
    }
    // An intermediate result may be the next number of its dtype; gate and up
    // change their product by as much each, the gate's slope is below 1.1.
    for (std::size_t d = 0; d < hidden; ++d) {
      const double bound = dot_bound(l.dtype, l.hidden + l.inner + l.k + 64,
                                     absolute[d], sum[d]) +
                           8 * tolerance(l.dtype).output * absolute[d];
      ASSERT_LE(std::abs(data.out[t * hidden + d] - sum[d]), bound)
          << "token " << t << " element " << d;
    }
  }
}

TEST_P(ExpertLayerTest, GatePermuteMultiplyAdd) {
  for (const DType dtype : {f32, f16, bf16})
    check_layer({.tokens = 5,
                 .experts = 4,
                 .k = 2,
                 .hidden = 16,
                 .inner = 8,
                 .dtype = dtype},
                device());
  if (on_interpreter())
    return;
  for (const DType dtype : {f32, bf16})
    for (const std::int64_t tokens : {1, 67, 300})
      check_layer({.tokens = tokens,
                   .experts = 16,
                   .k = 4,
                   .hidden = 72,
                   .inner = 40,
                   .dtype = dtype},
                  device());
}

} // namespace
} // namespace girih::testing
