// SPDX-License-Identifier: Apache-2.0
// The Program of each operation that moves, combines or numbers lanes.
#include "kernels.h"

#include <gtest/gtest.h>

namespace girih {
namespace {

using testing::recorded_body;

TEST(RecordTilesTest, Arange) {
  EXPECT_EQ(recorded_body(
                [](In, InOut) { print("r", {arange(3), arange(2, i64, -5)}); }),
            R"(@)");
}

TEST(RecordTilesTest, ReshapeDividesOnlyWhatChanges) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {reshape(a, {4, -1}), reshape(a, {2, 2, 2}),
                          reshape(a, {1, 8}), reshape(a, {8})});
            }),
            R"(@)");
}

TEST(RecordTilesTest, ReshapeToAndFromScalars) {
  EXPECT_EQ(recorded_body([](In, InOut) {
              print("r", {reshape(full({1, 1}, 3, f32), {}),
                          reshape(full({}, 3, f32), {1, 1})});
            }),
            R"(@)");
}

TEST(RecordTilesTest, PermuteAndTranspose) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              Tile x = reshape(a, {2, 2, 2});
              print("r", {permute(x, {2, 0, -2}), transpose(x)});
            }),
            R"(@)");
}

TEST(RecordTilesTest, BroadcastSqueezeUnsqueeze) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              Tile x = unsqueeze(a, 1);
              print("r", {broadcast_to(x, {3, 2, 5, 4}), squeeze(x, -2),
                          broadcast_to(7, {2}), unsqueeze(a, -1)});
            }),
            R"(@)");
}

TEST(RecordTilesTest, SliceAndFlip) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {slice(a, 1, 1, 2, 2), slice(a, -1, 3, 2, -3),
                          flip(a, 0), flip(a, -1)});
            }),
            R"(@)");
}

TEST(RecordTilesTest, Join) {
  EXPECT_EQ(recorded_body([](In a, InOut b) { print("r", {join(a, b)}); }),
            R"(@)");
}

TEST(RecordTilesTest, Split) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              auto [even, odd] = split(reshape(a, {4, 2}));
              print("r", {even, odd});
            }),
            R"(@)");
}

TEST(RecordTilesTest, Cat) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {cat(a, full({3, 4}, 7, f32), 0)});
            }),
            R"(@)");
}

TEST(RecordTilesTest, GatherWithinATile) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {gather(a, -1, zeros({2, 3}, i64))});
            }),
            R"(@)");
}

TEST(RecordTilesTest, Reductions) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {sum(a, dim(1)), prod(a, dim(0).kept()), max(a)});
            }),
            R"(@)");
}

TEST(RecordTilesTest, SumsOfNarrowFloats) {
  EXPECT_EQ(recorded_body(
                [](In a, InOut) {
                  print("r",
                        {sum(a, dim(0)), mean(a, dim(-1)), min(a, dim(1))});
                },
                bf16),
            R"(@)");
}

TEST(RecordTilesTest, KeptOfAllDimensions) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {sum(a, Dim(all_dims).kept())});
            }),
            R"(@)");
}

TEST(RecordTilesTest, AnyAndAll) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {any(a > 0, dim(0)), all(a, dim(0))});
            }),
            R"(@)");
}

TEST(RecordTilesTest, ArgmaxKeepsTheFirst) {
  EXPECT_EQ(
      recorded_body([](In a, InOut) { print("r", {argmax(a, dim(1))}); }, i32),
      R"(@)");
}

TEST(RecordTilesTest, ArgminOfFloatsLooksForNan) {
  EXPECT_EQ(recorded_body([](In a, InOut) { print("r", {argmin(a)}); }),
            R"(@)");
}

TEST(RecordTilesTest, ReduceOfSeveral) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              auto both = reduce({a, b}, dim(1), [](Tiles x, Tiles y) {
                return Tiles{x[0] + y[1], x[1] * y[0]};
              });
              print("r", {both[0], both[1]});
            }),
            R"(@)");
}

TEST(RecordTilesTest, Scans) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              Tile last =
                  scan(a, 1, [](Tile x, Tile y) { return x * 2 + y; }, true);
              print("r", {cumsum(a, 0), cummax(a, -1), last});
            }),
            R"(@)");
}

TEST(RecordTilesTest, Sorts) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              auto two = sort(a, {b}, 0, true);
              print("r", {sort(a), two[1]});
            }),
            R"(@)");
}

TEST(RecordTilesTest, TopK) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              auto [values, places] = topk(a, 3);
              print("r", {values, places});
            }),
            R"(@)");
}

TEST(RecordTilesTest, Places) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {a.offsets(0), a.offsets(-1), a.in_bounds()});
            }),
            R"(@)");
}

TEST(RecordTilesTest, GatherAndScatter) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              Tile rows = reshape(arange(2), {2, 1});
              Tile x = a.gather({rows, arange(3, i64)});
              b.scatter({rows, 5}, x);
              b.scatter({a.size(0), cast(rows, u8)}, 1);
            }),
            R"(@)");
}

TEST(RecordTilesTest, Atomics) {
  EXPECT_EQ(recorded_body(
                [](In a, InOut b) {
                  Tile before = b.atomic_add({arange(4), 0}, 1);
                  b.atomic_max({0, 0}, a);
                  Tile old = b.atomic_compare_exchange({0, 1}, before, 7);
                  print("r", {old});
                },
                i32),
            R"(@)");
}

TEST(RecordTilesTest, RandomBits) {
  EXPECT_EQ(recorded_body([](In, InOut) {
              auto words = random_bits(7, arange(4));
              print("r", {words[0], words[3]});
            }),
            R"(@)");
}

TEST(RecordTilesTest, Rand) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {rand(a.size(0), a.offsets(0))});
            }),
            R"(@)");
}

TEST(RecordTilesTest, Randn) {
  EXPECT_EQ(recorded_body([](In, InOut) { print("r", {randn(7, arange(4))}); }),
            R"(@)");
}

TEST(RecordTilesTest, PrintAndAssert) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("no values");
              print("tab\tand \"quote\" \\ \xc3\xa9", {a, a.size(0), 2.5});
              device_assert(a == a, "a is a number\n");
            }),
            R"(@)");
}

TEST(RecordTilesTest, InlinePtx) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {inline_ptx("{ .reg .f32 t; mul.f32 t, $1, $2;\n"
                                     "  add.f32 $0, t, 0f3F800000; }",
                                     {a, 0.5}, f32,
                                     [](Tiles x) { return x[0] * x[1] + 1; })});
            }),
            R"(@)");
}

TEST(RecordTilesTest, ElementwiseFunctionsOfTwoAndThree) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              print("r", {fma(a, b, 1), fmod(a, 3), atan2(a, b), expm1(a),
                          trunc(b), bitcast(a, i32)});
            }),
            R"(@)");
}

} // namespace
} // namespace girih
