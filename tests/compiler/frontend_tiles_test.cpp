// SPDX-License-Identifier: Apache-2.0
// What whole tiles, branches and indirect accesses become: one application for
// each kind of node.
#include "imported.h"

#include "girih/tests/interpreter/one_tile.h"

#include <gmock/gmock.h>

namespace girih::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// Records `application` for operands x (f32), i (i32) and y, tiles of 6 by 5,
/// and checks that the pipeline's output verifies, too.
template <class Apply> std::string text_of(Apply application, DType out = f32) {
  TestArray x(f32, {6, 5}), i(i32, {6, 5}), y(out, {6, 5});
  Program program = one_tile(application, {&x, &i, &y});
  EXPECT_FALSE(tiled(program).empty());
  return imported(program);
}

TEST(FrontendTiles, Coordinates) {
  std::string text = text_of(
      [](In x, In, Out y) {
        y = where(x.in_bounds(), x.offsets(1), 0) +
            reshape(arange(5, i32, 7), {1, 5});
      },
      i64);
  EXPECT_THAT(text, HasSubstr("tile.coordinate[] map"));
  EXPECT_THAT(text, HasSubstr(": tensor<5xi32>"));
  EXPECT_THAT(text, HasSubstr("(d0 + 7)"));
  EXPECT_THAT(text, HasSubstr("tensor<6x5xi64>"));
  // A lane is in bounds where the constraints of its load hold.
  EXPECT_THAT(text, HasSubstr("arith.cmpi sge"));
}

TEST(FrontendTiles, Remaps) {
  std::string text = text_of(
      [](In x, In, Out y) { y = reshape(transpose(x), {6, 5}) + flip(x, 0); });
  EXPECT_THAT(text, HasSubstr("tensor<6x5xf32> -> tensor<5x6xf32>"));
  EXPECT_THAT(text, HasSubstr("affine_map<(d0, d1) -> (d1, d0)>"));
  EXPECT_THAT(text, HasSubstr("affine_map<(d0, d1) -> (-d0 + 5, d1)>"));
  EXPECT_EQ(count(text, "tile.remap"), 3u);
}

TEST(FrontendTiles, ReductionsAndScans) {
  std::string text = text_of([](In x, In, Out y) {
    y = cumsum(x, 1, true) * sum(x, dim(0)) + max(x);
  });
  EXPECT_THAT(text, HasSubstr("dim 1 reverse : tensor<6x5xf32>"));
  EXPECT_THAT(text, HasSubstr("dim 0 : tensor<6x5xf32> -> tensor<5xf32>"));
  EXPECT_THAT(text, HasSubstr("-> f32 {"));
  EXPECT_THAT(text, HasSubstr("^bb0(%arg3: f32, %arg4: f32):"));
  EXPECT_THAT(text, HasSubstr("tile.yield"));
}

TEST(FrontendTiles, SortAndTake) {
  std::string text =
      text_of([](In x, In i, Out y) { y = gather(sort(x, 0, true), 1, i); });
  EXPECT_THAT(text, HasSubstr("dim 0 descending : tensor<6x5xf32>"));
  EXPECT_THAT(text,
              HasSubstr("dim 1 : tensor<6x5xf32>, tensor<6x5xi32> -> tensor"));
  std::string bytes = text_of(
      [](In, In i, Out y) { y = sort(i.gather({i, i}).to(u8), 1); }, u8);
  EXPECT_THAT(bytes, HasSubstr("dim 1 unsigned : tensor<6x5xi8>"));
}

TEST(FrontendTiles, IndirectAccesses) {
  std::string text = text_of([](In x, In i, InOut y) {
    y.scatter({i, 1}, x);
    y.scatter({0, 0}, y.atomic_max({0, 1}, x.gather({2, 3})));
    y.atomic_add({i, i}, x);
  });
  EXPECT_EQ(count(text, "tile.scatter"), 2u);
  EXPECT_THAT(text, HasSubstr("tensor<6x5xi32>, tensor<6x5xi64>] : tensor"));
  // Scalars are tensors of rank 0 there, and values again afterwards.
  EXPECT_THAT(text, HasSubstr("tensor<i64>, tensor<i64>] other 0.000000e+00 : "
                              "f32 : !tile.view"));
  EXPECT_THAT(text, HasSubstr("tile.atomic max"));
  EXPECT_THAT(text, HasSubstr("tensor.extract"));
  EXPECT_THAT(text, HasSubstr("tile.atomic add"));
}

TEST(FrontendTiles, CompareExchange) {
  std::string text = text_of(
      [](In, In i, InOut y) { y.atomic_compare_exchange({i, i}, i, i + 1); },
      i32);
  EXPECT_THAT(text, HasSubstr("tile.atomic compare_exchange"));
  EXPECT_THAT(text, HasSubstr(" expected "));
}

TEST(FrontendTiles, Arrivals) {
  std::string text = text_of(
      [](In x, In i, InOut y) {
        when(y.last_to_arrive({i.size(0), 1}, 3), [&] { y = x; });
      },
      i32);
  EXPECT_THAT(text, HasSubstr("tile.arrive %arg2[%"));
  EXPECT_THAT(text, HasSubstr(" : i64, i64] of %"));
}

TEST(FrontendTiles, Control) {
  std::string text = text_of([](In x, In, Out y) {
    Tile value = x;
    Tile low = min(value);
    when(low < 0.f, [&] { value = -value; });
    loop_while([&] { return low < 10.f; },
               [&] {
                 low = low + 1.f;
                 value = value * 2.f;
               });
    y = value;
  });
  EXPECT_THAT(text, HasSubstr("scf.if %"));
  EXPECT_THAT(text, HasSubstr("-> (tensor<6x5xf32>)"));
  EXPECT_THAT(text, HasSubstr("scf.while"));
  EXPECT_THAT(text, HasSubstr("scf.condition("));
}

TEST(FrontendTiles, BranchWithoutResults) {
  std::string text =
      text_of([](In x, In, InOut y) { when(min(x) < 0.f, [&] { y = x; }); });
  EXPECT_THAT(text, AllOf(HasSubstr("scf.if %"), Not(HasSubstr("else"))));
}

TEST(FrontendTiles, DebuggingAndPtx) {
  std::string text = text_of([](In x, In i, Out y) {
    print("both", {x, i, Index(3)});
    device_assert(x < 5.f, "below five");
    y = inline_ptx("neg.f32 $0, $1;", {x}, f32,
                   [](Tiles lanes) { return -lanes[0]; });
  });
  EXPECT_THAT(text, HasSubstr("tile.print \"both\""));
  EXPECT_THAT(text, HasSubstr("unsigned [false, false, false]"));
  EXPECT_THAT(text, HasSubstr("\"below five\" : tensor<6x5xi1>"));
  EXPECT_THAT(text, HasSubstr("tile.inline_ptx \"neg.f32 $0, $1;\""));
}

TEST(FrontendTiles, BitcastAndFma) {
  std::string text =
      text_of([](In x, In i, Out y) { y = fma(x, bitcast(i, f32), 1.f); });
  EXPECT_THAT(text, HasSubstr("arith.bitcast"));
  EXPECT_THAT(text, HasSubstr("math.fma"));
}

TEST(FrontendTiles, RandomIsArithmetic) {
  std::string text =
      text_of([](In, In i, Out y) { y = random_bits(7, i)[0]; }, i32);
  // Ten rounds of two products each, less what the first ones leave out.
  EXPECT_EQ(count(text, "arith.muli"), 20u);
  EXPECT_THAT(text, Not(HasSubstr("tile.random")));
}

} // namespace
} // namespace girih::testing
