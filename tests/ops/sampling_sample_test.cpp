// SPDX-License-Identifier: Apache-2.0
// sample: each draw against filters and noise in f64, and the distribution.
#include "operands.h"
#include "philox.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"
#include "girih/ops/sampling/sample_launches.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace girih::testing {
namespace {

using Lane = std::vector<double>;
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class SampleTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(SampleTest);

struct How {
  double temperature = 1;
  std::int64_t top_k = 0;
  double top_p = 1, min_p = 0;
};

ops::Sampling numbers(const How &how, std::int64_t seed,
                      std::int64_t position) {
  return {how.temperature, how.top_k, how.top_p, how.min_p, seed, position};
}

// Which tokens stay; those at a bound that rounding may move are unsure.
struct Kept {
  std::vector<bool> in, unsure;
  Lane scaled;
};

Kept filtered(const Lane &logits, const How &how) {
  const std::size_t n = logits.size();
  Kept out{std::vector<bool>(n, true), std::vector<bool>(n),
           rounded(logits, f32)};
  for (double &x : out.scaled)
    x = std::isnan(x) ? -inf : x / how.temperature;
  const double top = *std::ranges::max_element(out.scaled);
  for (std::size_t v = 0; v < n; ++v) {
    const double away = out.scaled[v] - top - std::log(how.min_p);
    out.in[v] = how.min_p <= 0 || away >= 0;
    out.unsure[v] = how.min_p > 0 && std::abs(away) < 1e-5;
  }
  if (how.top_k > 0 && how.top_k < static_cast<std::int64_t>(n)) {
    Lane sorted = out.scaled;
    std::ranges::sort(sorted, std::greater());
    const double bound = sorted[static_cast<std::size_t>(how.top_k - 1)];
    for (std::size_t v = 0; v < n; ++v)
      out.in[v] = out.in[v] && out.scaled[v] >= bound;
  }
  if (how.top_p >= 1)
    return out;
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return out.scaled[a] > out.scaled[b];
  });
  const auto mass = [&](std::size_t v) {
    return out.in[v] ? std::exp(out.scaled[v] - top) : 0;
  };
  double total = 0, above = 0, next = 0;
  for (std::size_t v : order)
    total += mass(v);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t v = order[i];
    if (i > 0 && out.scaled[v] != out.scaled[order[i - 1]])
      above = next;
    next += mass(v);
    if (std::abs(above - how.top_p * total) < 1e-5 * total)
      out.unsure[v] = true;
    out.in[v] = out.in[v] && (above < how.top_p * total || above == 0);
  }
  return out;
}

double noise(std::int64_t seed, std::int64_t position, std::size_t token) {
  const Words words =
      philox(static_cast<std::uint64_t>(seed),
             (static_cast<std::uint64_t>(position) << 32) + token / 4);
  const double x = ((words[token % 4] >> 1) + 0.5) * 0x1p-31;
  return -std::log(-std::log1p(-x));
}

// Whether a token may be what is drawn.
::testing::AssertionResult may_draw(const Lane &logits, const How &how,
                                    std::int64_t seed, std::int64_t position,
                                    double drawn) {
  if (!(drawn >= 0 && drawn < static_cast<double>(logits.size())))
    return ::testing::AssertionFailure() << "there is no token " << drawn;
  const auto token = static_cast<std::size_t>(drawn);
  const Kept kept = filtered(logits, how);
  if (!kept.in[token] && !kept.unsure[token])
    return ::testing::AssertionFailure() << token << " is left out";
  double best = -inf;
  const auto score = [&](std::size_t v) {
    return kept.scaled[v] + noise(seed, position, v);
  };
  for (std::size_t v = 0; v < logits.size(); ++v)
    if (kept.in[v] && !kept.unsure[v])
      best = std::max(best, score(v));
  const double error = 1e-4 + 1e-6 * std::abs(best);
  if (score(token) < best - error)
    return ::testing::AssertionFailure()
           << token << " has " << score(token) << ", the best " << best;
  return ::testing::AssertionSuccess();
}

const std::vector<How> &ways() {
  static const std::vector<How> all{
      {},
      {.temperature = 0.6},
      {.temperature = 4},
      {.top_k = 1},
      {.top_k = 5},
      {.temperature = 0.7, .top_k = 50},
      {.top_p = 0.9},
      {.temperature = 3, .top_p = 0.97},
      {.top_p = 1e-9},
      {.top_p = 0},
      {.min_p = 0.05},
      {.min_p = 1},
      {.temperature = 0.8, .top_k = 40, .top_p = 0.8, .min_p = 0.02},
      {.top_k = 3000, .top_p = 0.6},
      {.top_p = 0.5, .min_p = 1e-4}};
  return all;
}

std::string text(std::int64_t tokens, DType dtype, const How &how) {
  return std::to_string(tokens) + " " + std::string(girih::name(dtype)) +
         " temperature " + std::to_string(how.temperature) + " top_k " +
         std::to_string(how.top_k) + " top_p " + std::to_string(how.top_p) +
         " min_p " + std::to_string(how.min_p);
}

TEST_P(SampleTest, DrawsTheBestThatStays) {
  std::vector<std::int64_t> sizes{1, 3, 33, 1000};
  if (!on_interpreter())
    sizes = {1, 2, 31, 1023, 1025, 5003, 40001};
  int number = 0;
  for (std::int64_t tokens : sizes)
    for (DType dtype : {f32, bf16, f16, f64})
      for (const How &how : ways()) {
        if (on_interpreter() && ++number % (tokens < 100 ? 2 : 9) != 0)
          continue;
        SCOPED_TRACE(text(tokens, dtype, how));
        auto random = random_engine();
        const Layout layout = all_layouts[static_cast<std::size_t>(tokens) % 5];
        const Operand logits({2, tokens}, dtype, device(), layout,
                             Values::reals, random);
        const Operand out({2}, i64, device(), Layout::stepped);
        ops::sample_out(logits.array(), out.array(), numbers(how, 5, tokens));
        const Lane all = logits.values(), drawn = out.values();
        for (std::size_t b = 0; b < 2; ++b) {
          const auto row = all.begin() +
                           static_cast<std::ptrdiff_t>(b * std::size_t(tokens));
          EXPECT_TRUE(
              may_draw(Lane(row, row + tokens), how, 5, tokens, drawn[b]));
        }
        EXPECT_TRUE(out.untouched_outside());
      }
}

TEST_P(SampleTest, Vocabulary) {
  if (on_interpreter())
    return;
  constexpr std::int64_t tokens = 151936;
  auto random = random_engine();
  for (DType dtype : {f32, bf16})
    for (const How &how : ways()) {
      SCOPED_TRACE(text(tokens, dtype, how));
      const Operand logits({tokens}, dtype, device(), Layout::contiguous,
                           Values::reals, random);
      const Lane drawn =
          ops::sample(logits.array(), numbers(how, -3, 17)).to_vector();
      EXPECT_TRUE(may_draw(logits.values(), how, -3, 17, drawn[0]));
    }
}

// The way that is taken on a GPU where many tokens stay.
Lane drawn_by_records(const Array &logits, const How &how, std::int64_t seed,
                      std::int64_t position) {
  const Stream stream;
  const std::int64_t batch = logits.size(0);
  const std::array<Array, 6> numbers{Array::scalar(how.temperature, f32),
                                     Array::scalar(how.top_k, i64),
                                     Array::scalar(how.top_p, f32),
                                     Array::scalar(how.min_p, f32),
                                     Array::scalar(seed, i64),
                                     Array::scalar(position, i64)};
  const Array out = Array::zeros({batch}, i64, logits.device());
  const ops::Call call{"sample", std::source_location::current(), stream};
  ops::sampling::Draw{call, logits, numbers, out}.by_records(
      how.top_k > 0 && how.top_k < logits.size(1) && how.top_p < 1);
  return out.to_vector();
}

void check_records(const Lane &row, DType dtype, const How &how, Device device,
                   std::int64_t seed = 7) {
  const auto tokens = static_cast<std::int64_t>(row.size());
  SCOPED_TRACE(text(tokens, dtype, how));
  const Array logits = Array::from(row, {1, tokens}, dtype, device);
  EXPECT_TRUE(may_draw(logits.to_vector(), how, seed, 3,
                       drawn_by_records(logits, how, seed, 3)[0]));
}

TEST_P(SampleTest, ByRecords) {
  std::vector<How> all = ways();
  for (const How &how : {How{.top_k = 700}, How{.top_k = 600, .top_p = 0.5},
                         How{.temperature = 2, .top_k = 900, .top_p = 0.95},
                         How{.temperature = 0, .top_k = 900, .top_p = 0.5},
                         How{.top_k = 800, .top_p = 0.7, .min_p = 0.05}})
    all.push_back(how);
  std::vector<std::int64_t> sizes{1000};
  if (!on_interpreter())
    sizes = {1, 33, 1025, 40001};
  auto random = random_engine();
  int number = 0;
  for (std::int64_t tokens : sizes)
    for (DType dtype : {f32, bf16, f16, f64})
      for (const How &how : all)
        if (++number % (on_interpreter() ? 11 : 1) == 0)
          check_records(Operand({1, tokens}, dtype, device(),
                                Layout::contiguous, Values::reals, random)
                            .values(),
                        dtype, how, device());
}

// A row's draw does not depend on those beside it, nor on how many they are.
void check_rows(Device device, std::int64_t batch, std::int64_t tokens) {
  constexpr std::int64_t one_row = 1;
  auto random = random_engine();
  const std::vector<How> hows{{.top_p = 0.9}, {.min_p = 0.2}, {.top_k = 200}};
  for (DType dtype : {f32, bf16})
    for (const How &how : hows) {
      SCOPED_TRACE(text(tokens, dtype, how));
      const Operand logits({batch, tokens}, dtype, device, Layout::contiguous,
                           Values::reals, random);
      const Lane together = drawn_by_records(logits.array(), how, 7, 3);
      for (std::int64_t b = 0; b < batch; b += std::max(batch / 5, one_row)) {
        const Array row = logits.array().slice(0, b, b + 1);
        EXPECT_EQ(drawn_by_records(row, how, 7, 3)[0],
                  together[static_cast<std::size_t>(b)]);
        EXPECT_TRUE(may_draw(row.to_vector(), how, 7, 3,
                             together[static_cast<std::size_t>(b)]));
      }
    }
}

TEST_P(SampleTest, RecordsOfManyRows) {
  check_rows(device(), 5, on_interpreter() ? 300 : 5003);
  if (!on_interpreter())
    check_rows(device(), 1100, 300); // more than run at once
}

// Rows of which a part has more records than there is room for, and others.
TEST_P(SampleTest, RecordsOfSpecialRows) {
  const std::size_t tokens = on_interpreter() ? 150 : 5000;
  Lane opposed(tokens), equal(tokens, 2.5), few(tokens), masked(tokens, -1e30);
  for (std::size_t v = 0; v < tokens; ++v) {
    // The more noise a token has the less likely it is: all are records.
    opposed[v] = -0.5 * noise(7, 3, v);
    few[v] = static_cast<double>(v % 3);
    if (v % 7 == 0)
      masked[v] = 0.001 * static_cast<double>(v % 501);
  }
  Lane infinite(tokens, -inf);
  infinite[tokens / 2] = 1;
  infinite[tokens / 3] = nan;
  for (const How &how :
       {How{.top_k = 700}, How{.top_p = 0.6}, How{.top_k = 650, .top_p = 0.6},
        How{.top_p = 0.9, .min_p = 0.5}, How{}})
    for (const Lane &row : {opposed, equal, few, masked, infinite})
      check_records(row, f32, how, device());
}

// The first of five parts has more records than there is room for, and those of
// it that have no room are better than the last one of the row that is known. A
// token of another part beats all but the last few of those that have.
TEST_P(SampleTest, RecordsWithoutRoom) {
  if (on_interpreter())
    return;
  Lane row(5000), of_part;
  std::int64_t high = 0;
  std::size_t best = 32; // the most noise of the other parts
  for (std::size_t v = 0; v < row.size(); ++v) {
    const double own = noise(7, 3, v);
    const bool first = v / 32 % 5 == 0, is_high = !first && own < -1;
    high += is_high;
    row[v] = first ? -0.5 * own : is_high ? 1.2 : -50;
    if (first)
      of_part.push_back(own);
    else if (own > noise(7, 3, best))
      best = v;
  }
  std::ranges::sort(of_part, std::greater());
  row[best] = -0.5 * of_part[27] - 1e-4;
  for (std::int64_t more : {500, 600, 700})
    check_records(row, f32, {.top_k = high + more}, device());
}

// The last logit that top_k leaves is next to one that it does not, so that the
// search for their mass does not end, and top_p depends on it.
TEST_P(SampleTest, RecordsAndCloseLogits) {
  if (on_interpreter())
    return;
  const double levels[] = {4, 3, 2, std::nextafterf(2, 0), 0};
  Lane row(5000);
  for (std::size_t v = 0; v < row.size(); ++v)
    row[v] = levels[v % 5];
  for (std::int64_t seed = 0; seed < 60; ++seed)
    for (double top_p : {0.88, 0.93})
      check_records(row, f32, {.top_k = 2500, .top_p = top_p}, device(), seed);
}

TEST_P(SampleTest, Greedy) {
  const auto drawn = [&](const Lane &row) {
    const auto size = static_cast<std::int64_t>(row.size());
    return ops::sample(Array::from(row, {size}, f32, device()),
                       {.temperature = 0, .top_k = 7, .top_p = 0.5, .seed = 3})
        .to_vector()[0];
  };
  EXPECT_EQ(drawn({1, 3, 2, 3}), 1); // of equal ones the first
  EXPECT_EQ(drawn({-inf, -inf}), 0);
  EXPECT_EQ(drawn({nan, -2, -inf}), 1);
  EXPECT_EQ(drawn({0, inf, inf}), 1);
  Lane row(on_interpreter() ? 1100 : 70001, -5);
  row[1077] = row[1099] = 2;
  EXPECT_EQ(drawn(row), 1077);
}

TEST_P(SampleTest, SpecialValues) {
  const std::int64_t tokens = on_interpreter() ? 40 : 5000;
  for (const How &how : {How{}, How{.top_k = 3}, How{.top_p = 0.5},
                         How{.top_k = 20, .top_p = 0.9, .min_p = 0.1}}) {
    SCOPED_TRACE(text(tokens, f32, how));
    const auto drawn = [&](const Lane &row) {
      return ops::sample(Array::from(row, {tokens}, f32, device()),
                         numbers(how, 1, 2))
          .to_vector()[0];
    };
    Lane row(static_cast<std::size_t>(tokens), -inf);
    EXPECT_EQ(drawn(row), 0);
    row[1] = nan;
    EXPECT_EQ(drawn(row), 0);
    row[37] = -1000; // all but one
    EXPECT_EQ(drawn(row), 37);
    row[39] = inf;
    EXPECT_EQ(drawn(row), 39);
    // Equal logits, more than any part has candidates.
    EXPECT_TRUE(may_draw(Lane(row.size(), 2.5), how, 1, 2,
                         drawn(Lane(row.size(), 2.5))));
  }
}

// Requests differ in everything, and depend on nothing but themselves.
TEST_P(SampleTest, RequestsAreIndependent) {
  const std::int64_t tokens = on_interpreter() ? 33 : 3001;
  const std::vector<How> &all = ways();
  const auto batch = static_cast<std::int64_t>(all.size());
  auto random = random_engine();
  const Operand logits({batch, tokens}, bf16, device(), Layout::padded,
                       Values::reals, random);
  const auto column = [&](DType dtype, auto get) {
    Lane values;
    for (std::size_t i = 0; i < all.size(); ++i)
      values.push_back(static_cast<double>(get(all[i], i)));
    return Array::from(values, {batch}, dtype, device());
  };
  const Lane together =
      ops::sample(
          logits.array(),
          {column(f32, [](const How &h, std::size_t) { return h.temperature; }),
           column(i32, [](const How &h, std::size_t) { return h.top_k; }),
           column(f64, [](const How &h, std::size_t) { return h.top_p; }),
           column(f32, [](const How &h, std::size_t) { return h.min_p; }),
           column(i64, [](const How &, std::size_t i) { return 40 + i; }),
           column(i32, [](const How &, std::size_t i) { return 3 * i; })})
          .to_vector();
  for (std::int64_t b = 0; b < batch; ++b) {
    const auto at = static_cast<std::size_t>(b);
    if (on_interpreter() && b % 5 != 4)
      continue;
    EXPECT_EQ(ops::sample(logits.array().select(0, b),
                          numbers(all[at], 40 + b, 3 * b))
                  .to_vector()[0],
              together[at])
        << text(tokens, bf16, all[at]);
  }
}

TEST_P(SampleTest, Distribution) {
  if (on_interpreter())
    return;
  constexpr std::int64_t tokens = 57, draws = 20000;
  auto random = random_engine();
  const Operand row({1, tokens}, f32, device(), Layout::contiguous,
                    Values::reals, random);
  const Array logits =
      row.array().broadcast_to(std::array<std::int64_t, 2>{draws, tokens});
  Lane places(draws);
  std::iota(places.begin(), places.end(), 0);
  const Array positions = Array::from(places, {draws}, i64, device());
  for (const How &how : ways()) {
    SCOPED_TRACE(text(tokens, f32, how));
    ops::Sampling sampling = numbers(how, 12, 0);
    sampling.position = positions;
    Lane seen(tokens), expected(tokens);
    for (double token : ops::sample(logits, sampling).to_vector())
      ++seen[static_cast<std::size_t>(token)];
    const Kept kept = filtered(row.values(), how);
    double total = 0;
    for (std::size_t v = 0; v < expected.size(); ++v)
      total += expected[v] = kept.in[v] ? std::exp(kept.scaled[v]) : 0;
    for (double &each : expected)
      each *= draws / total;
    EXPECT_LE(chi_square_excess(seen, expected), 0);
  }
}

TEST(SampleErrorTest, NameTheArgument) {
  const auto has = [](auto call, const char *text) {
    std::string found = "no error";
    try {
      call();
    } catch (const RuntimeError &error) {
      found = error.what();
    }
    EXPECT_NE(found.find(text), std::string::npos) << found;
  };
  const Array x = Array::zeros({2, 3}, f32, host_device);
  const auto sized = [](std::int64_t n, DType dtype) {
    return Array::zeros({n}, dtype, host_device);
  };
  has([&] { ops::sample(Array::zeros({2, 3}, i64, host_device), {}); },
      "sample: logits cannot be i64");
  has([&] { ops::sample(Array::zeros({2, 0}, f32, host_device), {}); },
      "sample: logits must have 1 to");
  has([&] { ops::sample(Array::zeros({1, 2, 3}, f32, host_device), {}); },
      "sample: logits");
  has([&] { ops::sample(x, {.temperature = -1.0}); },
      "sample: temperature must be from 0 to inf, not -1");
  has([&] { ops::sample(x, {.top_p = 1.5}); }, "top_p must be from 0 to 1");
  has([&] { ops::sample(x, {.min_p = nan}); }, "min_p must be from 0 to 1");
  has([&] { ops::sample(x, {.top_k = 2.5}); }, "top_k must be an integer");
  has([&] { ops::sample(x, {.top_k = sized(2, f32)}); },
      "sample: top_k cannot be f32");
  has([&] { ops::sample(x, {.top_p = sized(3, f32)}); }, "sample: top_p");
  has([&] { ops::sample(x, {.seed = sized(2, f32)}); },
      "sample: seed cannot be f32");
}

} // namespace
} // namespace girih::testing
