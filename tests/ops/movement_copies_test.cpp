// SPDX-License-Identifier: Apache-2.0
// Operators each of whose elements is one of x, or 0: where from, by a table.
#include "movement_reference.h"

#include "girih/ops/ops.h"

#include <algorithm>
#include <numeric>

namespace girih::testing {
namespace {

class CopiesTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(CopiesTest);

// Every width, and every kind of dtype.
constexpr DType every[] = {f64, f32, f16, bf16, i64,  i32,
                           i16, i8,  u8,  b1,   e4m3, e5m2};

constexpr DType one_of_each[] = {f64, f32, bf16, i8};
constexpr std::span<const DType> widths = one_of_each;

struct Case {
  const char *name;
  Place from, to;
  std::function<std::optional<Place>(const Place &)> source;
  std::function<void(const Array &, const Array &)> into;
  std::function<Array(const Array &)> made;
  bool large = false; // too much for the interpreter
};

std::int64_t wrapped(std::int64_t at, std::int64_t size) {
  return (at % size + size) % size;
}

Place same(const Place &at) { return at; }

void add_copies(std::vector<Case> &all) {
  const auto add = [&](Place shape, bool large = false) {
    all.push_back({"rearrange", shape, shape, same,
                   [](auto &x, auto &out) { ops::rearrange_out(x, out); },
                   [](auto &x) { return ops::rearrange(x); }, large});
  };
  for (const Place &shape :
       {Place{}, Place{1}, Place{0}, Place{3, 0}, Place{7, 5}, Place{17, 33},
        Place{2, 3, 4, 5}, Place{1, 9, 1, 3}, Place{2, 1, 2, 2, 1, 2, 2, 3}})
    add(shape);
  for (const Place &shape :
       {Place{129, 257}, Place{64, 64}, Place{3, 65, 130}, Place{5000}})
    add(shape, true);
  all.push_back(
      {"select_copy",
       {3, 4, 5},
       {3, 5},
       [](const Place &at) { return Place{at[0], 2, at[1]}; },
       [](auto &x, auto &out) { ops::select_copy_out(x, 1, -2, out); },
       [](auto &x) { return ops::select_copy(x, 1, 2); }});
}

void add_turns(std::vector<Case> &all) {
  all.push_back(
      {"flip",
       {4, 3, 37},
       {4, 3, 37},
       [](const Place &at) { return Place{3 - at[0], at[1], 36 - at[2]}; },
       [](auto &x, auto &out) { ops::flip_out(x, {0, -1}, out); },
       [](auto &x) { return ops::flip(x, {2, 0}); }});
  all.push_back({"flip rows",
                 {65, 256},
                 {65, 256},
                 [](const Place &at) { return Place{at[0], 255 - at[1]}; },
                 [](auto &x, auto &out) { ops::flip_out(x, {1}, out); },
                 [](auto &x) { return ops::flip(x, {1}); },
                 true});
  all.push_back({"flip nothing",
                 {3, 4},
                 {3, 4},
                 same,
                 [](auto &x, auto &out) { ops::flip_out(x, {}, out); },
                 [](auto &x) { return ops::flip(x, {}); }});
  for (const std::int64_t k : {-3, -1, 0, 1, 2, 3, 6}) {
    const bool exchanged = k % 2 != 0;
    const Place from{5, 2, 9}, to = exchanged ? Place{9, 2, 5} : from;
    all.push_back(
        {"rot90", from, to,
         [=](const Place &at) {
           // One turn at a time: out[i, j] = in[j, n - 1 - i].
           std::int64_t i = at[0], j = at[2];
           std::int64_t rows = to[0], columns = to[2];
           for (std::int64_t turn = 0; turn < wrapped(k, 4); ++turn) {
             std::swap(rows, columns);
             const std::int64_t row = j;
             j = columns - 1 - i;
             i = row;
           }
           return Place{i, at[1], j};
         },
         [=](auto &x, auto &out) { ops::rot90_out(x, out, k, {0, 2}); },
         [=](auto &x) { return ops::rot90(x, k, {0, -1}); }});
  }
}

void add_rolls(std::vector<Case> &all) {
  for (const auto &[rows, columns] :
       {std::pair<std::int64_t, std::int64_t>{1, 0},
        {0, -3},
        {-2, 5},
        {100, 1000},
        {0, 0}})
    all.push_back({"roll",
                   {5, 2, 33},
                   {5, 2, 33},
                   [=](const Place &at) {
                     return Place{wrapped(at[0] - rows, 5), at[1],
                                  wrapped(at[2] - columns, 33)};
                   },
                   [=](auto &x, auto &out) {
                     ops::roll_out(x, {rows, columns}, out, {0, 2});
                   },
                   [=](auto &x) {
                     return ops::roll(x, {1, rows, columns, -1},
                                      {2, 0, -1, -1});
                   }});
  // Long rows that are written from between two sectors on.
  for (const std::int64_t columns : {100, 1237, -7})
    all.push_back({"roll long rows",
                   {3, 5024},
                   {3, 5024},
                   [=](const Place &at) {
                     return Place{wrapped(at[0] - 2, 3),
                                  wrapped(at[1] - columns, 5024)};
                   },
                   [=](auto &x, auto &out) {
                     ops::roll_out(x, {2, columns}, out, {0, 1});
                   },
                   [=](auto &x) { return ops::roll(x, {2, columns}, {0, 1}); },
                   true});
  all.push_back({"roll all",
                 {5, 7},
                 {5, 7},
                 [](const Place &at) {
                   const std::int64_t flat = wrapped(at[0] * 7 + at[1] - 9, 35);
                   return Place{flat / 7, flat % 7};
                 },
                 [](auto &x, auto &out) { ops::roll_out(x, {9}, out); },
                 [](auto &x) { return ops::roll(x, {9}); }});
}

void add_repeats(std::vector<Case> &all) {
  all.push_back(
      {"repeat_interleave",
       {3, 4, 5},
       {3, 12, 5},
       [](const Place &at) { return Place{at[0], at[1] / 3, at[2]}; },
       [](auto &x, auto &out) { ops::repeat_interleave_out(x, 3, out, 1); },
       [](auto &x) { return ops::repeat_interleave(x, 3, -2); }});
  all.push_back(
      {"repeat_interleave last",
       {3, 7},
       {3, 14},
       [](const Place &at) { return Place{at[0], at[1] / 2}; },
       [](auto &x, auto &out) { ops::repeat_interleave_out(x, 2, out, 1); },
       [](auto &x) { return ops::repeat_interleave(x, 2, 1); }});
  all.push_back(
      {"repeat_interleave all",
       {3, 7},
       {84},
       [](const Place &at) { return Place{at[0] / 28, at[0] / 4 % 7}; },
       [](auto &x, auto &out) { ops::repeat_interleave_out(x, 4, out); },
       [](auto &x) { return ops::repeat_interleave(x, 4); }});
  const auto counts = [](const Array &x, DType dtype) {
    const double numbers[] = {2, 0, 3, 1};
    return Array::from(numbers, {4}, dtype, x.device());
  };
  all.push_back(
      {"repeat_interleave by an array",
       {2, 4, 3},
       {2, 6, 3},
       [](const Place &at) {
         const std::int64_t rows[] = {0, 0, 2, 2, 2, 3};
         return Place{at[0], rows[at[1]], at[2]};
       },
       [=](auto &x, auto &out) {
         ops::repeat_interleave_out(x, counts(x, i32), out, 1, 6);
       },
       [=](auto &x) { return ops::repeat_interleave(x, counts(x, i64), 1); }});
}

std::optional<Place> where_so(bool so, const Place &at) {
  return so ? std::optional(at) : std::nullopt;
}

void add_diagonals(std::vector<Case> &all) {
  for (const std::int64_t k : {-40, -2, 0, 1, 7}) {
    all.push_back(
        {"tril",
         {2, 3, 33, 18},
         {2, 3, 33, 18},
         [=](const Place &at) { return where_so(at[3] - at[2] <= k, at); },
         [=](auto &x, auto &out) { ops::tril_out(x, out, k); },
         [=](auto &x) { return ops::tril(x, k); }});
    all.push_back(
        {"triu",
         {33, 18},
         {33, 18},
         [=](const Place &at) { return where_so(at[1] - at[0] >= k, at); },
         [=](auto &x, auto &out) { ops::triu_out(x, out, k); },
         [=](auto &x) { return ops::triu(x, k); }});
  }
  for (const std::int64_t k : {-3, 0, 1, 17}) {
    const std::int64_t side = 9 + std::abs(k);
    all.push_back({"diag of a vector",
                   {9},
                   {side, side},
                   [=](const Place &at) -> std::optional<Place> {
                     if (at[1] - at[0] != k)
                       return std::nullopt;
                     return Place{std::min(at[0], at[1])};
                   },
                   [=](auto &x, auto &out) { ops::diag_out(x, out, k); },
                   [=](auto &x) { return ops::diag(x, k); }});
  }
  for (const auto &[k, length] : {std::pair<std::int64_t, std::int64_t>{0, 5},
                                  {2, 5},
                                  {6, 2},
                                  {-2, 3},
                                  {-5, 0},
                                  {8, 0},
                                  {100, 0}})
    all.push_back({"diag of a matrix",
                   {5, 8},
                   {length},
                   [=](const Place &at) {
                     return Place{at[0] + std::max<std::int64_t>(-k, 0),
                                  at[0] + std::max<std::int64_t>(k, 0)};
                   },
                   [=](auto &x, auto &out) { ops::diag_out(x, out, k); },
                   [=](auto &x) { return ops::diag(x, k); }});
}

std::vector<Case> cases() {
  std::vector<Case> all;
  add_copies(all);
  add_turns(all);
  add_rolls(all);
  add_repeats(all);
  add_diagonals(all);
  return all;
}

void check(const Case &each, DType dtype, Device device, Layout from,
           Layout to) {
  SCOPED_TRACE(std::string(each.name) + " " + std::string(name(dtype)) + " " +
               name(from) + " -> " + name(to) +
               ::testing::PrintToString(each.to));
  const Operand x = whole_numbers(each.from, dtype, device, from);
  const Operand out(each.to, dtype, device, to);
  each.into(x.array(), out.array());
  const auto expected = taken(dense(x), each.to, each.source);
  EXPECT_TRUE(same_values(out.values(), expected));
  EXPECT_TRUE(out.untouched_outside());
  if (from != Layout::contiguous || to != Layout::contiguous)
    return;
  const Array made = each.made(x.array());
  EXPECT_EQ(shape_of(made), each.to);
  EXPECT_EQ(made.dtype(), dtype);
  EXPECT_TRUE(same_values(made.to_vector(), expected));
}

TEST_P(CopiesTest, EveryDtype) {
  for (const Case &each : cases())
    if (!each.large || !on_interpreter())
      for (const DType dtype : on_interpreter() ? widths : std::span(every))
        check(each, dtype, device(), Layout::contiguous, Layout::contiguous);
}

TEST_P(CopiesTest, EveryLayout) {
  for (const Case &each : cases()) {
    if (each.large && on_interpreter())
      continue;
    for (const Layout layout : all_layouts) {
      if (on_interpreter() && layout != Layout::transposed)
        continue;
      check(each, bf16, device(), layout, Layout::contiguous);
      check(each, bf16, device(), Layout::contiguous, layout);
      check(each, i32, device(), layout, layout);
    }
  }
}

// All orders of three dimensions, so that each is the contiguous one somewhere.
TEST_P(CopiesTest, EveryOrderOfDimensions) {
  const std::int64_t scale = on_interpreter() ? 1 : 9;
  const Operand x = whole_numbers({3 * scale, 5, 4 * scale}, f32, device());
  std::vector<std::int64_t> order{0, 1, 2};
  do {
    const Array view = ops::permute(x.array(), order);
    const Array packed = ops::rearrange(view);
    EXPECT_TRUE(packed.contiguous());
    const Array back = Array::empty(view.shape(), f32, device());
    const auto expected = taken(dense(x), shape_of(view), [&](const Place &at) {
      Place from(3);
      for (std::size_t d = 0; d < 3; ++d)
        from[static_cast<std::size_t>(order[d])] = at[d];
      return from;
    });
    EXPECT_TRUE(same_values(packed.to_vector(), expected));
    EXPECT_TRUE(same_values(view.to_vector(), expected));
    ops::rearrange_out(view, back);
    EXPECT_TRUE(same_values(back.to_vector(), expected));
  } while (std::next_permutation(order.begin(), order.end()));
  const Array spread = ops::expand(x.array().slice(1, 2, 3), {-1, 6, -1});
  EXPECT_TRUE(
      same_values(ops::rearrange(spread).to_vector(), spread.to_vector()));
}

// Bits are moved: a NaN keeps its own.
TEST_P(CopiesTest, KeepsBits) {
  std::uint32_t words[] = {0x7fc12345, 0xffa00001, 0x80000000, 1};
  const Array on_host(words, {4}, f32, host_device);
  const Array x =
      device().kind == Device::Kind::host ? on_host : on_host.to(device());
  const Array out = ops::flip(x, {0}).to(host_device);
  const auto *bits = static_cast<const std::uint32_t *>(out.data());
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(bits[i], words[3 - i]);
}

} // namespace
} // namespace girih::testing
