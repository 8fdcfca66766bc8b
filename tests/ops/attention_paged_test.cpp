// SPDX-License-Identifier: Apache-2.0
#include "attention_reference.h"

#include "girih/ops/attention.h"

#include <algorithm>
#include <numeric>

namespace girih::testing {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

class PagedTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(PagedTest);

struct Case {
  std::vector<std::int64_t> lengths;
  std::int64_t q_heads, heads, width, value_width;
  std::int64_t page = 16;
  std::int64_t window = 0;
  double soft_cap = 0;
  bool sinks = false;
  Layout layout = Layout::contiguous;
};

std::size_t index(std::int64_t n) { return static_cast<std::size_t>(n); }

// A cache whose places without a key are NaN, the pages of sequences in random
// order, and keys and values by sequence: [b][(j, h, d)].
struct Paged {
  Array keys, values, table, lengths;
  std::vector<std::vector<double>> key, value;
};

std::vector<double> drawn(std::int64_t count, DType dtype, Values values,
                          std::mt19937_64 &random) {
  std::vector<double> out(index(count));
  std::normal_distribution<double> normal;
  std::uniform_int_distribution<int> whole(-2, 2);
  for (double &each : out)
    each = values == Values::integers ? whole(random) : normal(random);
  return rounded(out, dtype);
}

Paged make_paged(const Case &c, DType dtype, Device device, Values values,
                 std::mt19937_64 &random) {
  const auto sequences = static_cast<std::int64_t>(c.lengths.size());
  std::int64_t longest = 1;
  for (std::int64_t each : c.lengths)
    longest = std::max(longest, (each + c.page - 1) / c.page);
  const std::int64_t pages = sequences * longest + 2;
  std::vector<std::int64_t> order(index(pages));
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random);
  std::vector<double> k(index(pages * c.page * c.heads * c.width), nan),
      v(index(pages * c.page * c.heads * c.value_width), nan);
  std::vector<double> table(index(sequences * longest), -1);
  Paged out;
  std::size_t taken = 0;
  for (std::size_t b = 0; b < c.lengths.size(); ++b) {
    const std::int64_t length = c.lengths[b];
    out.key.push_back(drawn(length * c.heads * c.width, dtype, values, random));
    out.value.push_back(
        drawn(length * c.heads * c.value_width, dtype, values, random));
    for (std::int64_t j = 0; j < length; ++j) {
      if (j % c.page == 0)
        table[b * index(longest) + index(j / c.page)] =
            static_cast<double>(order[taken++]);
      const auto place = static_cast<std::int64_t>(
                             table[b * index(longest) + index(j / c.page)]) *
                             c.page +
                         j % c.page;
      std::copy_n(&out.key[b][index(j * c.heads * c.width)], c.heads * c.width,
                  &k[index(place * c.heads * c.width)]);
      std::copy_n(&out.value[b][index(j * c.heads * c.value_width)],
                  c.heads * c.value_width,
                  &v[index(place * c.heads * c.value_width)]);
    }
  }
  out.keys = Array::from(k, {pages, c.page, c.heads, c.width}, dtype, device);
  out.values =
      Array::from(v, {pages, c.page, c.heads, c.value_width}, dtype, device);
  out.table = Array::from(table, {sequences, longest}, i32, device);
  const std::vector<double> lengths(c.lengths.begin(), c.lengths.end());
  out.lengths = Array::from(lengths, {sequences}, i64, device);
  return out;
}

// Attention of one query head of sequence b in f64; `error` is that of scores.
AttendedRow expected_row(const Case &c, const Paged &paged, std::size_t b,
                         std::int64_t h, const double *query, double sink,
                         DType dtype, double &error) {
  const double scale = 1 / std::sqrt(static_cast<double>(c.width));
  const std::int64_t kv = h / (c.q_heads / c.heads);
  std::vector<double> scores;
  for (std::int64_t j = 0; j < c.lengths[b]; ++j) {
    double score = 0, absolute = 0;
    for (std::int64_t d = 0; d < c.width; ++d) {
      const double term =
          query[d] * paged.key[b][index((j * c.heads + kv) * c.width + d)] *
          scale;
      score += term;
      absolute += std::abs(term);
    }
    if (c.soft_cap > 0)
      score = c.soft_cap * std::tanh(score / c.soft_cap);
    error = std::max(error, score_bound(dtype, c.width, absolute, score));
    const bool seen = c.window == 0 || j >= c.lengths[b] - c.window;
    scores.push_back(seen ? score : -infinity);
  }
  return attended(
      scores, index(c.value_width),
      [&](std::size_t j, std::size_t d) {
        return paged
            .value[b]
                  [(j * index(c.heads) + index(kv)) * index(c.value_width) + d];
      },
      sink);
}

void check(const Case &c, DType dtype, Device device) {
  SCOPED_TRACE(std::string(girih::name(dtype)) + " Hq " +
               std::to_string(c.q_heads) + " H " + std::to_string(c.heads) +
               " D " + std::to_string(c.width) + " page " +
               std::to_string(c.page) + " window " + std::to_string(c.window));
  auto random = random_engine();
  const Paged paged = make_paged(c, dtype, device, Values::reals, random);
  const auto sequences = static_cast<std::int64_t>(c.lengths.size());
  const Operand q({sequences, c.q_heads, c.width}, dtype, device, c.layout,
                  Values::reals, random);
  const Operand out({sequences, c.q_heads, c.value_width}, dtype, device,
                    c.layout);
  ops::PagedOptions options;
  options.window = c.window;
  options.soft_cap = c.soft_cap;
  const auto sinks = drawn(c.q_heads, f32, Values::reals, random);
  if (c.sinks)
    options.sinks = Array::from(sinks, {c.q_heads}, f32, device);
  ops::paged_attention_out(q.array(), paged.keys, paged.values, paged.table,
                           paged.lengths, out.array(), options);
  const auto query = q.values(), actual = out.values();
  for (std::size_t b = 0; b < c.lengths.size(); ++b)
    for (std::size_t h = 0; h < index(c.q_heads); ++h) {
      const std::size_t at = b * index(c.q_heads) + h;
      double error = 0;
      const AttendedRow row =
          expected_row(c, paged, b, static_cast<std::int64_t>(h),
                       &query[at * index(c.width)],
                       c.sinks ? sinks[h] : -infinity, dtype, error);
      EXPECT_TRUE(within_bounds(&actual[at * index(c.value_width)], row, dtype,
                                c.lengths[b], error))
          << "b " << b << " h " << h;
    }
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(PagedTest, Decode) {
  std::vector<Case> cases{
      {{5, 0, 16, 17}, 4, 2, 16, 16},
      {{33, 1}, 3, 1, 8, 24, 8},
      {{20}, 2, 2, 16, 16, 16, 0, 0, false, Layout::padded},
      {{40, 7}, 4, 2, 16, 16, 4, 9},
      {{40, 7, 0}, 2, 1, 16, 16, 16, 16, 2.0, true},
  };
  // One program without splits: split on every device.
  cases.push_back({{300}, 2, 1, 8, 8});
  if (!on_interpreter()) {
    cases.push_back({{900}, 4, 1, 64, 64, 16, 600, 0, true});
    cases.push_back({{515, 64, 100}, 12, 2, 128, 128});
    cases.push_back({{130, 300}, 8, 8, 80, 96, 32});
    cases.push_back({{257}, 40, 1, 64, 64, 128});
    cases.push_back({{1000, 3}, 6, 2, 192, 128, 16, 100, 0, true});
    cases.push_back({{96}, 4, 4, 256, 256, 16, 0, 30.0});
    cases.push_back({{4100, 31, 0, 1300}, 12, 2, 128, 128});
  }
  for (DType dtype : {f32, bf16})
    for (const Case &c : cases)
      check(c, dtype, device());
  check(cases.front(), f64, device());
  check(cases.back(), f16, device());
}

// Equal scores and whole values: sums of powers of two of keys are exact.
TEST_P(PagedTest, Exact) {
  for (DType dtype : {f32, bf16, f16}) {
    const Case c{{64, 8, 128}, 4, 2, 16, 16};
    auto random = random_engine();
    const Paged paged =
        make_paged(c, dtype, device(), Values::integers, random);
    const Array q = Array::zeros({3, 4, 16}, dtype, device());
    const auto out = ops::paged_attention(q, paged.keys, paged.values,
                                          paged.table, paged.lengths)
                         .to_vector();
    std::vector<double> expected;
    for (std::size_t b = 0; b < 3; ++b)
      for (std::size_t h = 0; h < 4; ++h)
        for (std::size_t d = 0; d < 16; ++d) {
          double sum = 0;
          for (std::size_t j = 0; j < index(c.lengths[b]); ++j)
            sum += paged.value[b][(j * 2 + h / 2) * 16 + d];
          expected.push_back(sum / static_cast<double>(c.lengths[b]));
        }
    EXPECT_TRUE(same_values(out, rounded(expected, dtype)));
  }
}

// The place in the cache of the last key of sequence b, or -1.
std::vector<double> last_places(const Case &c, const Paged &paged) {
  const std::vector<double> table = paged.table.to_vector();
  const std::size_t pages = index(paged.table.size(1));
  std::vector<double> places;
  for (std::size_t b = 0; b < c.lengths.size(); ++b) {
    const std::int64_t last = c.lengths[b] - 1;
    const double page = last < 0 ? 0 : table[b * pages + index(last / c.page)];
    places.push_back(last < 0 ? -1
                              : page * static_cast<double>(c.page) +
                                    static_cast<double>(last % c.page));
  }
  return places;
}

// `cache` with a row at each of the places that there are.
std::vector<double> with_rows(const Array &cache,
                              const std::vector<double> &places,
                              const std::vector<double> &rows) {
  std::vector<double> all = cache.to_vector();
  const std::size_t row = rows.size() / places.size();
  for (std::size_t b = 0; b < places.size(); ++b)
    if (places[b] >= 0)
      std::copy_n(&rows[b * row], row,
                  &all[static_cast<std::size_t>(places[b]) * row]);
  return all;
}

struct Step {
  std::int64_t rotary;
  bool interleaved;
};

// One call, and what is expected of it. NaN is where keys and values of the
// tokens go in the cache, so that they cannot come from there.
struct StepCall {
  Operand q, k, v, out;
  Array cosines, sines, slots, keys, values;
  std::vector<double> query, key, keys_then, values_then;
};

StepCall make_step(const Case &c, const Step &step, const Paged &paged,
                   DType dtype, Device device, std::mt19937_64 &random) {
  const auto sequences = static_cast<std::int64_t>(c.lengths.size());
  const auto rows = [&](std::int64_t heads, std::int64_t width) {
    return Operand({sequences, heads, width}, dtype, device, c.layout,
                   Values::reals, random);
  };
  StepCall call{
      rows(c.q_heads, c.width),
      rows(c.heads, c.width),
      rows(c.heads, c.value_width),
      Operand({sequences, c.q_heads, c.value_width}, dtype, device, c.layout),
      {},
      {},
      {},
      {},
      {},
      {},
      {},
      {},
      {}};
  std::vector<double> positions;
  for (std::int64_t b = 0; b < sequences; ++b)
    positions.push_back(static_cast<double>(random() % 5000));
  const auto made = ops::rotary_frequencies(step.rotary, 1e4);
  const std::vector<double> turning(made.values.begin(), made.values.end());
  const auto tables = ops::rotary_tables(
      Array::from(positions, {sequences}, i64, device),
      Array::from(turning, {step.rotary / 2}, f32, device), 1.25);
  call.cosines = tables[0];
  call.sines = tables[1];
  const auto turned = [&](const Operand &x, std::int64_t heads) {
    const Array flat =
        Array::from(x.values(), {1, sequences, heads, c.width}, dtype, device);
    return ops::rotary_position_embedding(flat, call.cosines, call.sines,
                                          step.interleaved)
        .to_vector();
  };
  call.query = turned(call.q, c.q_heads);
  call.key = turned(call.k, c.heads);
  const std::vector<double> places = last_places(c, paged);
  call.slots = Array::from(places, {sequences}, i64, device);
  const auto poisoned = [&](const Array &cache, std::size_t numbers) {
    return Array::from(
        with_rows(cache, places, std::vector<double>(numbers, nan)),
        cache.shape(), dtype, device);
  };
  const auto value = call.v.values();
  call.keys = poisoned(paged.keys, call.key.size());
  call.values = poisoned(paged.values, value.size());
  call.keys_then = with_rows(call.keys, places, call.key);
  call.values_then = with_rows(call.values, places, value);
  return call;
}

void check_step(const Case &c, const Step &step, DType dtype, Device device) {
  SCOPED_TRACE(
      std::string(girih::name(dtype)) + " Hq " + std::to_string(c.q_heads) +
      " H " + std::to_string(c.heads) + " D " + std::to_string(c.width) +
      " rotary " + std::to_string(step.rotary) + " window " +
      std::to_string(c.window) + (step.interleaved ? " interleaved" : ""));
  auto random = random_engine();
  Paged paged = make_paged(c, dtype, device, Values::reals, random);
  const StepCall call = make_step(c, step, paged, dtype, device, random);
  ops::RopePagedOptions options;
  options.window = c.window;
  options.soft_cap = c.soft_cap;
  options.interleaved = step.interleaved;
  ops::rope_paged_attention_out(
      {call.q.array(), call.k.array(), call.v.array(), call.cosines, call.sines,
       call.slots, call.keys, call.values, paged.table, paged.lengths},
      call.out.array(), options);
  EXPECT_TRUE(same_values(call.keys.to_vector(), call.keys_then));
  EXPECT_TRUE(same_values(call.values.to_vector(), call.values_then));
  EXPECT_TRUE(call.out.untouched_outside());
  const auto value = call.v.values(), actual = call.out.values();
  const std::size_t key_row = index(c.heads * c.width),
                    value_row = index(c.heads * c.value_width);
  for (std::size_t b = 0; b < c.lengths.size(); ++b) {
    if (c.lengths[b] > 0) {
      const std::size_t last = index(c.lengths[b] - 1);
      std::copy_n(&call.key[b * key_row], key_row,
                  &paged.key[b][last * key_row]);
      std::copy_n(&value[b * value_row], value_row,
                  &paged.value[b][last * value_row]);
    }
    for (std::size_t h = 0; h < index(c.q_heads); ++h) {
      const std::size_t at = b * index(c.q_heads) + h;
      double error = 0;
      const AttendedRow row = expected_row(
          c, paged, b, static_cast<std::int64_t>(h),
          &call.query[at * index(c.width)], -infinity, dtype, error);
      EXPECT_TRUE(within_bounds(&actual[at * index(c.value_width)], row, dtype,
                                c.lengths[b], error))
          << "b " << b << " h " << h;
    }
  }
}

TEST_P(PagedTest, StepOfDecoding) {
  std::vector<Case> cases{
      {{5, 0, 16, 17, 1}, 4, 2, 16, 16},
      {{20, 33}, 2, 2, 16, 24, 8, 0, 0, false, Layout::padded},
      {{40, 7, 16}, 4, 2, 16, 16, 4, 9, 2.0},
      {{300}, 2, 1, 16, 16},
  };
  if (!on_interpreter()) {
    cases.push_back({{515, 64, 100, 1}, 12, 2, 128, 128});
    cases.push_back({{900, 30}, 4, 1, 64, 64, 16, 600});
    cases.push_back({{257}, 40, 1, 64, 64, 128});
    cases.push_back({{97, 1}, 4, 4, 256, 256, 32, 1, 30.0});
  }
  for (DType dtype : {f32, bf16})
    for (const Case &c : cases)
      for (bool interleaved : {false, true})
        check_step(c, {c.width, interleaved}, dtype, device());
  // As two launches: not all of a head is turned, or heads of another size.
  check_step(cases.front(), {8, false}, f32, device());
  check_step({{5, 0, 17}, 4, 2, 24, 16}, {24, true}, bf16, device());
  check_step(cases.front(), {16, false}, f64, device());
  check_step(cases.back(), {cases.back().width, false}, f16, device());
}

// Short and long parts, parts without keys, and as many sequences as are not
// split.
TEST_P(PagedTest, StepOfDecodingManyKeys) {
  if (on_interpreter())
    GTEST_SKIP() << "it takes long";
  const Case one{{4100, 31, 700, 0}, 12, 2, 128, 128};
  check_step(one, {128, false}, bf16, device());
  check_step(one, {128, false}, f32, device());
  check_step({{3000, 900}, 40, 1, 64, 64, 32, 2000}, {64, false}, bf16,
             device());
  Case many{{}, 8, 8, 64, 64};
  for (std::int64_t b = 0; b < 34; ++b)
    many.lengths.push_back(b * 7);
  check_step(many, {64, true}, bf16, device());
}

TEST_P(PagedTest, RotaryTables) {
  std::vector<double> places{0, 7, 131071, 4, 262143};
  while (places.size() < 70) // more than a tile, and not a whole number of them
    places.push_back(static_cast<double>(places.size()) * 1877);
  const auto count = static_cast<std::int64_t>(places.size());
  const auto made = ops::rotary_frequencies(48, 1e4);
  const std::vector<double> turning(made.values.begin(), made.values.end());
  for (DType dtype : {i64, i32}) {
    const auto [cosines, sines] =
        ops::rotary_tables(Array::from(places, {count}, dtype, device()),
                           Array::from(turning, {24}, f32, device()), 1.5);
    const auto cosine = cosines.to_vector(), sine = sines.to_vector();
    for (std::size_t t = 0; t < places.size(); ++t)
      for (std::size_t p = 0; p < 24; ++p) {
        const double angle =
            static_cast<float>(places[t]) * static_cast<float>(turning[p]);
        EXPECT_NEAR(cosine[t * 24 + p], 1.5 * std::cos(angle), 5e-7);
        EXPECT_NEAR(sine[t * 24 + p], 1.5 * std::sin(angle), 5e-7);
      }
  }
}

TEST_P(PagedTest, StepErrors) {
  const Array q = Array::zeros({2, 4, 16}, f32, device()),
              k = Array::zeros({2, 2, 16}, f32, device()),
              cache = Array::zeros({3, 4, 2, 16}, f32, device()),
              other = Array::zeros({3, 4, 2, 16}, f32, device()),
              table = Array::zeros({2, 3}, i32, device()),
              numbers = Array::zeros({2}, i64, device()),
              turning = Array::zeros({2, 8}, f32, device());
  const auto call = [&](const Array &slots, const Array &lengths,
                        const Array &values) {
    ops::rope_paged_attention(
        {q, k, k, turning, turning, slots, cache, values, table, lengths});
  };
  const Array three = Array::zeros({3}, i64, device());
  expect_failure(ErrorId::shape, [&] { call(three, numbers, other); }, "slots");
  expect_failure(
      ErrorId::shape, [&] { call(numbers, three, other); }, "lengths");
  expect_failure(
      ErrorId::overlap, [&] { call(numbers, numbers, cache); }, "value_cache");
}

// Lengths beyond the table, and pages that are none.
TEST_P(PagedTest, OutOfRange) {
  if (on_interpreter())
    GTEST_SKIP() << "an error of the page under GIRIH_DEBUG=bounds";
  const std::vector<double> ones(2 * 4 * 8, 1);
  const Array cache = Array::from(ones, {2, 4, 1, 8}, f32, device());
  const Array q = Array::zeros({2, 1, 8}, f32, device());
  const std::vector<double> pages{1, 0, -7, 99}, lengths{99, 8};
  const auto out = ops::paged_attention(
      q, cache, cache, Array::from(pages, {2, 2}, i64, device()),
      Array::from(lengths, {2}, i32, device()));
  const auto values = out.to_vector();
  for (std::size_t i = 0; i < 16; ++i)
    EXPECT_EQ(values[i], i < 8 ? 1 : 0);
}

TEST_P(PagedTest, Errors) {
  const Array q = Array::zeros({2, 4, 16}, f32, device()),
              cache = Array::zeros({3, 4, 2, 16}, f32, device()),
              table = Array::zeros({2, 3}, i32, device()),
              lengths = Array::zeros({2}, i32, device());
  expect_failure(
      ErrorId::shape,
      [&] {
        ops::paged_attention(Array::zeros({2, 3, 16}, f32, device()), cache,
                             cache, table, lengths);
      },
      "the heads of q must be a multiple of those of key_cache");
  expect_failure(
      ErrorId::shape,
      [&] {
        ops::paged_attention(q, cache, cache, table,
                             Array::zeros({3}, i32, device()));
      },
      "lengths");
  expect_failure(
      ErrorId::dtype,
      [&] {
        ops::paged_attention(q, cache, cache,
                             Array::zeros({2, 3}, f32, device()), lengths);
      },
      "block_table");
  expect_failure(
      ErrorId::argument,
      [&] {
        ops::PagedOptions options;
        options.window = -1;
        ops::paged_attention(q, cache, cache, table, lengths, options);
      },
      "window must not be negative");
  expect_failure(
      ErrorId::dtype,
      [&] {
        ops::paged_attention(Array::zeros({2, 4, 16}, bf16, device()), cache,
                             cache, table, lengths);
      },
      "paged_attention: q");
}

class CacheTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(CacheTest);

// Rows of `x` where the slots say, NaN elsewhere.
std::vector<double> written(const std::vector<double> &x,
                            const std::vector<double> &slots,
                            std::size_t places, std::size_t row) {
  std::vector<double> out(places * row, nan);
  for (std::size_t t = 0; t < slots.size(); ++t)
    if (slots[t] >= 0 && slots[t] < static_cast<double>(places))
      std::copy_n(&x[t * row], row, &out[index(std::int64_t(slots[t])) * row]);
  return out;
}

TEST_P(CacheTest, Write) {
  const std::vector<double> slots{17, -1, 3, 15, 16, 31, 999, 0, -40};
  for (DType dtype : {f32, bf16, f16, f64})
    for (std::int64_t page : {16, 4})
      for (DType slot : {i64, i32}) {
        auto random = random_engine();
        const Operand k({9, 3, 20}, dtype, device(), Layout::padded,
                        Values::reals, random);
        const Operand v({9, 3, 16}, dtype, device(), Layout::contiguous,
                        Values::reals, random);
        const std::vector<double> empty(index(32 * 3 * 20), nan);
        const Array keys =
            Array::from(empty, {32 / page, page, 3, 20}, dtype, device());
        const Array values =
            Array::from(std::span(empty).first(32 * 3 * 16),
                        {32 / page, page, 3, 16}, dtype, device());
        ops::kv_cache_write(k.array(), v.array(),
                            Array::from(slots, {9}, slot, device()), keys,
                            values);
        EXPECT_TRUE(
            same_values(keys.to_vector(), written(k.values(), slots, 32, 60)));
        EXPECT_TRUE(same_values(values.to_vector(),
                                written(v.values(), slots, 32, 48)));
      }
}

// The fused form against its parts, bit for bit.
TEST_P(CacheTest, RopeWrite) {
  const std::vector<double> slots{17, -1, 3, 15, 16};
  const std::vector<double> places{0, 5, 1000, 7, 131071};
  for (DType dtype : {f32, bf16})
    for (bool interleaved : {false, true})
      for (std::int64_t rotary : {24, 16, 0}) {
        if (on_interpreter() && dtype == bf16)
          continue;
        SCOPED_TRACE(rotary);
        auto random = random_engine();
        const Operand q({5, 6, 24}, dtype, device(), Layout::padded,
                        Values::reals, random);
        const Operand k({5, 2, 24}, dtype, device(), Layout::contiguous,
                        Values::reals, random);
        const Operand v({5, 2, 16}, dtype, device(), Layout::contiguous,
                        Values::reals, random);
        const auto made = ops::rotary_frequencies(rotary, 1e4);
        const std::vector<double> numbers(made.values.begin(),
                                          made.values.end());
        const Array frequencies =
            Array::from(numbers, {rotary / 2}, f32, device());
        const Array positions = Array::from(places, {5}, i64, device());
        const std::vector<double> empty(index(32 * 2 * 24), nan);
        const Array keys = Array::from(empty, {2, 16, 2, 24}, dtype, device());
        const Array values = Array::from(std::span(empty).first(32 * 2 * 16),
                                         {2, 16, 2, 16}, dtype, device());
        const Operand out({5, 6, 24}, dtype, device(), Layout::shifted);
        ops::rope_kv_write_out(q.array(), k.array(), v.array(), positions,
                               frequencies,
                               Array::from(slots, {5}, i32, device()), keys,
                               values, out.array(), interleaved, 1.25);
        auto turned = [&](const Operand &x, std::int64_t heads) {
          Array flat =
              Array::from(x.values(), {1, 5, heads, 24}, dtype, device());
          return ops::rotary_embedding_at(flat, positions, frequencies,
                                          interleaved, 1.25)
              .to_vector();
        };
        EXPECT_TRUE(same_values(out.values(), turned(q, 6)));
        EXPECT_TRUE(same_values(keys.to_vector(),
                                written(turned(k, 2), slots, 32, 48)));
        EXPECT_TRUE(same_values(values.to_vector(),
                                written(v.values(), slots, 32, 32)));
        EXPECT_TRUE(out.untouched_outside());
      }
}

TEST_P(CacheTest, Errors) {
  const Array k = Array::zeros({5, 2, 8}, f32, device()),
              cache = Array::zeros({3, 4, 2, 8}, f32, device());
  expect_failure(
      ErrorId::shape,
      [&] {
        ops::kv_cache_write(k, k, Array::zeros({4}, i32, device()), cache,
                            cache);
      },
      "slots");
  expect_failure(
      ErrorId::dtype,
      [&] {
        ops::kv_cache_write(k, k, Array::zeros({5}, f32, device()), cache,
                            cache);
      },
      "slots");
}

} // namespace
} // namespace girih::testing
