// SPDX-License-Identifier: Apache-2.0
// Mistakes in accesses at indices that are data, and in asking where a tile
// lies. A mistake shares its line with AT, so that this file is not formatted.
// clang-format off
#include "expect_error.h"

namespace girih::testing {
namespace {

using Id = ErrorId;

// Three operands a[M, N], b[M, N], c[M, N] in tiles [4, 4] without levels; c is
// partial where `partly`.
template <class Apply>
void expect_access_error(Id id, Apply apply, DType dtype = f32, std::string_view says = "", bool partly = true) {
  auto arrange = [&](Tensor a, Tensor b, Tensor c) {
    auto cut = [](Tensor t) { return t.tile({4, 4}); };
    return arranged(cut(a), cut(b), partly ? partial(cut(c)) : cut(c));
  };
  expect_error(id, [&] { record_kernel(make_source("k", arrange, apply), 2, {}, dtype); }, says);
}
template <class Apply> void expect_access_error(Id id, Apply apply, std::string_view says) {
  expect_access_error(id, apply, f32, says);
}

TEST(AccessErrors, Gather) {
  expect_access_error(Id::tile_index, [](In a, InOut, Out) { AT; a.gather({arange(4)}); }, "gather(): it got 1 indices for a of rank 2");
  expect_access_error(Id::tile_index, [](In a, InOut, Out) { AT; a.gather({}); });
  expect_access_error(Id::tile_index, [](In a, InOut, Out) { AT; a.gather({0, 0, 0}); }, "one index for each dimension of the source");
  expect_access_error(Id::tile_index, [](In a, InOut, Out) { AT; a.gather({a, 0}); }, "an index has dtype f32");
  expect_access_error(Id::tile_index, [](In a, InOut, Out) { AT; a.gather({a.in_bounds(), 0}); }, "an index has dtype bool");
  expect_access_error(Id::tile_index, [](In, InOut b, Out) { AT; b.gather({0, 0.5}); }, "indices are integers");
  expect_access_error(Id::tile_index, [](In a, InOut, Out) { AT; as_index(a); }, "as_index(): it got f32");
  expect_access_error(Id::tile_index, [](In, InOut, Out) { AT; as_index(arange(4)); }, "a scalar tile");
  expect_access_error(Id::shape_mismatch, [](In a, InOut, Out) { Tile i = arange(4), j = arange(5); AT; a.gather({i, j}); }, "gather() of tiles of shapes [4] and [5]");
  expect_access_error(Id::tile_size, [](In a, InOut, Out) { Tile i = reshape(arange(2048), {2048, 1}), j = arange(2048); AT; a.gather({i, j}); });
}
TEST(AccessErrors, Scatter) {
  expect_access_error(Id::scatter_partial, [](In, InOut, Out c) { AT; c.scatter({0, 0}, 1); }, f32, "scatter() of output c: which elements are written is known at run time only", false);
  expect_access_error(Id::scatter_partial, [](In, InOut, Out c) { AT; c.scatter({0, 0}, 1); }, f32, "arrange partial(c)", false);
  expect_access_error(Id::tile_index, [](In, InOut, Out c) { AT; c.scatter({0}, 1); }, "scatter(): it got 1 indices for c of rank 2");
  expect_access_error(Id::tile_index, [](In, InOut b, Out) { AT; b.scatter({1.0, 0}, 1); });
  expect_access_error(Id::shape_mismatch, [](In, InOut, Out c) { Tile i = arange(4); AT; c.scatter({i, 0}, arange(3)); }, "scatter() of tiles of shapes [4] and [3]");
  expect_access_error(Id::literal_range, [](In, InOut, Out c) { AT; c.scatter({0, 0}, 300); }, i8);
}
TEST(AccessErrors, AtomicDtypes) {
  const char *says = "atomic_add() of a tile of dtype i8";
  expect_access_error(Id::dtype_unsupported, [](In, InOut b, Out) { AT; b.atomic_add({0, 0}, 1); }, i8, says);
  expect_access_error(Id::dtype_unsupported, [](In, InOut b, Out) { AT; b.atomic_add({0, 0}, 1); }, e4m3, "f64, f32, f16, bf16, i64, i32");
  expect_access_error(Id::dtype_unsupported, [](In, InOut b, Out) { AT; b.atomic_max({0, 0}, 1); }, f16, "f64, f32, i64, i32");
  expect_access_error(Id::dtype_unsupported, [](In, InOut b, Out) { AT; b.atomic_min({0, 0}, 1); }, bf16);
  expect_access_error(Id::dtype_unsupported, [](In, InOut b, Out) { AT; b.atomic_and({0, 0}, 1); }, f32, "operands of these dtypes have it: i64, i32");
  expect_access_error(Id::dtype_unsupported, [](In, InOut b, Out) { AT; b.atomic_or({0, 0}, 1); }, b1);
  expect_access_error(Id::dtype_unsupported, [](In, InOut b, Out) { AT; b.atomic_xor({0, 0}, 1); }, u8);
  expect_access_error(Id::dtype_unsupported, [](In, InOut b, Out) { AT; b.atomic_exchange({0, 0}, 1); }, i16);
  expect_access_error(Id::dtype_unsupported, [](In, InOut b, Out) { AT; b.atomic_compare_exchange({0, 0}, 1, 2); }, f64, "atomic_compare_exchange()");
}
TEST(AccessErrors, AtomicValues) {
  expect_access_error(Id::dtype_unsupported, [](In, InOut b, Out) { AT; b.atomic_add({0, 0}, 0.5); }, i32, "atomic_add() to b, whose dtype is i32, of a tile of dtype f32");
  expect_access_error(Id::dtype_unsupported, [](In a, InOut b, Out) { AT; b.atomic_max({0, 0}, cast(a, f16)); }, i64, "cast the value to the operand's dtype");
  expect_access_error(Id::literal_range, [](In, InOut b, Out) { AT; b.atomic_add({0, 0}, std::int64_t{1} << 40); }, i32);
  expect_access_error(Id::shape_mismatch, [](In, InOut b, Out) { Tile i = arange(4); AT; b.atomic_add({i, 0}, arange(3)); }, "atomic_add() of tiles of shapes [4] and [3]");
  expect_access_error(Id::shape_mismatch, [](In, InOut b, Out) { Tile i = arange(4); AT; b.atomic_compare_exchange({i, 0}, arange(3), 1); }, i32);
  expect_access_error(Id::tile_index, [](In, InOut b, Out) { AT; b.atomic_add({0}, 1); }, "atomic_add(): it got 1 indices for b of rank 2");
  expect_access_error(Id::tile_index, [](In, InOut b, Out) { AT; b.atomic_xor({0, 1.5}, 1); }, i32);
}
TEST(AccessErrors, Arrivals) {
  expect_access_error(Id::arrival_count, [](In, InOut b, Out) { AT; b.last_to_arrive({0, 0}, 0); }, i32, "last_to_arrive() of 0 programs");
  expect_access_error(Id::arrival_count, [](In, InOut b, Out) { AT; b.last_to_arrive({0, 0}, -4); }, i32, "at least this one");
  expect_access_error(Id::dtype_unsupported, [](In, InOut b, Out) { AT; b.last_to_arrive({0, 0}, 1); }, f32, "last_to_arrive() of a tile of dtype f32");
  expect_access_error(Id::dtype_unsupported, [](In, InOut b, Out) { AT; b.last_to_arrive({0, 0}, 1); }, i64, "counted in an i32");
  expect_access_error(Id::tile_index, [](In, InOut b, Out) { AT; b.last_to_arrive({0}, 1); }, i32, "last_to_arrive(): it got 1 indices for b of rank 2");
  expect_access_error(Id::tile_index, [](In, InOut b, Out) { AT; b.last_to_arrive({arange(4), 0}, 1); }, i32, "a program arrives at one counter");
  expect_access_error(Id::tile_index, [](In, InOut b, Out) { AT; b.last_to_arrive({0, 0.5}, 1); }, i32, "indices are integers");
  expect_access_error(Id::tile_index, [](In, InOut b, Out) { AT; b.last_to_arrive({0, 0}, 1.5); }, i32, "the number of programs is f32");
  expect_access_error(Id::tile_index, [](In a, InOut b, Out) { AT; b.last_to_arrive({0, 0}, a); }, i32, "the number of programs is i32[4, 4]");
  expect_access_error(Id::literal_range, [](In, InOut b, Out) { AT; b.last_to_arrive({0, 0}, std::int64_t{1} << 40); }, i32);
}
TEST(AccessErrors, Places) {
  expect_access_error(Id::dim_range, [](In a, InOut, Out) { AT; a.offsets(2); }, "offsets() names dimension 2 of a, which has rank 2");
  expect_access_error(Id::dim_range, [](In, InOut, Out c) { AT; c.offsets(-3); });
  expect_access_error(Id::dim_range, [](In a, InOut, Out) { AT; a.size(2); }, "size() names dimension 2 of a (its tile), which has rank 2");
  expect_access_error(Id::dim_range, [](In, InOut, Out c) { AT; c.source_size(2); }, "source_size() names dimension 2 of c, which has rank 2");
  expect_access_error(Id::dim_range, [](In, InOut, Out) { AT; program_id(2); }, "program_id() names dimension 2 of the grid, which has rank 2");
  expect_access_error(Id::dim_range, [](In, InOut, Out) { AT; program_id(-1); });
  expect_access_error(Id::level_index, [](In a, InOut, Out) { AT; a[0].offsets(0); }, "a got 1 indices for an operand with no level to index: 0 are needed");
  expect_application_error(Id::level_index, [](In a, In, Out) { AT; a.offsets(0); }, "1 is needed");
  expect_application_error(Id::level_index, [](In a, In, Out) { AT; a.in_bounds(); });
  expect_application_error(Id::level_index, [](In a, In, Out) { AT; a[{0, 1}].in_bounds(); });
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; a[0].offsets(2); });
}

} // namespace
} // namespace girih::testing
