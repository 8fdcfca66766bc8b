// SPDX-License-Identifier: Apache-2.0
// The examples of docs/reference/tile_control.md.
#include "girih/tests/docs/show_tile.h"

namespace girih::testing {
namespace {

TEST(TileControl, Range) {
  // [range]
  show(
      [](const In &x) {
        Tile y = x; // made before the loop: carried from round to round
        for (Index k : range(3))
          y = y + k;
        return y;
      },
      "f32 [[4, 5, 6], [7, 8, 9]]");
  show(
      [](const In &x) {
        Tile y = x;
        for (Index k : range(1, 8, 3)) // 1, 4, 7
          y = max(y, k);
        return y;
      },
      "f32 [[7, 7, 7], [7, 7, 7]]");
  // [/range]
}

TEST(TileControl, When) {
  // [when]
  show(
      [](const In &x) {
        Tile y = x;
        when(sum(x) > 20, [&] { y = y * 2; }, [&] { y = -y; });
        return y;
      },
      "f32 [[2, 4, 6], [8, 10, 12]]");
  // [/when]
}

TEST(TileControl, LoopWhile) {
  // [while]
  show(
      [](const In &x) {
        Tile y = x, rounds = full({}, 0, i32);
        loop_while([&] { return any(y > 1.f); },
                   [&] {
                     y = y / 2;
                     rounds = rounds + 1;
                   });
        return rounds;
      },
      "i32 3");
  // [/while]
}

TEST(TileControl, AsIndex) {
  // [as_index]
  show(
      [](const In &x) {
        Tile y = x;
        Index rounds = as_index(cast(max(x), i32)); // 6
        for (Index k : range(rounds - 1, rounds + 1))
          y = y + k; // 5, 6
        return y;
      },
      "f32 [[12, 13, 14], [15, 16, 17]]");
  // [/as_index]
}

TEST(TileControl, Places) {
  // [places]
  show([](const In &x) { return x.offsets(0) * 10 + x.offsets(1); },
       "i64 [[0, 1, 2], [10, 11, 12]]");
  show([](const In &x) { return where(x.offsets(1) > x.offsets(0), x, 0); },
       "f32 [[0, 2, 3], [0, 0, 6]]");
  show([](const In &x) { return x.in_bounds(); },
       "bool [[true, true, true], [true, true, true]]");
  // [/places]
}

TEST(TileControl, Gather) {
  // [gather]
  show([](const In &x) { return x.gather({1, flip(arange(3), 0)}); },
       "f32 [6, 5, 4]");
  show([](const In &x) { return x.gather({arange(3), 0}); }, // no third row
       "f32 [1, 4, 0]");
  // [/gather]
}

TEST(TileControl, Scatter) {
  // [scatter]
  show_update(
      [](const In &x, const InOut &y) { y.scatter({1, cast(x, i32) - 1}, x); },
      "f32 [[0, 0, 0], [1, 2, 3]]"); // columns past the third: not written
  // [/scatter]
}

TEST(TileControl, Atomics) {
  // [atomics]
  show_update( // a histogram: how many of x are below 3, the others
      [](const In &x, const InOut &y) {
        y.atomic_add({0, where(x < 3, 0, 1)}, 1);
      },
      "f32 [[2, 4, 0], [0, 0, 0]]");
  show_update([](const In &x, const InOut &y) { y.atomic_max({1, 1}, x); },
              "f32 [[0, 0, 0], [0, 6, 0]]");
  show_update(
      [](const In &x, const InOut &y) {
        Tile before = y.atomic_exchange({0, 0}, 7);
        y.scatter({0, 1}, before + sum(x));
      },
      "f32 [[7, 21, 0], [0, 0, 0]]");
  // [/atomics]
}

// What the page calls `show_bits`.
template <class Update>
void show_bits(Update update, const std::string &expected) {
  auto bits = [] {
    TestArray out(i32, {2});
    out.set(0, 6);
    out.set(1, 0);
    return std::vector<TestArray>{out};
  };
  std::vector<TestArray> given = bits();
  expect_shown(one_tile([&](InOut y) { update(y); }, {&given[0]}), bits,
               expected);
}

TEST(TileControl, AtomicsOfIntegers) {
  // [atomics_of_integers]
  show_bits([](const InOut &y) { y.atomic_and({0}, 3); }, "i32 [2, 0]");
  show_bits([](const InOut &y) { y.atomic_or({0}, 3); }, "i32 [7, 0]");
  show_bits([](const InOut &y) { y.atomic_xor({0}, 3); }, "i32 [5, 0]");
  show_bits([](const InOut &y) { y.atomic_min({0}, -1); }, "i32 [-1, 0]");
  // Only where it is still 6.
  show_bits([](const InOut &y) { y.atomic_compare_exchange({0}, 6, 9); },
            "i32 [9, 0]");
  show_bits([](const InOut &y) { y.atomic_compare_exchange({1}, 6, 9); },
            "i32 [6, 0]");
  // [/atomics_of_integers]
}

TEST(TileControl, InlinePtx) {
  // [ptx]
  show(
      [](const In &x) {
        return inline_ptx("ex2.approx.ftz.f32 $0, $1;", {x}, f32,
                          [](std::vector<Tile> lane) { return exp2(lane[0]); });
      },
      "f32 [[2, 4, 8], [16, 32, 64]]");
  // [/ptx]
}

TEST(TileControl, Print) {
  ::testing::internal::CaptureStdout();
  // [print]
  show_update(
      [](const In &x, const InOut &y) {
        print("sum", {sum(x)});
        device_assert(x > 0, "x is positive");
        y = x;
      },
      "f32 [[1, 2, 3], [4, 5, 6]]");
  // [/print]
  std::string printed = ::testing::internal::GetCapturedStdout();
  // Once by the interpreter, once by the host.
  EXPECT_EQ(printed, "program 0: sum = 21\nprogram 0: sum = 21\n");
}

} // namespace
} // namespace girih::testing
