// SPDX-License-Identifier: Apache-2.0
// apply_penalties, logprobs, beam_topk.
#include "operands.h"
#include "tolerance.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace girih::testing {
namespace {

using Lane = std::vector<double>;
constexpr double inf = std::numeric_limits<double>::infinity();

class SamplingScoresTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(SamplingScoresTest);

Lane any_tokens(std::size_t count, std::int64_t tokens,
                std::mt19937_64 &random) {
  // Some are out of range: padding.
  std::uniform_int_distribution<std::int64_t> any(-1, tokens);
  Lane out(count);
  for (double &each : out)
    each = static_cast<double>(any(random));
  return out;
}

TEST_P(SamplingScoresTest, Penalties) {
  struct Size {
    std::int64_t batch, tokens, prompt, output;
  };
  std::vector<Size> sizes{{1, 1, 1, 1}, {2, 5, 9, 0}, {3, 37, 0, 50}};
  if (!on_interpreter())
    sizes.push_back({3, 2049, 700, 1300});
  for (const Size &size : sizes)
    for (DType dtype : {f32, bf16, f16, f64}) {
      SCOPED_TRACE(std::to_string(size.tokens) + " " +
                   std::string(girih::name(dtype)));
      auto random = random_engine();
      const Operand logits({size.batch, size.tokens}, dtype, device(),
                           Layout::padded, Values::reals, random);
      const Lane prompt = any_tokens(std::size_t(size.batch * size.prompt),
                                     size.tokens, random),
                 output = any_tokens(std::size_t(size.batch * size.output),
                                     size.tokens, random);
      Lane repetition, presence;
      for (std::int64_t b = 0; b < size.batch; ++b) {
        repetition.push_back(1 + 0.25 * static_cast<double>(b));
        presence.push_back(0.5 * static_cast<double>(b) - 0.5);
      }
      const Operand out({size.batch, size.tokens}, dtype, device(),
                        Layout::transposed);
      ops::apply_penalties_out(
          logits.array(), out.array(),
          Array::from(prompt, {size.batch, size.prompt}, i32, device()),
          Array::from(output, {size.batch, size.output}, i64, device()),
          {Array::from(repetition, {size.batch}, f32, device()),
           Array::from(presence, {size.batch}, f32, device()), 0.125});
      const Lane in = logits.values(), got = out.values();
      for (std::size_t i = 0; i < in.size(); ++i) {
        const std::size_t b = i / std::size_t(size.tokens);
        const auto token = static_cast<double>(i % std::size_t(size.tokens));
        const auto times = [&](const Lane &all, std::int64_t length) {
          const auto row =
              all.begin() + static_cast<std::ptrdiff_t>(b) * length;
          return std::count(row, row + length, token);
        };
        const auto n = times(output, size.output);
        double exact = in[i];
        if (n > 0 || times(prompt, size.prompt) > 0)
          exact = exact > 0 ? exact / repetition[b] : exact * repetition[b];
        if (n > 0)
          exact -= 0.125 * static_cast<double>(n) + presence[b];
        ASSERT_LE(std::abs(got[i] - exact),
                  element_bound(dtype, exact, 1 + std::abs(in[i])))
            << "row " << b << " token " << token;
      }
      EXPECT_TRUE(out.untouched_outside());
    }
}

TEST_P(SamplingScoresTest, PenaltiesOfOneRequest) {
  // Nothing that came before, and then something.
  const double one[] = {1, -2};
  const Array x = Array::from(one, {2}, f32, device());
  EXPECT_EQ(ops::apply_penalties(x, {}, {}, {2.0}).to_vector(), (Lane{1, -2}));
  const double seen[] = {1};
  EXPECT_EQ(ops::apply_penalties(x, {}, Array::from(seen, {1}, i64, device()),
                                 {2.0, 1.0, 0.5})
                .to_vector(),
            (Lane{1, -5.5}));
}

double log_total(const Lane &row) {
  const double top = *std::ranges::max_element(row);
  double sum = 0;
  for (double x : row)
    sum += std::exp(x - top);
  return top + std::log(sum);
}

std::vector<Lane> rows_of(const Lane &values, std::int64_t size) {
  std::vector<Lane> out;
  for (auto at = values.begin(); at != values.end(); at += size)
    out.emplace_back(at, at + size);
  return out;
}

DType type_of(DType logits) { return logits == f64 ? f64 : f32; }

double bound_of(DType type, double exact, std::int64_t terms) {
  return dot_bound(type, terms + 8, 1 + std::abs(exact) / 8, exact);
}

TEST_P(SamplingScoresTest, Logprobs) {
  std::vector<std::int64_t> sizes{1, 2, 37};
  if (!on_interpreter())
    sizes.insert(sizes.end(), {4097, 30011});
  for (std::int64_t tokens : sizes)
    for (DType dtype : {f32, bf16, f16, f64})
      for (std::int64_t n : {0, 1, 20}) {
        if (n > tokens)
          continue;
        SCOPED_TRACE(std::to_string(tokens) + " " +
                     std::string(girih::name(dtype)) + " n " +
                     std::to_string(n));
        auto random = random_engine();
        const Operand logits({3, tokens}, dtype, device(), Layout::padded,
                             Values::reals, random);
        const Lane chosen{0, static_cast<double>(tokens - 1),
                          static_cast<double>(tokens / 2)};
        const DType type = type_of(dtype);
        const Operand values({3, n + 1}, type, device(), Layout::padded),
            ids({3, n + 1}, i64, device(), Layout::transposed);
        ops::logprobs_out(
            logits.array(),
            Array::from(chosen, {3}, n == 1 ? i32 : i64, device()),
            values.array(), ids.array(), n);
        const auto all = rows_of(logits.values(), tokens),
                   got = rows_of(values.values(), n + 1),
                   found = rows_of(ids.values(), n + 1);
        for (std::size_t b = 0; b < 3; ++b) {
          std::vector<std::size_t> order(all[b].size());
          std::iota(order.begin(), order.end(), std::size_t{0});
          std::ranges::sort(order, [&](std::size_t x, std::size_t y) {
            return all[b][x] > all[b][y] || (all[b][x] == all[b][y] && x < y);
          });
          order.insert(order.begin(), static_cast<std::size_t>(chosen[b]));
          const double total = log_total(all[b]);
          for (std::size_t i = 0; i < got[b].size(); ++i) {
            ASSERT_EQ(found[b][i], static_cast<double>(order[i]));
            const double exact = all[b][order[i]] - total;
            ASSERT_LE(std::abs(got[b][i] - exact),
                      bound_of(type, exact, tokens));
          }
        }
        EXPECT_TRUE(values.untouched_outside());
        EXPECT_TRUE(ids.untouched_outside());
      }
  const double row[] = {-inf, 1, 2};
  const double odd[] = {0, -1, 3};
  const Array x = Array::from(row, {1, 3}, f32, device())
                      .broadcast_to(std::array<std::int64_t, 2>{3, 3});
  const Lane got =
      ops::logprobs(x, Array::from(odd, {3}, i64, device()))[0].to_vector();
  EXPECT_EQ(got[0], -inf);
  EXPECT_TRUE(std::isnan(got[1]) && std::isnan(got[2]));
}

TEST_P(SamplingScoresTest, BeamTopk) {
  struct Size {
    std::int64_t batch, beams, tokens;
    std::optional<std::int64_t> k;
  };
  std::vector<Size> sizes{
      {1, 1, 1, 1}, {2, 3, 5, {}}, {1, 4, 3, 12}, {1, 2, 33, 0}};
  if (!on_interpreter())
    sizes.insert(sizes.end(), {{3, 4, 5003, {}}, {2, 8, 20011, {}}});
  for (const Size &size : sizes)
    for (DType dtype : {f32, bf16, f64}) {
      SCOPED_TRACE(std::to_string(size.tokens) + " " +
                   std::string(girih::name(dtype)));
      auto random = random_engine();
      const Operand logits({size.batch, size.beams, size.tokens}, dtype,
                           device(), Layout::padded, Values::reals, random);
      const DType type = type_of(dtype);
      const Operand scores({size.batch, size.beams}, type, device(),
                           Layout::contiguous, Values::reals, random);
      const auto got = ops::beam_topk(scores.array(), logits.array(), size.k);
      const std::int64_t k = size.k.value_or(2 * size.beams);
      const Lane values = got[0].to_vector(), beams = got[1].to_vector(),
                 tokens = got[2].to_vector(), in = scores.values();
      const auto rows = rows_of(logits.values(), size.tokens);
      ASSERT_EQ(values.size(), static_cast<std::size_t>(size.batch * k));
      for (std::size_t b = 0; b < std::size_t(size.batch); ++b) {
        Lane all;
        const std::size_t first = b * std::size_t(size.beams);
        for (std::size_t m = 0; m < std::size_t(size.beams); ++m) {
          const double total = log_total(rows[first + m]);
          for (double x : rows[first + m])
            all.push_back(in[first + m] + x - total);
        }
        Lane sorted = all;
        std::ranges::sort(sorted, std::greater());
        std::vector<double> places;
        for (std::size_t i = 0; i < std::size_t(k); ++i) {
          const std::size_t at = b * std::size_t(k) + i;
          const double place =
              beams[at] * static_cast<double>(size.tokens) + tokens[at];
          const double bound = bound_of(type, sorted[i], size.tokens) +
                               element_bound(type, in[first]);
          ASSERT_LE(std::abs(values[at] - sorted[i]), bound) << i;
          ASSERT_LE(std::abs(values[at] - all[std::size_t(place)]), bound) << i;
          if (i > 0)
            ASSERT_LE(values[at], values[at - 1]);
          places.push_back(place);
        }
        std::ranges::sort(places);
        EXPECT_EQ(std::ranges::adjacent_find(places), places.end());
      }
    }
  // Equal ones: the first beam, there the first token.
  const Array none = Array::zeros({1, 2, 3}, f32, device()),
              zero = Array::zeros({1, 2}, f32, device());
  const auto found = ops::beam_topk(zero, none);
  EXPECT_EQ(found[1].to_vector(), (Lane{0, 0, 0, 1}));
  EXPECT_EQ(found[2].to_vector(), (Lane{0, 1, 2, 0}));
}

TEST(SamplingScoresErrorTest, NameTheArgument) {
  const auto has = [](auto call, const char *text) {
    std::string found = "no error";
    try {
      call();
    } catch (const RuntimeError &error) {
      found = error.what();
    }
    EXPECT_NE(found.find(text), std::string::npos) << found;
  };
  const auto zeros = [](std::vector<std::int64_t> shape, DType dtype) {
    return Array::zeros(shape, dtype, host_device);
  };
  const Array x = zeros({2, 3}, f32);
  has([&] { ops::apply_penalties(x, zeros({3, 1}, i64), {}, {}); },
      "apply_penalties: prompt");
  has([&] { ops::apply_penalties(x, {}, zeros({2, 1}, f32), {}); },
      "apply_penalties: output cannot be f32");
  has([&] { ops::apply_penalties(x, {}, {}, {0.0}); },
      "apply_penalties: repetition must be from");
  has([&] { ops::logprobs(x, zeros({3}, i64)); }, "logprobs: chosen");
  has([&] { ops::logprobs(x, zeros({2}, i64), 4); }, "logprobs: n must be");
  has([&] { ops::beam_topk(x, zeros({2, 2, 3}, f32)); }, "beam_topk: scores");
  has([&] { ops::beam_topk(zeros({2, 2}, f32), zeros({2, 2, 3}, f32), 7); },
      "beam_topk: k must be");
}

} // namespace
} // namespace girih::testing
