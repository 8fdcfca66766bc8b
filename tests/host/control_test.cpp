// SPDX-License-Identifier: Apache-2.0
// Branches, loops that depend on data and random numbers on the host against
// the interpreter.
#include "like_interpreter.h"

#include "girih/tests/interpreter/kernels.h"

namespace girih::testing {
namespace {

template <class Apply>
void expect_scalars(Apply apply, TestArray &x, TestArray &y) {
  std::vector<TestArray *> arrays = {&x, &y};
  expect_like_interpreter(record_for(scalars_source(apply), arrays), arrays,
                          x.numel());
}

TEST(HostControl, BranchesGiveScalars) {
  TestArray x(i32, {9}), y(i32, {9});
  fill_random(x, 1);
  expect_scalars(branches_give_scalars, x, y);
}

TEST(HostControl, BranchesStore) {
  TestArray x(i32, {9}), y(i32, {9});
  fill_random(x, 2);
  for (std::int64_t i = 0; i < 9; ++i)
    y.set(i, 77);
  expect_scalars(branch_stores, x, y);
}

TEST(HostControl, BranchesGiveTiles) {
  for (int which : {0, 1}) {
    TestArray x(f32, {3, 50}), flag(i32, {}), y(f32, {3, 50}), z(f32, {3, 50}),
        w(f32, {3, 50});
    fill_random(x, 3);
    flag.set(0, which);
    expect_one_tile_like_interpreter(
        [](In x, In flag, Out y, Out z, Out w) {
          Tile a = x, b = exp(a), c = a + 1.f;
          when(
              flag > 0,
              [&] {
                Tile old = a;
                a = flip(b, 1);
                b = old * 2.f;
              },
              [&] { c = flip(c, 1) + b; });
          y = a;
          z = b;
          w = c - b;
        },
        {&x, &flag, &y, &z, &w}, 1e-6);
  }
}

TEST(HostControl, LoopsUntilDataSaysSo) {
  TestArray x(i32, {30}), y(i32, {30});
  for (std::int64_t i = 0; i < 30; ++i)
    x.set(i, static_cast<double>(i + 1));
  expect_scalars(collatz_steps, x, y);
}

// Longer than nests could evaluate by recursion.
TEST(HostControl, LongChains) {
  TestArray x(f32, {3, 20}), y(f32, {3, 20});
  fill_random(x, 5);
  for (int flipped : {0, 1})
    expect_one_tile_like_interpreter(
        [&](In x, Out y) {
          Tile a = x;
          for (int i = 0; i < (flipped ? 3000 : 10000); ++i) {
            a = a * 0.999f + static_cast<float>(i % 7);
            if (flipped)
              a = flip(a, 1);
          }
          y = a;
        },
        {&x, &y});
}

// Each use of both operands doubled the work of planning.
TEST(HostControl, ChainsUsedTwice) {
  TestArray x(f32, {3, 20}), y(f32, {3, 20}), z(f32, {3, 20});
  fill_random(x, 6);
  expect_one_tile_like_interpreter(
      [](In x, Out y, Out z) {
        Tile a = x;
        for (int i = 0; i < 100; ++i)
          a = max(a * a, a) - a;
        y = a;
        z = a;
      },
      {&x, &y, &z});
}

TEST(HostControl, LoopsCarryTiles) {
  TestArray x(f32, {40}), y(f32, {40}), z(f32, {40});
  fill_random(x, 4);
  expect_one_tile_like_interpreter(
      [](In x, Out y, Out z) {
        // Exchanged, moved and added: next values that need several old ones.
        Tile a = x, b = x * 0.5f;
        loop_while([&] { return max(a + b) < 100.f; },
                   [&] {
                     Tile old = a;
                     a = flip(b, 0) + 3.f;
                     b = old + a;
                   });
        y = a;
        z = b;
      },
      {&x, &y, &z});
}

// More than the tables of values hold before they grow, and more than a vector.
TEST(HostControl, LoopCarriesManyTiles) {
  TestArray x(f32, {40}), y(f32, {40});
  fill_random(x, 7);
  expect_one_tile_like_interpreter(
      [](In x, Out y) {
        std::vector<Tile> sums(30, zeros({40}, f32));
        for ([[maybe_unused]] Index i : range(3)) {
          int number = 0;
          for (Tile &sum : sums)
            sum += x + number++;
        }
        Tile all = sums.front();
        for (const Tile &sum : sums)
          all = sum - all;
        y = all;
      },
      {&x, &y});
}

TEST(HostControl, LoopsNest) {
  TestArray x(f32, {37}), y(f32, {37});
  fill_random(x, 3);
  expect_one_tile_like_interpreter(nested_loops, {&x, &y});
}

TEST(HostControl, BranchOnACarriedTileThatStays) {
  // The tile that an arm leaves alone is needed in the next round as well.
  TestArray x(f32, {20}), y(f32, {20});
  fill_random(x, 5);
  expect_one_tile_like_interpreter(
      [](In x, Out y) {
        Tile fixed = exp2(cast(x, f32)), acc = zeros({20}, f32);
        for (Index k : range(5)) {
          Tile some = fixed;
          when(k % 2 == 0, [&] { some = some + 1.f; });
          acc += some;
        }
        y = acc;
      },
      {&x, &y});
}

TEST(HostRandom, SameBits) {
  TestArray counters(i64, {100}), bits(i32, {4, 100}), uniform(f32, {100}),
      normal(f32, {100});
  for (std::int64_t i = 0; i < 100; ++i)
    counters.set(i, static_cast<double>(i * 1234567891011LL));
  expect_one_tile_like_interpreter(random_words(77), {&counters, &bits});
  expect_one_tile_like_interpreter(
      [](In counters, Out y) { y = rand(5, counters); }, {&counters, &uniform});
  expect_one_tile_like_interpreter(
      [](In counters, Out y) { y = randn(5, counters); }, {&counters, &normal},
      1e-5);
}

} // namespace
} // namespace girih::testing
