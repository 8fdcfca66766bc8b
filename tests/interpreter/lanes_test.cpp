// SPDX-License-Identifier: Apache-2.0
// Moving lanes and numbering them, against the index arithmetic written out.
#include "girih/tests/interpreter/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace girih::testing {
namespace {

/// Expects y[i] = x[place(i)] for all indices of y, after `apply`.
template <class Apply, class Place>
void expect_moved(const Shape &from, const Shape &to, Apply apply,
                  Place place) {
  TestArray x(f32, from), y(f32, to);
  for (std::int64_t i = 0; i < x.numel(); ++i)
    x.set(i, static_cast<double>(i));
  run_one_tile([&](In a, Out b) { b = apply(a); }, {&x, &y});
  for (std::int64_t i = 0; i < y.numel(); ++i)
    ASSERT_EQ(y.get(i), static_cast<double>(place(unravel(i, to)))) << i;
  EXPECT_TRUE(y.untouched_outside());
}

using Lane = std::vector<std::int64_t>;

TEST(InterpreterLanes, Reshape) {
  expect_moved(
      {6, 5}, {3, 2, 5},
      [](const Located &x) { return reshape(x, {3, -1, 5}); },
      [](const Lane &lane) { return ravel(lane, {3, 2, 5}); });
  expect_moved(
      {7}, {1, 7}, [](const Located &x) { return unsqueeze(x, 0); },
      [](const Lane &lane) { return lane[1]; });
}

TEST(InterpreterLanes, PermuteAndTranspose) {
  expect_moved(
      {2, 3, 5}, {5, 2, 3},
      [](const Located &x) { return permute(x, {2, 0, 1}); },
      [](const Lane &lane) {
        return ravel({lane[1], lane[2], lane[0]}, {2, 3, 5});
      });
  expect_moved(
      {3, 7}, {7, 3}, [](const Located &x) { return transpose(x); },
      [](const Lane &lane) { return lane[1] * 7 + lane[0]; });
}

TEST(InterpreterLanes, BroadcastSliceFlip) {
  expect_moved(
      {3, 1}, {2, 3, 5},
      [](const Located &x) { return broadcast_to(x, {2, 3, 5}); },
      [](const Lane &lane) { return lane[1]; });
  expect_moved(
      {4, 9}, {4, 3}, [](const Located &x) { return slice(x, 1, 2, 3, 3); },
      [](const Lane &lane) { return lane[0] * 9 + 2 + 3 * lane[1]; });
  expect_moved(
      {5, 3}, {5, 3}, [](const Located &x) { return flip(x, 0); },
      [](const Lane &lane) { return (4 - lane[0]) * 3 + lane[1]; });
}

TEST(InterpreterLanes, JoinSplitCat) {
  expect_moved(
      {3, 5}, {3, 5, 2}, [](const Located &x) { return join(x, flip(x, 1)); },
      [](const Lane &lane) {
        return lane[0] * 5 + (lane[2] ? 4 - lane[1] : lane[1]);
      });
  expect_moved(
      {6, 2}, {6}, [](const Located &x) { return split(x).second; },
      [](const Lane &lane) { return 2 * lane[0] + 1; });
  expect_moved(
      {3, 4}, {6, 4}, [](const Located &x) { return cat(x, flip(x, 1), 0); },
      [](const Lane &lane) {
        return lane[0] < 3 ? lane[0] * 4 + lane[1]
                           : (lane[0] - 3) * 4 + 3 - lane[1];
      });
}

TEST(InterpreterLanes, Arange) {
  TestArray y(i64, {13});
  run_one_tile([](Out b) { b = arange(13, i32, -5); }, {&y});
  for (int i = 0; i < 13; ++i)
    EXPECT_EQ(y.get(i), i - 5);
}

TEST(InterpreterLanes, OffsetsAndBoundsOfEveryProgram) {
  // Tiles of 4 by 3 that overlap and leave the array at its end.
  KernelSource source = make_source(
      "offsets",
      [](Tensor x, Tensor rows, Tensor columns, Tensor inside) {
        return arranged(x.tile({4, 3}, {2, 5}), rows.tile({4, 3}),
                        columns.tile({4, 3}), inside.tile({4, 3}));
      },
      [](In x, Out rows, Out columns, Out inside) {
        rows = x.offsets(0);
        columns = x.offsets(1);
        inside = x.in_bounds();
      });
  const std::int64_t m = 7, n = 12;
  Shape shape = {3 * 4, 3 * 3}; // a tile for each of 3 by 3 programs
  TestArray x(f32, {m, n}), rows(i64, shape), columns(i32, shape),
      inside(b1, shape);
  std::vector<TestArray *> arrays = {&x, &rows, &columns, &inside};
  interpret_on(record_for(source, arrays), arrays);
  for (std::int64_t i = 0; i < rows.numel(); ++i) {
    Lane at = unravel(i, shape);
    std::int64_t row = 2 * (at[0] / 4) + at[0] % 4;
    std::int64_t column = 5 * (at[1] / 3) + at[1] % 3;
    ASSERT_EQ(rows.get(i), row);
    ASSERT_EQ(columns.get(i), column);
    ASSERT_EQ(inside.get(i), row < m && column < n) << row << "," << column;
  }
}

TEST(InterpreterLanes, Take) {
  for (int along : {0, 1, 2}) {
    Shape from = {3, 5, 4}, to = {3, 5, 4};
    to[static_cast<std::size_t>(along)] = 7;
    TestArray x(f32, from), index(i32, to), y(f32, to);
    fill_random(x, 1, true);
    std::mt19937 random(2);
    for (std::int64_t i = 0; i < index.numel(); ++i)
      index.set(i, std::uniform_int_distribution<int>(-2, 6)(random));
    run_one_tile([=](In a, In b, Out c) { c = gather(a, along, b); },
                 {&x, &index, &y});
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      Lane at = unravel(i, to);
      auto dim = static_cast<std::size_t>(along);
      at[dim] = static_cast<std::int64_t>(index.get(i));
      bool inside = at[dim] >= 0 && at[dim] < from[dim];
      ASSERT_TRUE(same_number(y.get(i), inside ? x.get(ravel(at, from)) : 0))
          << along << " " << i;
    }
  }
}

TEST(InterpreterLanes, BitcastKeepsBits) {
  for (auto [wide, narrow] :
       {std::pair(f32, i32), std::pair(f64, i64), std::pair(f16, i16),
        std::pair(bf16, i16), std::pair(i8, u8), std::pair(e4m3, u8)}) {
    TestArray x(wide, {37}), y(narrow, {37}), back(wide, {37});
    fill_bits(x, 3);
    run_one_tile(bitcasts(narrow), {&x, &y, &back});
    for (int i = 0; i < 37; ++i) {
      ASSERT_EQ(y.code(i), x.code(i)) << name(wide) << i;
      ASSERT_EQ(back.code(i), x.code(i)) << name(wide) << i;
    }
  }
}

TEST(InterpreterLanes, FmaRoundsOnce) {
  TestArray a(f32, {201}), b(f32, {201}), c(f32, {201}), y(f32, {201});
  std::mt19937 random(4);
  std::normal_distribution<float> values;
  for (int i = 0; i < 200; ++i) {
    a.set(i, values(random));
    b.set(i, values(random));
    // What is left when the product's rounding is taken away.
    c.set(i, i % 2 ? values(random) : -(a.get(i) * b.get(i)));
  }
  // A sum that a double cannot hold, next to a tie of f32.
  a.set(200, 1 + std::ldexp(1, -12));
  b.set(200, 1 + std::ldexp(1, -12));
  c.set(200, std::ldexp(1, -80));
  auto apply = [](In a, In b, In c, Out y) { y = fma(a, b, c); };
  run_one_tile(apply, {&a, &b, &c, &y});
  for (int i = 0; i < 201; ++i) {
    auto f = [&](TestArray &x) { return static_cast<float>(x.get(i)); };
    ASSERT_EQ(y.get(i), std::fma(f(a), f(b), f(c))) << i;
  }
}

TEST(InterpreterLanes, FmaOfNarrowFloatsRoundsOnce) {
  // 1.0625 squared is 1.12890625, half way between two bf16; what is added
  // decides, although the sum does not fit a double.
  TestArray a(bf16, {3}), c(bf16, {3}), y(bf16, {3});
  for (int i = 0; i < 3; ++i) {
    a.set(i, 1.0625);
    c.set(i, (i - 1) * std::ldexp(1, -60));
  }
  run_one_tile([](In a, In c, Out y) { y = fma(a, a, c); }, {&a, &c, &y});
  EXPECT_EQ(y.get(0), 1.125);
  EXPECT_EQ(y.get(1), 1.125);
  EXPECT_EQ(y.get(2), 1.1328125);
}

} // namespace
} // namespace girih::testing
