// SPDX-License-Identifier: Apache-2.0
// The Program of indirect accesses, random numbers, printing and inline PTX.
#include "kernels.h"

#include <gtest/gtest.h>

namespace girih {
namespace {

using testing::recorded_body;

TEST(RecordMemoryTest, Places) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {a.offsets(0), a.offsets(-1), a.in_bounds()});
            }),
            R"(body {
  %0 = offsets dim 0 a[] : i64[2, 4]
  %1 = offsets dim 1 a[] : i64[2, 4]
  %2 = in_bounds a[] : bool[2, 4]
  print "r" [%0, %1, %2]
}
)");
}

TEST(RecordMemoryTest, GatherAndScatter) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              Tile rows = reshape(arange(2), {2, 1});
              Tile x = a.gather({rows, arange(3, i64)});
              b.scatter({rows, 5}, x);
              b.scatter({a.size(0), cast(rows, u8)}, 1);
            }),
            R"(body {
  %0 = arange 0[] : i32[2]
  %1 = remap map [t0] [%0] : i32[2, 1]
  %2 = arange 0[] : i64[3]
  %3 = remap map [t0, 0] [%1] : i32[2, 3]
  %4 = remap map [t1] [%2] : i64[2, 3]
  %5 = gather a[%3, %4] : f32[2, 3]
  %6 = remap map [t0, 0] [%1] : i32[2, 3]
  %7 = constant 5 : i64[]
  %8 = constant 1 : bool[2, 3]
  %9 = select %8, %7, %7 : i64[2, 3]
  scatter b[%5, %6, %9]
  %10 = index 2 : index
  %11 = cast %1 : u8[2, 1]
  %12 = constant 1 : f32[]
  %13 = constant 1 : bool[2, 1]
  %14 = select %13, %12, %12 : f32[2, 1]
  %15 = index_to_tile %10 : i64[]
  %16 = constant 1 : bool[2, 1]
  %17 = select %16, %15, %15 : i64[2, 1]
  %18 = cast %11 : i32[2, 1]
  scatter b[%14, %17, %18]
}
)");
}

TEST(RecordMemoryTest, Atomics) {
  EXPECT_EQ(recorded_body(
                [](In a, InOut b) {
                  Tile before = b.atomic_add({arange(4), 0}, 1);
                  b.atomic_max({0, 0}, a);
                  Tile old = b.atomic_compare_exchange({0, 1}, before, 7);
                  print("r", {old});
                },
                i32),
            R"(body {
  %0 = arange 0[] : i32[4]
  %1 = constant 1 : i32[]
  %2 = constant 1 : bool[4]
  %3 = select %2, %1, %1 : i32[4]
  %4 = constant 0 : i64[]
  %5 = constant 1 : bool[4]
  %6 = select %5, %4, %4 : i64[4]
  %7 = atomic add b[%3, %0, %6] : i32[4]
  %8 = load a[] : i32[2, 4]
  %9 = constant 0 : i64[]
  %10 = constant 1 : bool[2, 4]
  %11 = select %10, %9, %9 : i64[2, 4]
  %12 = constant 0 : i64[]
  %13 = constant 1 : bool[2, 4]
  %14 = select %13, %12, %12 : i64[2, 4]
  %15 = atomic max b[%8, %11, %14] : i32[2, 4]
  %16 = constant 7 : i32[]
  %17 = constant 1 : bool[4]
  %18 = select %17, %16, %16 : i32[4]
  %19 = constant 0 : i64[]
  %20 = constant 1 : bool[4]
  %21 = select %20, %19, %19 : i64[4]
  %22 = constant 1 : i64[]
  %23 = constant 1 : bool[4]
  %24 = select %23, %22, %22 : i64[4]
  %25 = atomic compare_exchange b[%18, %7, %21, %24] : i32[4]
  print "r" [%25]
}
)");
}

TEST(RecordMemoryTest, Arrivals) {
  EXPECT_EQ(recorded_body(
                [](In a, InOut b) {
                  Tile last = b.last_to_arrive({0, a.size(0)}, 7);
                  print("r", {last, b.last_to_arrive({1, 1}, a.size(1))});
                },
                i32),
            R"(body {
  %0 = index 2 : index
  %1 = constant 7 : i32[]
  %2 = constant 0 : i64[]
  %3 = index_to_tile %0 : i64[]
  %4 = arrive b[%1, %2, %3] : bool[]
  %5 = index 4 : index
  %6 = index_to_tile %5 : i64[]
  %7 = cast %6 : i32[]
  %8 = constant 1 : i32[]
  %9 = binary max %7, %8 : i32[]
  %10 = constant 1 : i64[]
  %11 = constant 1 : i64[]
  %12 = arrive b[%9, %10, %11] : bool[]
  print "r" [%4, %12]
}
)");
}

TEST(RecordMemoryTest, RandomBits) {
  EXPECT_EQ(recorded_body([](In, InOut) {
              auto words = random_bits(7, arange(4));
              print("r", {words[0], words[3]});
            }),
            R"(body {
  %0 = arange 0[] : i32[4]
  %1 = constant 7 : i64[]
  %2 = cast %0 : i64[4]
  %3, %4, %5, %6 = random [%1, %2] : i32[4], i32[4], i32[4], i32[4]
  print "r" [%3, %6]
}
)");
}

TEST(RecordMemoryTest, Rand) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {rand(a.size(0), a.offsets(0))});
            }),
            R"(body {
  %0 = index 2 : index
  %1 = offsets dim 0 a[] : i64[2, 4]
  %2 = index_to_tile %0 : i64[]
  %3, %4, %5, %6 = random [%2, %1] : i32[2, 4], i32[2, 4], i32[2, 4], i32[2, 4]
  %7 = constant 8 : i32[]
  %8 = binary shr %3, %7 : i32[2, 4]
  %9 = constant 16777215 : i32[]
  %10 = binary bit_and %8, %9 : i32[2, 4]
  %11 = cast %10 : f32[2, 4]
  %12 = constant 5.960464477539063e-08 : f32[]
  %13 = binary mul %11, %12 : f32[2, 4]
  print "r" [%13]
}
)");
}

TEST(RecordMemoryTest, Randn) {
  EXPECT_EQ(recorded_body([](In, InOut) { print("r", {randn(7, arange(4))}); }),
            R"(body {
  %0 = arange 0[] : i32[4]
  %1 = constant 7 : i64[]
  %2 = cast %0 : i64[4]
  %3, %4, %5, %6 = random [%1, %2] : i32[4], i32[4], i32[4], i32[4]
  %7 = constant 8 : i32[]
  %8 = binary shr %3, %7 : i32[4]
  %9 = constant 16777215 : i32[]
  %10 = binary bit_and %8, %9 : i32[4]
  %11 = cast %10 : f32[4]
  %12 = constant 1 : f32[]
  %13 = binary add %11, %12 : f32[4]
  %14 = constant 5.960464477539063e-08 : f32[]
  %15 = binary mul %13, %14 : f32[4]
  %16 = unary log %15 : f32[4]
  %17 = constant -2 : f32[]
  %18 = binary mul %16, %17 : f32[4]
  %19 = unary sqrt %18 : f32[4]
  %20 = constant 8 : i32[]
  %21 = binary shr %4, %20 : i32[4]
  %22 = constant 16777215 : i32[]
  %23 = binary bit_and %21, %22 : i32[4]
  %24 = cast %23 : f32[4]
  %25 = constant 3.7450702829239286e-07 : f32[]
  %26 = binary mul %24, %25 : f32[4]
  %27 = unary cos %26 : f32[4]
  %28 = binary mul %19, %27 : f32[4]
  print "r" [%28]
}
)");
}

TEST(RecordMemoryTest, PrintAndAssert) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("no values");
              print("tab\tand \"quote\" \\ \xc3\xa9", {a, a.size(0), 2.5});
              device_assert(a == a, "a is a number\n");
            }),
            R"(body {
  print "no values" []
  %0 = load a[] : f32[2, 4]
  %1 = index 2 : index
  %2 = index_to_tile %1 : i64[]
  %3 = constant 2.5 : f32[]
  print "tab\x09and \x22quote\x22 \x5c \xc3\xa9" [%0, %2, %3]
  %4 = load a[] : f32[2, 4]
  %5 = load a[] : f32[2, 4]
  %6 = compare eq %4, %5 : bool[2, 4]
  assertion "a is a number\x0a" [%6]
}
)");
}

TEST(RecordMemoryTest, InlinePtx) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              print("r", {inline_ptx("{ .reg .f32 t; mul.f32 t, $1, $2;\n"
                                     "  add.f32 $0, t, 0f3F800000; }",
                                     {a, 0.5}, f32,
                                     [](Tiles x) { return x[0] * x[1] + 1; })});
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = constant 0.5 : f32[]
  %2 = constant 1 : bool[2, 4]
  %3 = select %2, %1, %1 : f32[2, 4]
  %9 = inline_ptx "{ .reg .f32 t; mul.f32 t, $1, $2;\x0a  add.f32 $0, t, 0f3F800000; }" [%0, %3] (%4: f32[], %5: f32[]) {
    %6 = binary mul %4, %5 : f32[]
    %7 = constant 1 : f32[]
    %8 = binary add %6, %7 : f32[]
    yield %8
  } : f32[2, 4]
  print "r" [%9]
}
)");
}

TEST(RecordMemoryTest, ElementwiseFunctionsOfTwoAndThree) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              print("r", {fma(a, b, 1), fmod(a, 3), atan2(a, b), expm1(a),
                          trunc(b), bitcast(a, i32)});
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = load b[] : f32[2, 4]
  %2 = constant 1 : f32[]
  %3 = ternary fma %0, %1, %2 : f32[2, 4]
  %4 = load a[] : f32[2, 4]
  %5 = constant 3 : f32[]
  %6 = binary rem %4, %5 : f32[2, 4]
  %7 = load a[] : f32[2, 4]
  %8 = load b[] : f32[2, 4]
  %9 = binary atan2 %7, %8 : f32[2, 4]
  %10 = load a[] : f32[2, 4]
  %11 = unary expm1 %10 : f32[2, 4]
  %12 = load b[] : f32[2, 4]
  %13 = unary trunc %12 : f32[2, 4]
  %14 = load a[] : f32[2, 4]
  %15 = bitcast %14 : i32[2, 4]
  print "r" [%3, %6, %9, %11, %13, %15]
}
)");
}

} // namespace
} // namespace girih
