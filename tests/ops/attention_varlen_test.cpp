// SPDX-License-Identifier: Apache-2.0
// Attention of sequences of differing lengths and of latents against the dense
// and the paged form of each sequence alone.
#include "attention_reference.h"

#include "girih/ops/attention.h"

#include <algorithm>
#include <numeric>

namespace girih::testing {
namespace {

class VarlenTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(VarlenTest);

struct Case {
  std::vector<std::int64_t> queries, keys; // of each sequence
  std::int64_t q_heads, heads, width, value_width;
  std::int64_t page = 16;
  bool causal = true;
  std::optional<std::int64_t> left{};
  double soft_cap = 0;
  bool extras = false; // slopes and sinks
};

std::size_t index(std::int64_t n) { return static_cast<std::size_t>(n); }

std::vector<double> offsets(const std::vector<std::int64_t> &lengths) {
  std::vector<double> out{0};
  for (std::int64_t each : lengths)
    out.push_back(out.back() + static_cast<double>(each));
  return out;
}

Array integers(const std::vector<double> &values, DType dtype, Device device) {
  return Array::from(values, {static_cast<std::int64_t>(values.size())}, dtype,
                     device);
}

// Rows [from, to) of x[T, H, D] as [1, H, to - from, D].
Array one_sequence(const Array &x, double from, double to) {
  return x
      .slice(0, static_cast<std::int64_t>(from), static_cast<std::int64_t>(to))
      .transpose(0, 1)
      .broadcast_to(std::vector<std::int64_t>{
          1, x.size(1), static_cast<std::int64_t>(to - from), x.size(2)});
}

// x[N, H, D] in pages, in random order, NaN where there is no key.
struct Pages {
  Array cache, table;
};
Pages in_pages(const Operand &x, const Case &c, std::int64_t width, DType dtype,
               Device device, const std::vector<std::int64_t> &order) {
  const auto sequences = static_cast<std::int64_t>(c.keys.size());
  const auto row = index(c.heads * width);
  const auto starts = offsets(c.keys);
  const std::int64_t longest =
      *std::max_element(c.keys.begin(), c.keys.end()) / c.page + 1;
  const auto pages = static_cast<std::int64_t>(order.size());
  std::vector<double> cache(index(pages * c.page) * row,
                            std::numeric_limits<double>::quiet_NaN()),
      table(index(sequences * longest), -1);
  const auto values = x.values();
  std::size_t taken = 0;
  for (std::size_t b = 0; b < c.keys.size(); ++b)
    for (std::int64_t j = 0; j < c.keys[b]; ++j) {
      double &page = table[b * index(longest) + index(j / c.page)];
      if (j % c.page == 0)
        page = static_cast<double>(order[taken++]);
      const auto place = static_cast<std::int64_t>(page) * c.page + j % c.page;
      std::copy_n(
          &values[(index(static_cast<std::int64_t>(starts[b])) + index(j)) *
                  row],
          row, &cache[index(place) * row]);
    }
  return {Array::from(cache, {pages, c.page, c.heads, width}, dtype, device),
          Array::from(table, {sequences, longest}, i32, device)};
}

// Both forms and the dense one are equal within two roundings; where sums are
// no more precise than results, within what sums in another order differ by.
::testing::AssertionResult near(const std::vector<double> &actual,
                                const std::vector<double> &expected,
                                DType dtype) {
  const Tolerance &row = tolerance(dtype);
  const double factor = bytes(dtype) > 2 ? 64 : 8;
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (!(std::abs(actual[i] - expected[i]) <=
          factor * row.output * (1 + std::abs(expected[i]))))
      return ::testing::AssertionFailure()
             << "element " << i << " is " << actual[i] << ", expected "
             << expected[i];
  return ::testing::AssertionSuccess();
}

// Where a sequence is computed alone: on the host instead of a GPU, as dense
// kernels differ from one length to the next and big ones take the assembler
// seconds.
Device alone(Device device) {
  return device.kind == Device::Kind::cuda ? host_device : device;
}

struct Arrays {
  Array q, k, v;
};

// Each sequence's rows of `out` against those of the dense form.
void expect_as_alone(const Case &c, const Arrays &given, const Array &out,
                     const ops::AttentionOptions &dense) {
  const auto q_starts = offsets(c.queries), k_starts = offsets(c.keys);
  for (std::size_t b = 0; b < c.queries.size(); ++b) {
    SCOPED_TRACE("sequence " + std::to_string(b));
    const Device device = alone(out.device());
    const auto of = [&](const Array &x, const std::vector<double> &starts) {
      return one_sequence(x, starts[b], starts[b + 1]).to(device);
    };
    const auto expected = ops::scaled_dot_product_attention(
                              of(given.q, q_starts), of(given.k, k_starts),
                              of(given.v, k_starts), dense)
                              .to_vector();
    EXPECT_TRUE(near(of(out, q_starts).to_vector(), expected, out.dtype()));
  }
}

void check(const Case &c, DType dtype, Device device) {
  auto random = random_engine();
  const auto q_starts = offsets(c.queries), k_starts = offsets(c.keys);
  const auto total = static_cast<std::int64_t>(q_starts.back()),
             keys = static_cast<std::int64_t>(k_starts.back());
  auto operand = [&](std::int64_t n, std::int64_t heads, std::int64_t width) {
    return Operand({n, heads, width}, dtype, device, Layout::padded,
                   Values::reals, random);
  };
  const Operand q = operand(total, c.q_heads, c.width),
                k = operand(keys, c.heads, c.width),
                v = operand(keys, c.heads, c.value_width);
  const Operand head({c.q_heads}, f32, device, Layout::contiguous,
                     Values::reals, random);
  ops::VarlenOptions options{
      .is_causal = c.causal, .window_left = c.left, .soft_cap = c.soft_cap};
  ops::AttentionOptions dense{.is_causal = c.causal,
                              .causal_variant = "lower_right",
                              .enable_gqa = true,
                              .window_left = c.left,
                              .soft_cap = c.soft_cap};
  if (c.extras) {
    options.alibi_slopes = options.sinks = head.array();
    dense.alibi_slopes = dense.sinks = head.array().to(alone(device));
  }
  const Array first = integers(q_starts, i64, device);
  const Operand out({total, c.q_heads, c.value_width}, dtype, device,
                    Layout::padded);
  ops::varlen_attention_out(q.array(), k.array(), v.array(), first,
                            integers(k_starts, i64, device), out.array(),
                            options);
  std::vector<std::int64_t> order(index(keys / c.page) + c.keys.size() + 1);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random);
  const Pages key_pages = in_pages(k, c, c.width, dtype, device, order),
              value_pages = in_pages(v, c, c.value_width, dtype, device, order);
  options.max_length = *std::max_element(c.queries.begin(), c.queries.end());
  const std::vector<double> lengths(c.keys.begin(), c.keys.end());
  const Operand paged({total, c.q_heads, c.value_width}, dtype, device,
                      Layout::contiguous);
  ops::paged_varlen_attention_out(
      q.array(), key_pages.cache, value_pages.cache, key_pages.table, first,
      integers(lengths, i64, device), paged.array(), options);
  const Arrays given{q.array(), k.array(), v.array()};
  for (const Array &each : {out.array(), paged.array()})
    expect_as_alone(c, given, each, dense);
  EXPECT_TRUE(out.untouched_outside());
  EXPECT_TRUE(paged.untouched_outside());
}

TEST_P(VarlenTest, AsEachSequenceAlone) {
  std::vector<Case> cases{
      {{3, 0, 5}, {3, 2, 9}, 2, 1, 8, 8, 4},
      {{2, 4}, {20, 4}, 2, 2, 8, 16, 16, true, 5},
      {{3, 2}, {1, 6}, 2, 2, 8, 8, 4, false, {}, 2.0, true},
  };
  if (!on_interpreter()) {
    cases.push_back({{130, 1, 64}, {200, 33, 64}, 4, 2, 64, 64});
    cases.push_back({{17, 70}, {300, 70}, 4, 1, 80, 96, 32});
    cases.push_back({{1, 1, 1}, {100, 31, 17}, 12, 2, 128, 128, 16, true, 20});
  }
  for (DType dtype : {f32, bf16})
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (dtype == f32 && i == 4)
        continue; // half of the time is compilation
      SCOPED_TRACE(std::string(girih::name(dtype)) + " case " +
                   std::to_string(i));
      check(cases[i], dtype, device());
    }
}

// Chunks of a prompt against the prompt at once.
TEST_P(VarlenTest, Chunks) {
  const std::int64_t length = on_interpreter() ? 12 : 150;
  auto random = random_engine();
  const Operand q({length, 2, 16}, f32, device(), Layout::contiguous,
                  Values::reals, random);
  const Case c{{length}, {length}, 2, 1, 16, 16};
  const Operand k({length, 1, 16}, f32, device(), Layout::contiguous,
                  Values::reals, random);
  std::vector<std::int64_t> order(index(length / 16) + 2);
  std::iota(order.rbegin(), order.rend(), 0);
  const Pages pages = in_pages(k, c, 16, f32, device(), order);
  auto prefilled = [&](std::int64_t from, std::int64_t to) {
    return ops::paged_varlen_attention(
               q.array().slice(0, from, to), pages.cache, pages.cache,
               pages.table,
               integers({0, static_cast<double>(to - from)}, i32, device()),
               integers({static_cast<double>(to)}, i32, device()))
        .to_vector();
  };
  const auto at_once = prefilled(0, length);
  for (std::int64_t chunk : {7, 64}) {
    std::vector<double> all;
    for (std::int64_t from = 0; from < length; from += chunk) {
      const auto part = prefilled(from, std::min(from + chunk, length));
      all.insert(all.end(), part.begin(), part.end());
    }
    EXPECT_TRUE(near(all, at_once, f32));
  }
}

TEST_P(VarlenTest, Latent) {
  struct Sizes {
    std::int64_t heads, latent, rope, page;
    std::vector<double> lengths;
  };
  std::vector<Sizes> cases{{3, 16, 8, 4, {9, 0, 4}}};
  if (!on_interpreter())
    cases.push_back({20, 512, 64, 16, {300, 1, 33}});
  for (const Sizes &s : cases)
    for (DType dtype : {f32, bf16}) {
      auto random = random_engine();
      const Operand latent({3, s.heads, s.latent}, dtype, device(),
                           Layout::padded, Values::reals, random);
      const Operand rope({3, s.heads, s.rope}, dtype, device(),
                         Layout::contiguous, Values::reals, random);
      const auto pages = static_cast<std::int64_t>(s.lengths[0]) / s.page + 1;
      const Operand cache({pages, s.page, s.latent + s.rope}, dtype, device(),
                          Layout::contiguous, Values::reals, random);
      std::vector<double> table(index(3 * pages));
      for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = static_cast<double>(i % index(pages));
      const Array pages_of = Array::from(table, {3, pages}, i32, device());
      const Operand out({3, s.heads, s.latent}, dtype, device(),
                        Layout::padded);
      ops::latent_attention_out(latent.array(), rope.array(), cache.array(),
                                pages_of, integers(s.lengths, i32, device()),
                                0.1, out.array());
      const auto a = latent.values(), r = rope.values(), x = cache.values(),
                 actual = out.values();
      const std::size_t width = index(s.latent), turned = index(s.rope);
      for (std::size_t at = 0; at < index(3 * s.heads); ++at) {
        const auto keys =
            static_cast<std::size_t>(s.lengths[at / index(s.heads)]);
        std::vector<double> scores;
        double error = 0;
        for (std::size_t j = 0; j < keys; ++j) {
          double score = 0, absolute = 0;
          for (std::size_t d = 0; d < width + turned; ++d) {
            const double term =
                0.1 * x[j * (width + turned) + d] *
                (d < width ? a[at * width + d] : r[at * turned + d - width]);
            score += term;
            absolute += std::abs(term);
          }
          error = std::max(
              error, score_bound(dtype, s.latent + s.rope, absolute, score));
          scores.push_back(score);
        }
        const AttendedRow row =
            attended(scores, width, [&](std::size_t j, std::size_t d) {
              return x[j * (width + turned) + d];
            });
        ASSERT_TRUE(within_bounds(&actual[at * width], row, dtype,
                                  static_cast<std::int64_t>(keys), error))
            << "row " << at;
      }
      EXPECT_TRUE(out.untouched_outside());
    }
}

TEST_P(VarlenTest, Errors) {
  const Array q = Array::zeros({5, 2, 8}, f32, device()),
              two = Array::zeros({2}, i32, device()),
              three = Array::zeros({3}, i32, device());
  expect_failure(
      ErrorId::shape, [&] { ops::varlen_attention(q, q, q, two, three); },
      "k_offsets");
  expect_failure(
      ErrorId::argument,
      [&] {
        const Array none = Array::zeros({0}, i32, device());
        ops::varlen_attention(q, q, q, none, none);
      },
      "one element more than there are sequences");
  expect_failure(
      ErrorId::shape,
      [&] {
        ops::latent_attention(q, q, Array::zeros({3, 4, 15}, f32, device()),
                              Array::zeros({5, 1}, i32, device()),
                              Array::zeros({5}, i32, device()), 1);
      },
      "cache");
}

} // namespace
} // namespace girih::testing
