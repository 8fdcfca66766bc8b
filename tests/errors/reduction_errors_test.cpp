// SPDX-License-Identifier: Apache-2.0
// Mistakes in reductions, scans, sorts and in functions of lanes. A mistake
// shares its line with AT, so that this file is not formatted.
// clang-format off
#include "expect_error.h"

namespace girih::testing {
namespace {

using Id = ErrorId;

TEST(ReductionErrors, DTypes) {
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; sum(a[0]); }, e4m3, "sum() of a tile of dtype e4m3");
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; prod(a[0], dim(0)); }, e5m2);
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; mean(a[0], dim(0)); }, e4m3, "mean()");
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; max(a[0]); }, e4m3);
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; min(a[0], dim(1)); }, b1, "min() of a tile of dtype bool");
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; argmax(a[0], dim(1)); }, b1);
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; argmin(a[0]); }, e4m3);
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; cumsum(a[0], 0); }, e4m3, "cumsum()");
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; cumprod(a[0], 0); }, i4);
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; cummax(a[0], 0); }, b1);
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; cummin(a[0], 0); }, e4m3);
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; sort(a[0]); }, e4m3, "sort()");
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; argsort(a[0]); }, e4m3);
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; topk(a[0], 2); }, ue8m0, "topk()");
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; sort(a[0], {a[1]}, 0); }, u4);
}
TEST(ReductionErrors, Histogram) {
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; histogram(a[0], 4); }, "histogram() of a tile of dtype f32");
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { Tile x = a[0] > 1; AT; histogram(x, 4); }, "histogram() of a tile of dtype bool");
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { Tile x = cast(a[0], i4); AT; histogram(x, 4); });
  expect_application_error(Id::tile_size, [](In a, In, Out) { Tile x = cast(a[0], i32); AT; histogram(x, 0); }, "histogram()");
  expect_application_error(Id::tile_size, [](In a, In, Out) { Tile x = cast(a[0], i32); AT; histogram(x, 1 << 21); });
}
TEST(ReductionErrors, Dimensions) {
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; sum(a[0], dim(2)); }, "sum() names dimension 2 of a tile f32[4, 4], which has rank 2");
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; prod(a[0], dim(-3)); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; mean(a[0], dim(2)); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; max(a[0], dim(2).kept()); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; min(a[0], dim(2)); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; argmax(a[0], dim(2)); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; argmin(a[0], dim(2)); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; any(a[0], dim(2)); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; all(a[0], dim(2)); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; reduce(a[0], dim(2), [](Tile x, Tile y) { return x + y; }); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; scan(a[0], 2, [](Tile x, Tile y) { return x + y; }); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; cumsum(a[0], 2); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; cumprod(a[0], 2); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; cummax(a[0], 2); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; cummin(a[0], 2); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; sort(a[0], 2); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; argsort(a[0], 2); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; topk(a[0], 1, 2); });
  expect_application_error(Id::dim_range, [](In, In, Out) { AT; sort(1.0); }, "which has rank 0");
  expect_application_error(Id::dim_range, [](In, In, Out) { AT; sum(1.0, dim(0)); });
}
TEST(ReductionErrors, TopK) {
  expect_application_error(Id::topk, [](In a, In, Out) { AT; topk(a[0], 0); });
  expect_application_error(Id::topk, [](In a, In, Out) { AT; topk(a[0], -1); });
  expect_application_error(Id::topk, [](In a, In, Out) { AT; topk(a[0], 5); }, "topk() of 5 lanes out of 4");
}
TEST(ReductionErrors, SeveralTiles) {
  auto second = [](Tiles, Tiles y) { return y; };
  expect_application_error(Id::shape_mismatch, [&](In a, In, Out) { Tile x = arange(4); AT; reduce({a[0], x}, dim(0), second); }, "reduce() of tiles of shapes [4, 4] and [4]");
  expect_application_error(Id::shape_mismatch, [&](In a, In, Out) { Tile x = zeros({1, 4}, f32); AT; scan({a[0], x}, 0, second); }, "broadcast_to() it");
  expect_application_error(Id::shape_mismatch, [&](In a, In, Out) { AT; reduce({a[0], 1}, dim(0), second); });
  expect_application_error(Id::shape_mismatch, [&](In a, In, Out) { Tile x = arange(4); AT; sort(a[0], {x}); }, "sort()");
  expect_application_error(Id::missing_argument, [&](In, In, Out) { AT; reduce(std::vector<Located>{}, dim(0), second); }, "reduce() got no tile");
  expect_application_error(Id::missing_argument, [&](In, In, Out) { AT; scan(std::vector<Located>{}, 0, second); });
}
TEST(ReductionErrors, EmptyFunctions) {
  expect_application_error(Id::missing_argument, [](In a, In, Out) { AT; reduce(a[0], dim(0), Combine()); }, "reduce() got an empty function");
  expect_application_error(Id::missing_argument, [](In a, In, Out) { AT; reduce({a[0]}, dim(0), CombineMany()); });
  expect_application_error(Id::missing_argument, [](In a, In, Out) { AT; scan(a[0], 0, Combine()); });
  expect_application_error(Id::missing_argument, [](In a, In, Out) { AT; scan({a[0]}, 0, CombineMany()); });
}

// Expects `id` from a reduction with this function of lanes.
template <class Function> void expect_lanes_error(Id id, Function function, std::string_view says = "") {
  expect_application_error(id, [&](In a, In b, Out c) {
    Tile outside = a[0];
    Index k = b.size(0);
    reduce(a[0], dim(0), [&](Tile x, Tile y) -> Tile { return function(x, y, outside, k, b, c); });
  }, says);
}
#define LANES [](Tile & x, Tile & y, Tile & outside, Index & k, In & b, Out & c) -> Tile
#define UNUSED (void)x, (void)y, (void)outside, (void)k, (void)b, (void)c

TEST(LanesErrors, Captures) {
  expect_lanes_error(Id::lanes_capture, LANES { UNUSED; AT; return x + outside; }, "a Tile or Index from outside");
  expect_lanes_error(Id::lanes_capture, LANES { UNUSED; AT; return where(outside > 0, x, y); });
  expect_lanes_error(Id::lanes_capture, LANES { UNUSED; AT; Tile z = outside; return z; });
  expect_lanes_error(Id::lanes_capture, LANES { UNUSED; AT; return x * k; });
}
TEST(LanesErrors, ReturnsWhatItCaptured) {
  expect_application_error(Id::lanes_capture, [](In a, In, Out) { Tile x = a[0]; AT; reduce(x, dim(0), [&](Tile, Tile) -> Tile { return x; }); });
  expect_application_error(Id::lanes_capture, [](In a, In, Out) { Tile x = a[0]; AT; scan({x}, 0, [&](Tiles, Tiles) { return Tiles{x}; }); });
}
TEST(LanesErrors, Operations) {
  expect_lanes_error(Id::lanes_operation, LANES { UNUSED; AT; return x + b[0]; }, "an Index in a function of lanes");
  expect_lanes_error(Id::lanes_operation, LANES { UNUSED; AT; c[0] = x; return x; });
  expect_lanes_error(Id::lanes_operation, LANES { UNUSED; AT; return reshape(x, {1}); }, "a tile of shape [1]");
  expect_lanes_error(Id::lanes_operation, LANES { UNUSED; AT; return sum(x + zeros({4}, f32)); }, "a tile of shape [4]");
  expect_lanes_error(Id::lanes_operation, LANES { UNUSED; AT; for (Index i : range(3)) (void)i; return x; });
  expect_lanes_error(Id::lanes_operation, LANES { UNUSED; AT; when(x > y, [] {}); return x; }, "when() in a function of lanes");
  expect_lanes_error(Id::lanes_operation, LANES { UNUSED; AT; loop_while([&] { return x > y; }, [] {}); return x; }, "loop_while() in a function of lanes");
  expect_lanes_error(Id::lanes_operation, LANES { UNUSED; AT; print("x", {x}); return x; }, "print() in a function of lanes");
  expect_lanes_error(Id::lanes_operation, LANES { UNUSED; AT; device_assert(x > y, "order"); return x; }, "device_assert()");
  expect_lanes_error(Id::lanes_operation, LANES { UNUSED; AT; return rand(7, cast(x, i64)); }, "a random number");
  expect_lanes_error(Id::lanes_operation, LANES { UNUSED; AT; return inline_ptx("mov.f32 $0, $1;", {x}, f32, [](Tiles t) { return t[0]; }); }, "inline_ptx() in a function of lanes");
  expect_lanes_error(Id::lanes_operation, LANES { UNUSED; AT; arange(4); return x; }, "arange() in a function of lanes");
}
TEST(LanesErrors, Results) {
  const char *says = "the function of reduce() gives f16[] where f32[] is needed";
  expect_application_error(Id::lanes_result, [](In a, In, Out) { AT; reduce(a[0], dim(0), [](Tile x, Tile y) { return cast(x + y, f16); }); }, says);
  expect_application_error(Id::lanes_result, [](In a, In, Out) { AT; scan(a[0], 0, [](Tile x, Tile y) { return x < y; }); }, "the function of scan() gives bool[]");
  expect_application_error(Id::lanes_result, [](In a, In b, Out) { AT; reduce({a[0], b[0]}, dim(0), [](Tiles x, Tiles) { return Tiles{x[0]}; }); }, "gives f32[] where f32[], f32[] is needed");
  expect_application_error(Id::lanes_result, [](In a, In b, Out) { AT; scan({a[0], b[0]}, 0, [](Tiles, Tiles) { return Tiles{}; }); }, "gives nothing where");
  expect_application_error(Id::lanes_result, [](In a, In, Out) { AT; reduce({a[0]}, dim(0), [](Tiles x, Tiles y) { return Tiles{x[0], y[0]}; }); });
}
TEST(LanesErrors, WhatTheFunctionMadeIsGoneAfterwards) {
  expect_application_error(Id::value_scope, [](In a, In, Out c) {
    Tile last = a[0];
    Tile total = reduce(a[0], dim(0), [&](Tile x, Tile y) { last = x + y; return x; });
    AT; c[0] = total + last;
  }, "function of lanes that has ended");
}
TEST(LanesErrors, InlinePtx) {
  auto same = [](Tiles x) { return x[0]; };
  expect_application_error(Id::inline_ptx, [&](In, In, Out) { AT; inline_ptx("mov.f32 $0, 1;", {}, f32, same); }, "it has no input");
  expect_application_error(Id::inline_ptx, [&](In a, In, Out) { AT; inline_ptx("mov.b8 $0, $1;", {a[0]}, i8, same); }, i8, "no PTX register holds i8");
  expect_application_error(Id::inline_ptx, [&](In a, In, Out) { AT; inline_ptx("mov.b32 $0, $1;", {a[0]}, i32, same); }, b1, "holds bool");
  expect_application_error(Id::inline_ptx, [&](In a, In, Out) { AT; inline_ptx("cvt $0, $1;", {a[0]}, e4m3, same); }, "cast to a dtype of 16, 32 or 64 bits");
  expect_application_error(Id::inline_ptx, [&](In a, In, Out) { AT; inline_ptx("add.f32 $0, $1, $2;", {a[0]}, f32, same); }, "its text names $2, but the last input is $1");
  expect_application_error(Id::inline_ptx, [&](In a, In, Out) { AT; inline_ptx("add.f32 $0, $1, $99999999999999999999;", {a[0]}, f32, same); });
  expect_application_error(Id::inline_ptx, [&](In a, In, Out) { AT; inline_ptx("ex2.approx.f32 %0, %1;", {a[0]}, f32, same); }, "does not name the result, $0");
  expect_application_error(Id::inline_ptx, [&](In a, In, Out) { AT; inline_ptx("mov.f32 $0, $1; $x", {a[0]}, f32, same); }, "a $ without a number");
  expect_application_error(Id::inline_ptx, [&](In a, In, Out) { AT; inline_ptx("mov.f32 $0, $1; $", {a[0]}, f32, same); });
  expect_application_error(Id::text, [&](In a, In, Out) { AT; inline_ptx("", {a[0]}, f32, same); }, "inline_ptx(): its text must have 1 to 4096 characters");
  expect_application_error(Id::shape_mismatch, [&](In a, In, Out) { Tile x = arange(5); AT; inline_ptx("add $0, $1, $2;", {a[0], x}, f32, same); });
  expect_application_error(Id::missing_argument, [](In a, In, Out) { AT; inline_ptx("mov.f32 $0, $1;", {a[0]}, f32, {}); }, "inline_ptx() got an empty function");
  expect_application_error(Id::lanes_result, [](In a, In, Out) { AT; inline_ptx("mov.f32 $0, $1;", {a[0]}, f32, [](Tiles x) { return x[0] > 0; }); }, "the function of inline_ptx() gives bool[] where f32[] is needed");
  expect_application_error(Id::lanes_capture, [](In a, In, Out) { Tile o = a[0]; AT; inline_ptx("mov.f32 $0, $1;", {a[0]}, f32, [&](Tiles x) { return x[0] + o; }); });
}

} // namespace
} // namespace girih::testing
