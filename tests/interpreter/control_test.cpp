// SPDX-License-Identifier: Apache-2.0
// Branches and loops that depend on data.
#include "girih/tests/interpreter/kernels.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

template <class Apply>
void run_scalars(Apply apply, TestArray &x, TestArray &y) {
  std::vector<TestArray *> arrays = {&x, &y};
  interpret_on(record_for(scalars_source(apply), arrays), arrays);
}

TEST(InterpreterControl, BranchesGiveValues) {
  TestArray x(i32, {9}), y(i32, {9});
  fill_random(x, 1);
  run_scalars(branches_give_scalars, x, y);
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
  run_scalars(branch_stores, x, y);
  for (std::int64_t i = 0; i < 9; ++i)
    EXPECT_EQ(y.get(i), x.get(i) > 0 ? x.get(i) : 77);
}

TEST(InterpreterControl, LoopsUntilDataSaysSo) {
  TestArray x(i32, {30}), y(i32, {30});
  for (std::int64_t i = 0; i < 30; ++i)
    x.set(i, static_cast<double>(i + 1));
  run_scalars(collatz_steps, x, y);
  for (std::int64_t i = 0; i < 30; ++i) {
    std::int64_t n = i + 1, steps = 0;
    for (; n != 1; ++steps)
      n = n % 2 ? 3 * n + 1 : n / 2;
    EXPECT_EQ(y.get(i), static_cast<double>(steps)) << i;
  }
}

TEST(InterpreterControl, LoopsNest) {
  TestArray x(f32, {7}), y(f32, {7});
  fill_random(x, 3);
  run_one_tile(nested_loops, {&x, &y});
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
  run_one_tile(random_words(0), {&counters, &y});
  const std::uint64_t known[] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c,
                                 0x9b00dbd8};
  for (std::int64_t i = 0; i < 4; ++i)
    EXPECT_EQ(y.code(i), known[i]);
}

} // namespace
} // namespace girih::testing
