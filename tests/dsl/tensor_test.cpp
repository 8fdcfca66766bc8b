// SPDX-License-Identifier: Apache-2.0
// Every meta-operation evaluated to a literal table; -1 is outside the source.
#include "girih/dsl/dsl.h"

#include <gtest/gtest.h>

#include <random>

namespace girih {
namespace {

// One line, so that tables read well here.
std::string table(const Tensor &tensor, std::vector<std::int64_t> shape,
                  std::map<std::string, std::int64_t> blocks = {},
                  const Offsets &offsets = {}) {
  std::string text = evaluate(tensor, shape, blocks, offsets).to_string();
  for (std::size_t at; (at = text.find(",\n")) != std::string::npos;)
    text.replace(at, 2, ", ");
  return text;
}

const Tensor vec(1), mat(2), cube(3);

TEST(TensorTest, Source) {
  EXPECT_EQ(table(mat, {2, 3}), "[[0, 1, 2], [3, 4, 5]]");
  EXPECT_EQ(table(Tensor(0), {}), "0");
  EXPECT_EQ(table(vec, {0}), "[]");
}

TEST(TensorTest, Tile) {
  EXPECT_EQ(table(vec.tile({2}), {5}), "[[0, 1], [2, 3], [4, -1]]");
  EXPECT_EQ(table(vec.tile({8}), {3}), "[[0, 1, 2, -1, -1, -1, -1, -1]]");
  EXPECT_EQ(table(vec.tile({2}), {0}), "[]");
  EXPECT_EQ(table(mat.tile({2, 2}), {3, 3}),
            "[[[[0, 1], [3, 4]], [[2, -1], [5, -1]]], "
            "[[[6, 7], [-1, -1]], [[8, -1], [-1, -1]]]]");
  EXPECT_EQ(table(mat.tile({1, whole}), {2, 3}),
            "[[[[0, 1, 2]]], [[[3, 4, 5]]]]");
}

TEST(TensorTest, TileOfBlockSizes) {
  auto B = block_size("B");
  EXPECT_EQ(table(vec.tile({B * 2}), {5}, {{"B", 1}}),
            "[[0, 1], [2, 3], [4, -1]]");
  EXPECT_EQ(table(vec.tile({cdiv(vec.size(0), B)}), {5}, {{"B", 2}}),
            "[[0, 1, 2], [3, 4, -1]]");
}

TEST(TensorTest, TileTwice) {
  EXPECT_EQ(table(vec.tile({2}).tile({2}), {7}),
            "[[[0, 1], [2, 3]], [[4, 5], [6, -1]]]");
  // The second tile() cuts tiles: the fourth of them does not exist.
  EXPECT_EQ(table(vec.tile({2}).tile({2}), {5}),
            "[[[0, 1], [2, 3]], [[4, -1], [-1, -1]]]");
}

TEST(TensorTest, TileWithStrides) {
  // Overlapping windows, the last one ragged.
  EXPECT_EQ(table(vec.tile({3}, {2}), {6}),
            "[[0, 1, 2], [2, 3, 4], [4, 5, -1]]");
  EXPECT_EQ(table(vec.tile({3}, {2}, {}, Rounding::floor), {6}),
            "[[0, 1, 2], [2, 3, 4]]");
  // Gaps between tiles.
  EXPECT_EQ(table(vec.tile({1}, {3}), {7}), "[[0], [3], [6]]");
}

TEST(TensorTest, TileReachesTheEndOnce) {
  // Shorter than one tile: that tile is kept, ragged, unless nothing is there.
  EXPECT_EQ(table(vec.tile({3}, {1}), {1}), "[[0, -1, -1]]");
  EXPECT_EQ(table(vec.tile({3}, {2}), {2}), "[[0, 1, -1]]");
  EXPECT_EQ(table(vec.tile({3}, {1}, {2}), {3}), "[[0, 2, -1]]");
  EXPECT_EQ(table(vec.tile({3}, {1}), {0}), "[]");
  EXPECT_EQ(table(vec.tile({1}, {3}), {0}), "[]");
  EXPECT_EQ(table(vec.tile({3}, {1}, {}, Rounding::floor), {2}), "[]");
  // None starts beyond the end.
  EXPECT_EQ(table(vec.tile({2}, {3}), {6}), "[[0, 1], [3, 4]]");
  EXPECT_EQ(table(vec.tile({2}, {3}), {7}), "[[0, 1], [3, 4], [6, -1]]");
  // None adds nothing to the one before.
  EXPECT_EQ(table(vec.tile({3}, {1}), {4}), "[[0, 1, 2], [1, 2, 3]]");
  auto B = block_size("B");
  EXPECT_EQ(table(vec.tile({B}, {B - 1}), {1}, {{"B", 3}}), "[[0, -1, -1]]");
}

// Every element is in some tile, and a tile less would not do: whatever the
// numbers, as long as no gap is left between tiles.
TEST(TensorTest, TileCountsAreTheLeastThatCover) {
  for (int size = 0; size < 9; ++size)
    for (int tile = 1; tile < 5; ++tile)
      for (int stride = 1; stride <= tile; ++stride) {
        IndexTable found = evaluate(vec.tile({tile}, {stride}), {size});
        std::int64_t count = 0;
        while (size > 0 && (count == 0 || (count - 1) * stride + tile < size))
          ++count;
        EXPECT_EQ(found.levels[0][0], count)
            << size << " by " << tile << " every " << stride;
      }
}

TEST(TensorTest, TileWithDilation) {
  EXPECT_EQ(table(vec.tile({3}, {1}, {2}), {7}),
            "[[0, 2, 4], [1, 3, 5], [2, 4, 6]]");
  EXPECT_EQ(table(vec.tile({2}, {4}, {3}), {9}), "[[0, 3], [4, 7], [8, -1]]");
}

TEST(TensorTest, TileFloor) {
  EXPECT_EQ(table(vec.tile({2}, {}, {}, Rounding::floor), {5}),
            "[[0, 1], [2, 3]]");
  EXPECT_EQ(table(vec.tile({2}, {}, {}, Rounding::floor), {1}), "[]");
}

TEST(TensorTest, Expand) {
  EXPECT_EQ(table(vec.unsqueeze(0).expand({2, keep}), {3}),
            "[[0, 1, 2], [0, 1, 2]]");
  EXPECT_EQ(table(vec.unsqueeze(1).expand({keep, 2}), {3}),
            "[[0, 0], [1, 1], [2, 2]]");
}

TEST(TensorTest, SqueezeAndUnsqueeze) {
  EXPECT_EQ(table(vec.unsqueeze(0), {2}), "[[0, 1]]");
  EXPECT_EQ(table(vec.unsqueeze(-1), {2}), "[[0], [1]]");
  EXPECT_EQ(table(vec.unsqueeze(0).squeeze(0), {2}), "[0, 1]");
  EXPECT_EQ(table(vec.unsqueeze(0).unsqueeze(2).squeeze({0, -1}), {2}),
            "[0, 1]");
}

TEST(TensorTest, Permute) {
  EXPECT_EQ(table(mat.permute({1, 0}), {2, 3}), "[[0, 3], [1, 4], [2, 5]]");
  EXPECT_EQ(table(cube.permute({2, 0, -2}), {1, 2, 2}), "[[[0, 2]], [[1, 3]]]");
}

TEST(TensorTest, Flatten) {
  EXPECT_EQ(table(mat.flatten(), {2, 3}), "[0, 1, 2, 3, 4, 5]");
  EXPECT_EQ(table(mat.permute({1, 0}).flatten(), {2, 3}), "[0, 3, 1, 4, 2, 5]");
  EXPECT_EQ(table(cube.flatten(1), {2, 2, 2}), "[[0, 1, 2, 3], [4, 5, 6, 7]]");
  EXPECT_EQ(table(cube.flatten(0, 2), {2, 2, 2}),
            "[[0, 1], [2, 3], [4, 5], [6, 7]]");
  EXPECT_EQ(table(cube.flatten(0, -1), {2, 2, 2}),
            "[[0, 1], [2, 3], [4, 5], [6, 7]]");
  EXPECT_EQ(table(mat.flatten().tile({4}), {2, 3}),
            "[[0, 1, 2, 3], [4, 5, -1, -1]]");
  EXPECT_EQ(table(mat.flatten(), {3, 0}), "[]");
  EXPECT_EQ(table(Tensor(0).flatten(), {}), "[0]");
}

TEST(TensorTest, Ravel) {
  EXPECT_EQ(table(vec.tile({2}).ravel(), {3}), "[[0, 1], [2, -1]]");
  EXPECT_EQ(table(vec.tile({2}).ravel().flatten(), {3}), "[0, 1, 2, -1]");
}

TEST(TensorTest, Pad) {
  EXPECT_EQ(table(vec.pad({{1, 2}}), {2}), "[-1, 0, 1, -1, -1]");
  EXPECT_EQ(table(mat.pad({{0, 1}, {1, 0}}), {1, 2}),
            "[[-1, 0, 1], [-1, -1, -1]]");
  EXPECT_EQ(table(vec.pad({{1, 1}}).tile({3}, {2}), {4}),
            "[[-1, 0, 1], [1, 2, 3], [3, -1, -1]]");
}

TEST(TensorTest, Slice) {
  EXPECT_EQ(table(vec.slice(0, {1, 4}), {6}), "[1, 2, 3]");
  EXPECT_EQ(table(vec.slice(0, {1, 6, 2}), {6}), "[1, 3, 5]");
  EXPECT_EQ(table(vec.slice(0, {-2}), {6}), "[4, 5]");
  EXPECT_EQ(table(vec.slice(0, {0, -1}), {4}), "[0, 1, 2]");
  EXPECT_EQ(table(vec.slice(0, {2, 1}), {4}), "[]");
  // Beyond the end: outside the source, not an error.
  EXPECT_EQ(table(vec.slice(0, {2, 6}), {4}), "[2, 3, -1, -1]");
  EXPECT_EQ(table(vec.slice(0, {-3}), {2}), "[-1, 0, 1]");
}

TEST(TensorTest, Select) {
  EXPECT_EQ(table(mat.select(0, 1), {2, 3}), "[3, 4, 5]");
  EXPECT_EQ(table(mat.select(1, -1), {2, 3}), "[2, 5]");
  EXPECT_EQ(table(mat.select(0, 5), {2, 3}), "[-1, -1, -1]");
}

TEST(TensorTest, SliceBackwards) {
  EXPECT_EQ(table(vec.slice(0, {.step = -1}), {4}), "[3, 2, 1, 0]");
  EXPECT_EQ(table(vec.slice(0, {.step = -2}), {4}), "[3, 1]");
  EXPECT_EQ(table(vec.slice(0, {.step = -2}), {5}), "[4, 2, 0]");
  EXPECT_EQ(table(vec.slice(0, {4, 1, -1}), {6}), "[4, 3, 2]");
  EXPECT_EQ(table(vec.slice(0, {-2, whole, -3}), {6}), "[4, 1]");
  EXPECT_EQ(table(vec.slice(0, {whole, 1, -2}), {6}), "[5, 3]");
  EXPECT_EQ(table(vec.slice(0, {whole, -3, -1}), {6}), "[5, 4]");
  EXPECT_EQ(table(vec.slice(0, {1, 4, -1}), {6}), "[]");
  EXPECT_EQ(table(vec.slice(0, {5, 2, -1}), {4}), "[-1, -1, 3]");
  EXPECT_EQ(table(vec.slice(0, {.step = -1}), {0}), "[]");
  EXPECT_EQ(table(vec.slice(0, {.begin = 1, .end = vec.size(0) - 1}), {4}),
            "[1, 2]");
}

TEST(TensorTest, Flip) {
  EXPECT_EQ(table(vec.flip(0), {3}), "[2, 1, 0]");
  EXPECT_EQ(table(mat.flip(-1), {2, 3}), "[[2, 1, 0], [5, 4, 3]]");
  EXPECT_EQ(table(mat.flip(0).flip(0), {2, 2}), "[[0, 1], [2, 3]]");
  EXPECT_EQ(table(vec.flip(0).tile({2}), {3}), "[[2, 1], [0, -1]]");
  EXPECT_EQ(table(vec.tile({2}).at(1, flip(0)), {3}), "[[1, 0], [-1, 2]]");
}

TEST(TensorTest, Brackets) {
  EXPECT_EQ(table(vec[1], {3}), "1");
  EXPECT_EQ(table(mat[1], {2, 3}), "[3, 4, 5]");
  EXPECT_EQ(table(mat[{1, -1}], {2, 3}), "5");
  EXPECT_EQ(table(mat[{ellipsis, 0}], {2, 3}), "[0, 3]");
  EXPECT_EQ(table(cube[{0, ellipsis, 1}], {2, 2, 3}), "[1, 4]");
  EXPECT_EQ(table(mat[{Slice{.step = -1}, Slice{1}}], {2, 3}),
            "[[4, 5], [1, 2]]");
  EXPECT_EQ(table(mat[newaxis], {1, 2}), "[[[0, 1]]]");
  EXPECT_EQ(table(mat[{newaxis, 1, Slice{.step = 2}}], {2, 3}), "[[3, 5]]");
  EXPECT_EQ(table(mat[{0, ellipsis, newaxis}], {2, 2}), "[[0], [1]]");
  EXPECT_EQ(table(mat[ellipsis], {1, 2}), "[[0, 1]]");
  EXPECT_EQ(table(mat[{0, 1, ellipsis}], {2, 2}), "1");
  EXPECT_EQ(table(Tensor(0)[{newaxis, newaxis}], {}), "[[0]]");
  EXPECT_EQ(table(vec[vec.size(0) - 2], {5}), "3");
  auto B = block_size("B");
  EXPECT_EQ(table(vec[Slice{B, B * 2}], {9}, {{"B", 3}}), "[3, 4, 5]");
}

TEST(TensorTest, At) {
  Tensor tiled = mat.tile({1, 2});
  EXPECT_EQ(table(tiled.at(1, squeeze(0)), {2, 3}),
            "[[[0, 1], [2, -1]], [[3, 4], [5, -1]]]");
  EXPECT_EQ(table(tiled.at(1, permute({1, 0})), {1, 2}), "[[[[0], [1]]]]");
  EXPECT_EQ(table(vec.tile({4}).at(1, tile({2})), {4}), "[[[0, 1], [2, 3]]]");
  EXPECT_EQ(table(mat.tile({2, 2}).at(1, flatten()), {2, 2}),
            "[[[0, 1, 2, 3]]]");
  EXPECT_EQ(table(tiled.at(1, unsqueeze(0)).at(1, squeeze({0, 1})), {1, 2}),
            "[[[0, 1]]]");
  EXPECT_EQ(table(mat.tile({1, 2}).at(1, expand({2, keep})), {1, 2}),
            "[[[[0, 1], [0, 1]]]]");
  EXPECT_EQ(table(vec.tile({4}).tile({2}).at(1, ravel()), {8}),
            "[[[0, 1, 2, 3], [4, 5, 6, 7]]]");
  EXPECT_EQ(table(tiled.at(0, [](Tensor t) { return t.flatten(); }), {2, 3}),
            "[[[0, 1]], [[2, -1]], [[3, 4]], [[5, -1]]]");
}

TEST(TensorTest, Matmul) {
  auto B = block_size("B");
  Tensor a =
      mat.tile({B, B}).tile({1, whole}).expand({keep, 2}).at(1, squeeze(0));
  EXPECT_EQ(table(a, {3, 3}, {{"B", 2}}),
            "[[[[[0, 1], [3, 4]], [[2, -1], [5, -1]]], "
            "[[[0, 1], [3, 4]], [[2, -1], [5, -1]]]], "
            "[[[[6, 7], [-1, -1]], [[8, -1], [-1, -1]]], "
            "[[[6, 7], [-1, -1]], [[8, -1], [-1, -1]]]]]");
}

TEST(TensorTest, SizesAreExpressions) {
  auto B = block_size("B");
  auto text = [](const Size &size) { return size.to_string({"a"}); };
  EXPECT_EQ(text(mat.tile({B, 4}).size(-1)), "(a.n1 + 3) / 4");
  EXPECT_EQ(text(mat.tile({B, 4}).size(0)), "(a.n0 - 1) / B + 1");
  EXPECT_EQ(mat.tile({B, 4}).shape().size(), 2U);
  EXPECT_EQ(mat.tile({B, 4}).depth(), 2);
  EXPECT_EQ(mat.flatten().rank(), 1);
}

// The final map of a Program says the same as the Tensor it was made from,
// only simplified: their tables agree over random chains of meta-operations.
class ChainTest : public ::testing::TestWithParam<int> {};

Tensor random_chain(Tensor t, std::mt19937 &engine) {
  auto below = [&](unsigned n) { return static_cast<int>(engine() % n); };
  // Each level ends up with numbers for sizes, the outermost excepted.
  t = t.tile({below(4) + 1, below(3) + 1});
  for (int i = 0; i < 5; ++i) {
    auto rank = static_cast<std::size_t>(t.rank());
    Extents sizes(rank, below(3) + 1);
    switch (below(10)) {
    case 0:
      t = t.depth() < 4 ? t.tile(sizes) : t;
      break;
    case 1:
      t = t.depth() < 4 ? t.tile(sizes, Extents(rank, below(2) + 1)) : t;
      break;
    case 2:
      t = t.flatten();
      break;
    case 3:
      t = rank == 2 ? t.permute({1, 0}) : t;
      break;
    case 4:
      t = t.pad(std::vector<Padding>(rank, {1, 0}));
      break;
    case 5:
      t = rank > 0 ? t.slice(0, {1, -1}) : t;
      break;
    case 6:
      t = t.at(1, flatten());
      break;
    case 7:
      t = rank > 1 ? t.select(1, 0) : t;
      break;
    case 8:
      t = rank > 0 ? t.flip(0) : t;
      break;
    case 9:
      t = rank > 0 ? t[{newaxis, ellipsis, Slice{-1, 0, -2}}] : t;
      break;
    }
  }
  return t;
}

TEST_P(ChainTest, SimplifiedMapIsTheSame) {
  std::mt19937 engine(static_cast<unsigned>(GetParam()));
  std::vector<std::int64_t> shape = {static_cast<int>(engine() % 6),
                                     static_cast<int>(engine() % 7) + 1};
  std::mt19937 again = engine;
  Tensor plain = random_chain(mat, again);
  auto source = make_source(
      "chain",
      [engine](Tensor a) {
        std::mt19937 copy = engine;
        return arranged(random_chain(a, copy));
      },
      [](InOut) {});
  IndexTable expected = evaluate(plain, shape);
  IndexTable found = evaluate(source, {}, {shape}).at(0);
  EXPECT_EQ(found.levels, expected.levels);
  EXPECT_EQ(found.elements, expected.elements);
}

INSTANTIATE_TEST_SUITE_P(Random, ChainTest, ::testing::Range(0, 600));

} // namespace
} // namespace girih
