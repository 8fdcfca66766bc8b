// SPDX-License-Identifier: Apache-2.0
// Mistakes in functions that move lanes or compute element by element. A
// mistake shares its line with AT, so that this file is not formatted.
// clang-format off
#include "expect_error.h"

#include <cmath>

namespace girih::testing {
namespace {

using Id = ErrorId;

TEST(ShapeErrors, Arange) {
  expect_application_error(Id::arange, [](In, In, Out) { AT; arange(4, f32); }, "arange() of dtype f32\nhelp: it counts in i32 or i64");
  expect_application_error(Id::arange, [](In, In, Out) { AT; arange(4, u8); });
  expect_application_error(Id::arange, [](In, In, Out) { AT; arange(4, i64, std::int64_t{1} << 40); }, "within 2^30 of 0");
  expect_application_error(Id::arange, [](In, In, Out) { AT; arange(4, i64, INT64_MIN); });
  expect_application_error(Id::tile_size, [](In, In, Out) { AT; arange(0); }, "arange() has shape [0]");
  expect_application_error(Id::tile_size, [](In, In, Out) { AT; arange(-4); }, "sizes are positive");
  expect_application_error(Id::tile_size, [](In, In, Out) { AT; arange(1 << 21); });
}
TEST(ShapeErrors, Reshape) {
  expect_application_error(Id::reshape, [](In a, In, Out) { AT; reshape(a[0], {3, 5}); }, "reshape() of [4, 4] to [3, 5]");
  expect_application_error(Id::reshape, [](In a, In, Out) { AT; reshape(a[0], {5, -1}); }, "the tile has 16 elements, the shape 15");
  expect_application_error(Id::reshape, [](In a, In, Out) { AT; reshape(a[0], {-1, -1}); }, "one of them may be -1");
  expect_application_error(Id::reshape, [](In a, In, Out) { AT; reshape(a[0], {0, -1}); });
  expect_application_error(Id::reshape, [](In a, In, Out) { AT; reshape(a[0], {-2, -8}); });
  expect_application_error(Id::reshape, [](In a, In, Out) { AT; reshape(a[0], {INT64_MAX, INT64_MAX, -1}); });
  expect_application_error(Id::reshape, [](In a, In, Out) { AT; reshape(a[0], {}); });
  expect_application_error(Id::tile_rank, [](In a, In, Out) { Shape many(20, 1); many[0] = 16; AT; reshape(a[0], many); });
}
TEST(ShapeErrors, Rank) {
  expect_application_error(Id::tile_rank, [](In, In, Out) { AT; zeros(Shape(17, 1), f32); }, "has 17 dimensions; a tile has at most 16");
  expect_application_error(Id::tile_rank, [](In, In, Out) { Tile x = zeros(Shape(16, 1), f32); AT; unsqueeze(x, 0); });
  expect_application_error(Id::tile_rank, [](In, In, Out) { Tile x = zeros(Shape(16, 1), f32); AT; join(x, x); });
  expect_application_error(Id::tile_rank, [](In, In, Out) { Tile x = zeros({}, f32); AT; broadcast_to(x, Shape(17, 1)); });
}
TEST(ShapeErrors, Permute) {
  expect_application_error(Id::permutation, [](In a, In, Out) { AT; permute(a[0], {0, 0}); }, "a tile [4, 4] once, got [0, 0]");
  expect_application_error(Id::permutation, [](In a, In, Out) { AT; permute(a[0], {1}); });
  expect_application_error(Id::permutation, [](In a, In, Out) { AT; permute(a[0], {}); });
  expect_application_error(Id::permutation, [](In a, In, Out) { AT; permute(a[0], {0, 1, 0}); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; permute(a[0], {0, 2}); }, "permute() names dimension 2 of a tile f32[4, 4], which has rank 2");
  expect_application_error(Id::dim_range, [](In, In, Out) { Tile x = arange(4); AT; transpose(x); }, "transpose() names dimension -2");
}
TEST(ShapeErrors, BroadcastTo) {
  expect_application_error(Id::shape_mismatch, [](In a, In, Out) { AT; broadcast_to(a[0], {8, 4}); }, "shapes [4, 4] and [8, 4]");
  expect_application_error(Id::shape_mismatch, [](In a, In, Out) { AT; broadcast_to(a[0], {4}); }, "only dimensions of size 1 are repeated");
  expect_application_error(Id::shape_mismatch, [](In a, In, Out) { AT; broadcast_to(a[0], {1, 4}); });
  expect_application_error(Id::tile_size, [](In a, In, Out) { AT; broadcast_to(a[0], {1 << 20, 4, 4}); });
  expect_application_error(Id::tile_size, [](In a, In, Out) { AT; broadcast_to(a[0], {-1, 4, 4}); });
}
TEST(ShapeErrors, SqueezeAndUnsqueeze) {
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; unsqueeze(a[0], 4); }, "unsqueeze() names dimension 4 of its result, which has rank 3");
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; unsqueeze(a[0], -4); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; squeeze(a[0], 2); });
  expect_application_error(Id::not_one, [](In a, In, Out) { AT; squeeze(a[0], 1); }, "squeeze() needs dimension 1 of a tile [4, 4] to have size 1; it has size 4");
}
TEST(ShapeErrors, Slice) {
  const char *says = "slice() of 2 lanes from 3 in steps of 1 leaves dimension 1 of a tile [4, 4]";
  expect_application_error(Id::slice, [](In a, In, Out) { AT; slice(a[0], 1, 3, 2); }, says);
  expect_application_error(Id::slice, [](In a, In, Out) { AT; slice(a[0], 1, -1, 2); });
  expect_application_error(Id::slice, [](In a, In, Out) { AT; slice(a[0], 0, 0, 0); });
  expect_application_error(Id::slice, [](In a, In, Out) { AT; slice(a[0], 0, 0, 3, 2); });
  expect_application_error(Id::slice, [](In a, In, Out) { AT; slice(a[0], 0, 1, 3, -1); });
  expect_application_error(Id::slice, [](In a, In, Out) { AT; slice(a[0], 1, 0, 2, 0); }, "takes one lane again and again");
  expect_application_error(Id::slice, [](In a, In, Out) { AT; slice(a[0], 0, 0, INT64_MAX, INT64_MAX); });
  expect_application_error(Id::slice, [](In a, In, Out) { AT; slice(a[0], 0, 0, 2, INT64_MIN); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; slice(a[0], 2, 0, 1); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; flip(a[0], -3); }, "flip() names dimension -3");
}
TEST(ShapeErrors, JoinSplitCat) {
  expect_application_error(Id::shape_mismatch, [](In a, In, Out) { Tile x = arange(5); AT; join(a[0], x); }, "join() of tiles of shapes [4, 4] and [5]");
  expect_application_error(Id::shape_mismatch, [](In a, In, Out) { AT; split(a[0]); }, "the last dimension must have size 2");
  expect_application_error(Id::shape_mismatch, [](In, In, Out) { AT; split(1.5); });
  expect_application_error(Id::shape_mismatch, [](In a, In, Out) { Tile x = zeros({4, 5}, f32); AT; cat(a[0], x, 0); }, "only dimension 0 of the two may differ");
  expect_application_error(Id::shape_mismatch, [](In a, In, Out) { AT; cat(a[0], 1, 0); });
  expect_application_error(Id::dim_range, [](In a, In b, Out) { AT; cat(a[0], b[0], 2); }, "cat() names dimension 2");
  expect_application_error(Id::tile_size, [](In, In, Out) { Tile x = zeros({1 << 20}, f32); AT; cat(x, x, 0); });
}
TEST(ShapeErrors, GatherWithinATile) {
  expect_application_error(Id::tile_index, [](In a, In, Out) { AT; gather(a[0], 0, a[0]); }, "it has dtype f32");
  expect_application_error(Id::tile_index, [](In a, In b, Out) { Tile i = b[0]; AT; gather(a[0], 0, i); }, u8, "indices are i32 or i64");
  expect_application_error(Id::shape_mismatch, [](In a, In, Out) { Tile i = arange(4); AT; gather(a[0], 0, i); }, "the index has the tile's rank");
  expect_application_error(Id::shape_mismatch, [](In a, In, Out) { Tile i = zeros({4, 3}, i32); AT; gather(a[0], 0, i); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { Tile i = zeros({4, 4}, i32); AT; gather(a[0], 2, i); });
}
TEST(ShapeErrors, ElementwiseDtypes) {
  expect_application_error(Id::dtype_unsupported, [](In a, In b, Out) { AT; fmod(a[0], b[0]); }, i32, "fmod() of a tile of dtype i32");
  expect_application_error(Id::dtype_unsupported, [](In a, In b, Out) { AT; atan2(a[0], b[0]); }, i64);
  expect_application_error(Id::dtype_unsupported, [](In a, In b, Out) { AT; fma(a[0], b[0], 1); }, i32, "fma()");
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; isnan(a[0]); }, e4m3, "isnan() of a tile of dtype e4m3");
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; floor(a[0]); }, e5m2);
  expect_application_error(Id::dtype_unsupported, [](In a, In b, Out) { AT; max(a[0], b[0]); }, b1);
  expect_application_error(Id::dtype_unsupported, [](In a, In b, Out) { AT; auto m = a[0] == b[0]; }, e4m3, "cast to f32 first");
  expect_application_error(Id::dtype_unsupported, [](In a, In b, Out) { AT; a[0] >> b[0]; }, b1);
  expect_application_error(Id::dtype_unsupported, [](In a, In b, Out) { AT; a[0] % b[0]; }, ue8m0);
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; abs(a[0]); }, u4);
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; !a[0]; }, f32, "compare with 0");
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; ~a[0]; }, f16, "operator ~ of a tile of dtype f16");
  expect_application_error(Id::dtype_unsupported, [](In a, In b, Out) { AT; where(1, a[0], b[0]); }, f32, "a where() mask");
}
TEST(ShapeErrors, Bitcast) {
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; bitcast(a[0], f16); }, f32, "bitcast() to f16 of a tile of dtype f32");
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; bitcast(a[0], b1); }, u8, "same width");
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; bitcast(a[0], u8); }, b1);
}
TEST(ShapeErrors, BroadcastsTooLarge) {
  expect_application_error(Id::tile_size, [](In, In, Out) { Tile x = zeros({2048, 1}, f32), y = zeros({1, 2048}, f32); AT; x + y; }, "operator + has shape [2048, 2048]");
  expect_application_error(Id::tile_size, [](In, In, Out) { Tile x = zeros({2048, 1}, f32), y = zeros({1, 2048}, f32); AT; fma(x, y, 1); });
}

} // namespace
} // namespace girih::testing
