// SPDX-License-Identifier: Apache-2.0
// The Program of each operation that moves, combines or numbers lanes.
#include "kernels.h"

#include <gtest/gtest.h>

namespace girih {
namespace {

using testing::a_summed;
using testing::recorded_body;

TEST(RecordTilesTest, Arange) {
  EXPECT_EQ(recorded_body(
                [](In, InOut) { print("r", {arange(3), arange(2, i64, -5)}); }),
            R"(body {
  %0 = arange 0[] : i32[3]
  %1 = arange -5[] : i64[2]
  print "r" [%0, %1]
}
)");
}

TEST(RecordTilesTest, ReshapeDividesOnlyWhatChanges) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {reshape(a, {4, -1}), reshape(a, {2, 2, 2}),
                          reshape(a, {1, 8}), reshape(a, {8})});
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = remap map [(t0 * 2 + t1) / 4, (t0 * 2 + t1) % 4] [%0] : f32[4, 2]
  %2 = load a[] : f32[2, 4]
  %3 = remap map [t0, t1 * 2 + t2] [%2] : f32[2, 2, 2]
  %4 = load a[] : f32[2, 4]
  %5 = remap map [t1 / 4, t1 % 4] [%4] : f32[1, 8]
  %6 = load a[] : f32[2, 4]
  %7 = remap map [t0 / 4, t0 % 4] [%6] : f32[8]
  print "r" [%1, %3, %5, %7]
}
)");
}

TEST(RecordTilesTest, ReshapeToAndFromScalars) {
  EXPECT_EQ(recorded_body([](In, InOut) {
              print("r", {reshape(full({1, 1}, 3, f32), {}),
                          reshape(full({}, 3, f32), {1, 1})});
            }),
            R"(body {
  %0 = constant 3 : f32[1, 1]
  %1 = remap map [0, 0] [%0] : f32[1]
  %4 = reduce dim 0 [%1] (%2: f32[], %3: f32[]) {
    yield %2
  } : f32[]
  %5 = constant 3 : f32[]
  %6 = constant 1 : bool[1, 1]
  %7 = select %6, %5, %5 : f32[1, 1]
  print "r" [%4, %7]
}
)");
}

TEST(RecordTilesTest, PermuteAndTranspose) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              Tile x = reshape(a, {2, 2, 2});
              print("r", {permute(x, {2, 0, -2}), transpose(x)});
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = remap map [t0, t1 * 2 + t2] [%0] : f32[2, 2, 2]
  %2 = remap map [t1, t2, t0] [%1] : f32[2, 2, 2]
  %3 = remap map [t0, t2, t1] [%1] : f32[2, 2, 2]
  print "r" [%2, %3]
}
)");
}

TEST(RecordTilesTest, BroadcastSqueezeUnsqueeze) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              Tile x = unsqueeze(a, 1);
              print("r", {broadcast_to(x, {3, 2, 5, 4}), squeeze(x, -2),
                          broadcast_to(7, {2}), unsqueeze(a, -1)});
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = remap map [t0, t2] [%0] : f32[2, 1, 4]
  %2 = remap map [t1, 0, t3] [%1] : f32[3, 2, 5, 4]
  %3 = remap map [t0, 0, t1] [%1] : f32[2, 4]
  %4 = constant 7 : i64[]
  %5 = constant 1 : bool[2]
  %6 = select %5, %4, %4 : i64[2]
  %7 = load a[] : f32[2, 4]
  %8 = remap map [t0, t1] [%7] : f32[2, 4, 1]
  print "r" [%2, %3, %6, %8]
}
)");
}

TEST(RecordTilesTest, SliceAndFlip) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {slice(a, 1, 1, 2, 2), slice(a, -1, 3, 2, -3),
                          flip(a, 0), flip(a, -1)});
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = remap map [t0, t1 * 2 + 1] [%0] : f32[2, 2]
  %2 = load a[] : f32[2, 4]
  %3 = remap map [t0, t1 * -3 + 3] [%2] : f32[2, 2]
  %4 = load a[] : f32[2, 4]
  %5 = remap map [t0 * -1 + 1, t1] [%4] : f32[2, 4]
  %6 = load a[] : f32[2, 4]
  %7 = remap map [t0, t1 * -1 + 3] [%6] : f32[2, 4]
  print "r" [%1, %3, %5, %7]
}
)");
}

TEST(RecordTilesTest, Join) {
  EXPECT_EQ(recorded_body([](In a, InOut b) { print("r", {join(a, b)}); }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = load b[] : f32[2, 4]
  %2 = remap map [t0, t1] [%0] : f32[2, 4, 1]
  %3 = remap map [t0, t1, 0] [%2] : f32[2, 4, 2]
  %4 = remap map [t0, t1] [%1] : f32[2, 4, 1]
  %5 = remap map [t0, t1, 0] [%4] : f32[2, 4, 2]
  %6 = arange 0[] : i32[2]
  %7 = remap map [t2] [%6] : i32[1, 1, 2]
  %8 = constant 1 : i32[]
  %9 = compare lt %7, %8 : bool[1, 1, 2]
  %10 = remap map [0, 0, t2] [%9] : bool[2, 4, 2]
  %11 = select %10, %3, %5 : f32[2, 4, 2]
  print "r" [%11]
}
)");
}

TEST(RecordTilesTest, Split) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              auto [even, odd] = split(reshape(a, {4, 2}));
              print("r", {even, odd});
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = remap map [(t0 * 2 + t1) / 4, (t0 * 2 + t1) % 4] [%0] : f32[4, 2]
  %2 = remap map [t0, t1] [%1] : f32[4, 1]
  %3 = remap map [t0, 0] [%2] : f32[4]
  %4 = remap map [t0, t1 + 1] [%1] : f32[4, 1]
  %5 = remap map [t0, 0] [%4] : f32[4]
  print "r" [%3, %5]
}
)");
}

TEST(RecordTilesTest, Cat) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {cat(a, full({3, 4}, 7, f32), 0)});
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = constant 7 : f32[3, 4]
  %2 = remap map [t0 % 2, t1] [%0] : f32[5, 4]
  %3 = remap map [(t0 + 1) % 3, t1] [%1] : f32[5, 4]
  %4 = arange 0[] : i32[5]
  %5 = remap map [t0] [%4] : i32[5, 1]
  %6 = constant 2 : i32[]
  %7 = compare lt %5, %6 : bool[5, 1]
  %8 = remap map [t0, 0] [%7] : bool[5, 4]
  %9 = select %8, %2, %3 : f32[5, 4]
  print "r" [%9]
}
)");
}

TEST(RecordTilesTest, GatherWithinATile) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {gather(a, -1, zeros({2, 3}, i64))});
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = constant 0 : i64[2, 3]
  %2 = take dim 1 [%0, %1] : f32[2, 3]
  print "r" [%2]
}
)");
}

TEST(RecordTilesTest, Reductions) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {sum(a, dim(1)), prod(a, dim(0).kept()), max(a)});
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %4 = reduce dim 1 [%0] (%1: f32[], %2: f32[]) {
    %3 = binary add %1, %2 : f32[]
    yield %3
  } : f32[2]
  %5 = load a[] : f32[2, 4]
  %9 = reduce dim 0 [%5] (%6: f32[], %7: f32[]) {
    %8 = binary mul %6, %7 : f32[]
    yield %8
  } : f32[4]
  %10 = remap map [t1] [%9] : f32[1, 4]
  %11 = load a[] : f32[2, 4]
  %15 = reduce dim 1 [%11] (%12: f32[], %13: f32[]) {
    %14 = binary max %12, %13 : f32[]
    yield %14
  } : f32[2]
  %19 = reduce dim 0 [%15] (%16: f32[], %17: f32[]) {
    %18 = binary max %16, %17 : f32[]
    yield %18
  } : f32[]
  print "r" [%4, %10, %19]
}
)");
}

TEST(RecordTilesTest, SumsOfNarrowFloats) {
  EXPECT_EQ(recorded_body(
                [](In a, InOut) {
                  print("r",
                        {sum(a, dim(0)), mean(a, dim(-1)), min(a, dim(1))});
                },
                bf16),
            R"(body {
  %0 = load a[] : bf16[2, 4]
  %1 = cast %0 : f32[2, 4]
  %5 = reduce dim 0 [%1] (%2: f32[], %3: f32[]) {
    %4 = binary add %2, %3 : f32[]
    yield %4
  } : f32[4]
  %6 = load a[] : bf16[2, 4]
  %7 = cast %6 : f32[2, 4]
  %11 = reduce dim 1 [%7] (%8: f32[], %9: f32[]) {
    %10 = binary add %8, %9 : f32[]
    yield %10
  } : f32[2]
  %12 = constant 4 : f32[]
  %13 = binary div %11, %12 : f32[2]
  %14 = load a[] : bf16[2, 4]
  %18 = reduce dim 1 [%14] (%15: bf16[], %16: bf16[]) {
    %17 = binary min %15, %16 : bf16[]
    yield %17
  } : bf16[2]
  print "r" [%5, %13, %18]
}
)");
}

TEST(RecordTilesTest, KeptOfAllDimensions) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {sum(a, Dim(all_dims).kept())});
            }),
            a_summed + R"(  %9 = constant 1 : bool[1, 1]
  %10 = select %9, %8, %8 : f32[1, 1]
  print "r" [%10]
}
)");
}

TEST(RecordTilesTest, AnyAndAll) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {any(a > 0, dim(0)), all(a, dim(0))});
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = constant 0 : f32[]
  %2 = compare gt %0, %1 : bool[2, 4]
  %6 = reduce dim 0 [%2] (%3: bool[], %4: bool[]) {
    %5 = binary bit_or %3, %4 : bool[]
    yield %5
  } : bool[4]
  %7 = load a[] : f32[2, 4]
  %8 = cast %7 : bool[2, 4]
  %12 = reduce dim 0 [%8] (%9: bool[], %10: bool[]) {
    %11 = binary bit_and %9, %10 : bool[]
    yield %11
  } : bool[4]
  print "r" [%6, %12]
}
)");
}

TEST(RecordTilesTest, ArgmaxKeepsTheFirst) {
  EXPECT_EQ(
      recorded_body([](In a, InOut) { print("r", {argmax(a, dim(1))}); }, i32),
      R"(body {
  %0 = load a[] : i32[2, 4]
  %1 = arange 0[] : i32[4]
  %2 = remap map [t1] [%1] : i32[1, 4]
  %3 = remap map [0, t1] [%2] : i32[2, 4]
  %15, %16 = reduce dim 1 [%0, %3] (%4: i32[], %5: i32[], %6: i32[], %7: i32[]) {
    %8 = compare gt %6, %4 : bool[]
    %9 = compare eq %6, %4 : bool[]
    %10 = compare lt %7, %5 : bool[]
    %11 = binary bit_and %9, %10 : bool[]
    %12 = binary bit_or %8, %11 : bool[]
    %13 = select %12, %6, %4 : i32[]
    %14 = select %12, %7, %5 : i32[]
    yield %13, %14
  } : i32[2], i32[2]
  %17 = cast %16 : i64[2]
  print "r" [%17]
}
)");
}

TEST(RecordTilesTest, ArgminOfFloatsLooksForNan) {
  EXPECT_EQ(recorded_body([](In a, InOut) { print("r", {argmin(a)}); }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = remap map [t0 / 4, t0 % 4] [%0] : f32[8]
  %2 = arange 0[] : i32[8]
  %3 = remap map [t0] [%2] : i32[8]
  %22, %23 = reduce dim 0 [%1, %3] (%4: f32[], %5: i32[], %6: f32[], %7: i32[]) {
    %8 = compare lt %6, %4 : bool[]
    %9 = compare eq %6, %4 : bool[]
    %10 = compare ne %4, %4 : bool[]
    %11 = compare ne %6, %6 : bool[]
    %12 = unary logical_not %10 : bool[]
    %13 = binary bit_or %8, %11 : bool[]
    %14 = binary bit_and %13, %12 : bool[]
    %15 = binary bit_and %10, %11 : bool[]
    %16 = binary bit_or %9, %15 : bool[]
    %17 = compare lt %7, %5 : bool[]
    %18 = binary bit_and %16, %17 : bool[]
    %19 = binary bit_or %14, %18 : bool[]
    %20 = select %19, %6, %4 : f32[]
    %21 = select %19, %7, %5 : i32[]
    yield %20, %21
  } : f32[], i32[]
  %24 = cast %23 : i64[]
  print "r" [%24]
}
)");
}

TEST(RecordTilesTest, ReduceOfSeveral) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              auto both = reduce({a, b}, dim(1), [](Tiles x, Tiles y) {
                return Tiles{x[0] + y[1], x[1] * y[0]};
              });
              print("r", {both[0], both[1]});
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = load b[] : f32[2, 4]
  %8, %9 = reduce dim 1 [%0, %1] (%2: f32[], %3: f32[], %4: f32[], %5: f32[]) {
    %6 = binary add %2, %5 : f32[]
    %7 = binary mul %3, %4 : f32[]
    yield %6, %7
  } : f32[2], f32[2]
  print "r" [%8, %9]
}
)");
}

TEST(RecordTilesTest, Scans) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              Tile last =
                  scan(a, 1, [](Tile x, Tile y) { return x * 2 + y; }, true);
              print("r", {cumsum(a, 0), cummax(a, -1), last});
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %6 = scan dim 1 reverse [%0] (%1: f32[], %2: f32[]) {
    %3 = constant 2 : f32[]
    %4 = binary mul %1, %3 : f32[]
    %5 = binary add %4, %2 : f32[]
    yield %5
  } : f32[2, 4]
  %7 = load a[] : f32[2, 4]
  %11 = scan dim 0 [%7] (%8: f32[], %9: f32[]) {
    %10 = binary add %8, %9 : f32[]
    yield %10
  } : f32[2, 4]
  %12 = load a[] : f32[2, 4]
  %16 = scan dim 1 [%12] (%13: f32[], %14: f32[]) {
    %15 = binary max %13, %14 : f32[]
    yield %15
  } : f32[2, 4]
  print "r" [%11, %16, %6]
}
)");
}

TEST(RecordTilesTest, Sorts) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              auto two = sort(a, {b}, 0, true);
              print("r", {sort(a), two[1]});
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = load b[] : f32[2, 4]
  %2, %3 = sort dim 0 reverse [%0, %1] : f32[2, 4], f32[2, 4]
  %4 = load a[] : f32[2, 4]
  %5 = sort dim 1 [%4] : f32[2, 4]
  print "r" [%5, %3]
}
)");
}

TEST(RecordTilesTest, Histogram) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {histogram(cast(a, i64), 7), histogram(cast(a, u8), 3),
                          histogram(sum(cast(a, i32)), 2)});
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = cast %0 : i64[2, 4]
  %2 = histogram [%1] : i32[7]
  %3 = load a[] : f32[2, 4]
  %4 = cast %3 : u8[2, 4]
  %5 = cast %4 : i32[2, 4]
  %6 = histogram [%5] : i32[3]
  %7 = load a[] : f32[2, 4]
  %8 = cast %7 : i32[2, 4]
  %9 = cast %8 : i64[2, 4]
  %13 = reduce dim 1 [%9] (%10: i64[], %11: i64[]) {
    %12 = binary add %10, %11 : i64[]
    yield %12
  } : i64[2]
  %17 = reduce dim 0 [%13] (%14: i64[], %15: i64[]) {
    %16 = binary add %14, %15 : i64[]
    yield %16
  } : i64[]
  %18 = constant 1 : bool[1]
  %19 = select %18, %17, %17 : i64[1]
  %20 = histogram [%19] : i32[2]
  print "r" [%2, %6, %20]
}
)");
}

TEST(RecordTilesTest, TopK) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              auto [values, places] = topk(a, 3);
              print("r", {values, places});
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = arange 0[] : i32[4]
  %2 = remap map [t1] [%1] : i32[1, 4]
  %3 = remap map [0, t1] [%2] : i32[2, 4]
  %4, %5 = sort dim 1 reverse [%0, %3] : f32[2, 4], i32[2, 4]
  %6 = remap map [t0, t1] [%4] : f32[2, 3]
  %7 = remap map [t0, t1] [%5] : i32[2, 3]
  %8 = cast %7 : i64[2, 3]
  print "r" [%6, %8]
}
)");
}

} // namespace
} // namespace girih
