// SPDX-License-Identifier: Apache-2.0
// The examples of docs/reference/meta_operations.md.
#include "girih/dsl/dsl.h"
#include "girih/tests/docs/expect_picture.h"

#include <gtest/gtest.h>

namespace girih {
namespace {

// What the page calls `show`: the table of a Tensor over a source of this
// shape.
void show(const Tensor &tensor, std::vector<std::int64_t> shape,
          const std::string &table, const Offsets &offsets = {}) {
  EXPECT_EQ(evaluate(tensor, shape, {}, offsets).to_string(), table);
}

const Tensor v(1, 0, "v"), m(2, 0, "m");

TEST(MetaOperations, Sizes) {
  // [sizes]
  Tensor rows = m.tile({1, 2}).tile({1, whole}); // three levels
  EXPECT_EQ(rows.depth(), 3);
  EXPECT_EQ(rows.rank(), 2); // of the outermost
  EXPECT_EQ(rows.shape().size(), 2U);
  EXPECT_EQ(rows.name(), "m");
  // The first row, once for each row.
  show(m[0].unsqueeze(0).expand({m.size(0), keep}), {2, 3},
       "[[0, 1, 2], [0, 1, 2]]");
  // [/sizes]
}

TEST(MetaOperations, Tile) {
  // [tile]
  show(v.tile({2}), {5},
       "[[0, 1],\n"
       "[2, 3],\n"
       "[4, -1]]");
  show(m.tile({1, whole}), {2, 3},
       "[[[[0, 1, 2]]],\n"
       "[[[3, 4, 5]]]]");
  // [/tile]
}

TEST(MetaOperations, TileWindows) {
  // [windows]
  // Windows of three, every second element; the ragged last one is kept.
  show(v.tile({3}, {2}), {6},
       "[[0, 1, 2],\n"
       "[2, 3, 4],\n"
       "[4, 5, -1]]");
  // Only complete ones.
  show(v.tile({3}, {2}, {}, Rounding::floor), {6},
       "[[0, 1, 2],\n"
       "[2, 3, 4]]");
  // Every other element of a window.
  show(v.tile({3}, {1}, {2}), {6},
       "[[0, 2, 4],\n"
       "[1, 3, 5]]");
  // Shorter than one window: one, unless there is nothing.
  show(v.tile({3}, {1}), {2}, "[[0, 1, -1]]");
  show(v.tile({3}, {1}), {0}, "[]");
  // [/windows]
}

TEST(MetaOperations, Expand) {
  // [expand]
  show(v.unsqueeze(0).expand({2, keep}), {3}, "[[0, 1, 2], [0, 1, 2]]");
  // [/expand]
}

TEST(MetaOperations, SqueezeAndUnsqueeze) {
  // [squeeze]
  show(v.unsqueeze(1), {2}, "[[0], [1]]");
  show(m.tile({1, 2}).at(1, squeeze(0)), {2, 4},
       "[[[0, 1],\n"
       "[2, 3]],\n"
       "[[4, 5],\n"
       "[6, 7]]]");
  // [/squeeze]
}

TEST(MetaOperations, Permute) {
  // [permute]
  show(m.permute({1, 0}), {2, 3}, "[[0, 3], [1, 4], [2, 5]]");
  // [/permute]
}

TEST(MetaOperations, FlattenAndRavel) {
  // [flatten]
  show(m.flatten().tile({4}), {2, 3},
       "[[0, 1, 2, 3],\n"
       "[4, 5, -1, -1]]");
  // Two levels of one dimension each become one level of two.
  show(v.tile({2}).ravel(), {4}, "[[0, 1], [2, 3]]");
  // [/flatten]
}

TEST(MetaOperations, Pad) {
  // [pad]
  show(v.pad({{1, 1}}).tile({3}, {1}), {3},
       "[[-1, 0, 1],\n"
       "[0, 1, 2],\n"
       "[1, 2, -1]]");
  // [/pad]
}

TEST(MetaOperations, Brackets) {
  // [brackets]
  show(m[1], {2, 3}, "[3, 4, 5]");
  show(m[{ellipsis, -1}], {2, 3}, "[2, 5]");
  show(m[{newaxis, Slice{0, 1}, Slice{.step = 2}}], {2, 3}, "[[[0, 2]]]");
  show(m.select(1, 0), {2, 3}, "[0, 3]");
  show(m.slice(1, {1, whole}), {2, 3}, "[[1, 2], [4, 5]]");
  show(v[Slice{-3, whole}], {5}, "[2, 3, 4]");
  show(v[Slice{.step = -2}], {5}, "[4, 2, 0]");
  show(v.flip(0), {3}, "[2, 1, 0]");
  // Outside is outside: nothing is clamped.
  show(v[Slice{2, 6}], {4}, "[2, 3, -1, -1]");
  show(m[-3], {2, 3}, "[-1, -1, -1]");
  // [/brackets]
}

TEST(MetaOperations, Jagged) {
  // [jagged]
  Tensor offsets(1, 1, "offsets");
  // Rows of 2 and 3 elements, seen as rows of 4.
  show(v.jagged(0, offsets, 4), {5}, "[[0, 1, -1, -1], [2, 3, 4, -1]]",
       {{1, {0, 2, 5}}});
  show(v.jagged(0, offsets, 4).tile({1, 2}).at(1, squeeze(0)), {5},
       "[[[0, 1],\n"
       "[-1, -1]],\n"
       "[[2, 3],\n"
       "[4, -1]]]",
       {{1, {0, 2, 5}}});
  // Offsets beyond the end, and out of order.
  show(v.jagged(0, offsets, 4), {5}, "[[3, 4, -1, -1], [-1, -1, -1, -1]]",
       {{1, {3, 99, 1}}});
  // [/jagged]
}

TEST(MetaOperations, At) {
  // [at]
  Tensor tiles = m.tile({2, 2});
  show(tiles.at(1, permute({1, 0})), {2, 2}, "[[[[0, 2], [1, 3]]]]");
  show(tiles.at(1, [](Tensor t) { return t.flatten().flip(0); }), {2, 2},
       "[[[3, 2, 1, 0]]]");
  // [/at]
}

TEST(MetaOperations, Matmul) {
  // [matmul]
  // The first operand of a matrix product: a program to each tile of the
  // result, a level over k. Blocks of 1 x 2, two columns of results.
  show(m.tile({1, 2}).tile({1, whole}).expand({keep, 2}).at(1, squeeze(0)),
       {2, 3},
       "[[[[[0, 1]], [[2, -1]]],\n"
       "[[[0, 1]], [[2, -1]]]],\n"
       "[[[[3, 4]], [[5, -1]]],\n"
       "[[[3, 4]], [[5, -1]]]]]");
  // [/matmul]
}

// The pictures of the page are what visualize() draws.
TEST(MetaOperations, Pictures) {
  if (testing::source_root().empty())
    GTEST_SKIP() << "the source tree is not here";
  // [pictures]
  Picture tiles = visualize(m.tile({2, 3}), {5, 7});
  Picture windows = visualize(v.pad({{1, 1}}).tile({3}, {2}), {8});
  Picture rows = visualize(v.jagged(0, Tensor(1, 1, "offsets"), 6).tile({1, 3}),
                           {11}, {}, {{1, {0, 3, 8, 11}}});
  // [/pictures]
  testing::expect_picture("tile", tiles);
  testing::expect_picture("windows", windows);
  testing::expect_picture("jagged", rows);
}

} // namespace
} // namespace girih
