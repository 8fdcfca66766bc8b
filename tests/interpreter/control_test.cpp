// SPDX-License-Identifier: Apache-2.0
// Branches and loops that depend on data.
#include "girih/tests/interpreter/one_tile.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

/// One element of x and y for each program.
template <class Apply>
void run_scalars(Apply apply, TestArray &x, TestArray &y) {
  KernelSource source = make_source(
      "scalars",
      [](Tensor x, Tensor y) {
        return arranged(x.tile({1}).at(1, squeeze(0)),
                        partial(y.tile({1}).at(1, squeeze(0))));
      },
      apply);
  std::vector<TestArray *> arrays = {&x, &y};
  interpret_on(record_for(source, arrays), arrays);
}

TEST(InterpreterControl, BranchesGiveValues) {
  TestArray x(i32, {9}), y(i32, {9});
  fill_random(x, 1);
  run_scalars(
      [](In x, Out y) {
        Tile value = x, kind = full({}, 0, i32);
        when(
            value > 0,
            [&] {
              kind = full({}, 1, i32);
              when(value > 2, [&] { kind = kind + 10; });
            },
            [&] { value = -value; });
        y = value * 100 + kind;
      },
      x, y);
  for (std::int64_t i = 0; i < 9; ++i) {
    double value = x.get(i);
    double kind = value > 2 ? 11 : value > 0 ? 1 : 0;
    EXPECT_EQ(y.get(i), std::abs(value) * 100 + kind) << value;
  }
}

TEST(InterpreterControl, BranchesStore) {
  TestArray x(i32, {9}), y(i32, {9});
  fill_random(x, 2);
  for (std::int64_t i = 0; i < 9; ++i)
    y.set(i, 77);
  run_scalars([](In x, Out y) { when(x > 0, [&] { y = x; }); }, x, y);
  for (std::int64_t i = 0; i < 9; ++i)
    EXPECT_EQ(y.get(i), x.get(i) > 0 ? x.get(i) : 77);
}

TEST(InterpreterControl, LoopsUntilDataSaysSo) {
  // The number of steps to 1 of Collatz's sequence; none for 1 itself.
  TestArray x(i32, {30}), y(i32, {30});
  for (std::int64_t i = 0; i < 30; ++i)
    x.set(i, static_cast<double>(i + 1));
  run_scalars(
      [](In x, Out y) {
        Tile n = x, steps = full({}, 0, i32);
        loop_while([&] { return n != 1; },
                   [&] {
                     n = where(n % 2 == 0, floor_divide(n, 2), 3 * n + 1);
                     steps = steps + 1;
                   });
        y = steps;
      },
      x, y);
  for (std::int64_t i = 0; i < 30; ++i) {
    std::int64_t n = i + 1, steps = 0;
    for (; n != 1; ++steps)
      n = n % 2 ? 3 * n + 1 : n / 2;
    EXPECT_EQ(y.get(i), static_cast<double>(steps)) << i;
  }
}

TEST(InterpreterControl, LoopsNest) {
  // Carried tiles, an index, and a branch within a loop within a while.
  TestArray x(f32, {7}), y(f32, {7});
  fill_random(x, 3);
  run_one_tile(
      [](In x, Out y) {
        Tile acc = x, round = full({}, 0, i32);
        Index count = Index(1);
        loop_while(
            [&] { return round < 3; },
            [&] {
              for (Index k : range(count))
                when(k % 2 == 0, [&] { acc += 1.f; }, [&] { acc = acc * 2.f; });
              count = count + 1;
              round = round + 1;
            });
        y = acc;
      },
      {&x, &y});
  for (std::int64_t i = 0; i < 7; ++i) {
    double acc = x.get(i);
    for (int count = 1; count <= 3; ++count)
      for (int k = 0; k < count; ++k)
        acc = k % 2 ? acc * 2 : acc + 1;
    EXPECT_EQ(y.get(i), acc);
  }
}

TEST(InterpreterControl, RandomBitsAreKnownOnes) {
  // Philox 4x32-10 of counter 0 under key 0: Random123's first known answer.
  TestArray counters(i64, {1}), y(i32, {4, 1});
  counters.set(0, 0);
  run_one_tile(
      [](In counters, Out y) {
        auto words = random_bits(0, counters);
        y = cat(cat(unsqueeze(words[0], 0), unsqueeze(words[1], 0), 0),
                cat(unsqueeze(words[2], 0), unsqueeze(words[3], 0), 0), 0);
      },
      {&counters, &y});
  const std::uint64_t known[] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c,
                                 0x9b00dbd8};
  for (std::int64_t i = 0; i < 4; ++i)
    EXPECT_EQ(y.code(i), known[i]);
}

} // namespace
} // namespace girih::testing
