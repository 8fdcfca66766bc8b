// SPDX-License-Identifier: Apache-2.0
// Jagged dimensions: tables, final maps, levels that end with their rows.
#include "kernels.h"

#include "girih/dsl/arrangement.h"

#include <gtest/gtest.h>

#include <random>

namespace girih {
namespace {

const Tensor vec(1), mat(2), offsets(1, 1, "o");

std::string table(const Tensor &tensor, std::vector<std::int64_t> shape,
                  std::vector<std::int64_t> at) {
  std::string text = evaluate(tensor, shape, {}, {{1, at}}).to_string();
  for (std::size_t i; (i = text.find(",\n")) != std::string::npos;)
    text.replace(i, 2, ", ");
  return text;
}

TEST(JaggedTest, Rows) {
  Tensor rows = vec.jagged(0, offsets, 3);
  EXPECT_EQ(table(rows, {5}, {0, 2, 5}), "[[0, 1, -1], [2, 3, 4]]");
  EXPECT_EQ(table(rows, {5}, {1, 1, 3}), "[[-1, -1, -1], [1, 2, -1]]");
  // Longer rows are cut off, no offsets are no rows.
  EXPECT_EQ(table(rows, {5}, {0, 5}), "[[0, 1, 2]]");
  EXPECT_EQ(table(rows, {5}, {0}), "[]");
  EXPECT_EQ(table(rows, {5}, {}), "[]");
  EXPECT_EQ(rows.rank(), 2);
  EXPECT_EQ(rows.size(0).to_string({"a", "o"}), "o.n0 - 1");
  // As long as the dimension, where nothing is said.
  EXPECT_EQ(table(vec.jagged(0, offsets), {3}, {0, 1, 3}),
            "[[0, -1, -1], [1, 2, -1]]");
}

TEST(JaggedTest, OffsetsThatAreWrongStayInside) {
  Tensor rows = vec.jagged(0, offsets, 3);
  EXPECT_EQ(table(rows, {4}, {0, 9, 2}), "[[0, 1, 2], [-1, -1, -1]]");
  EXPECT_EQ(table(rows, {4}, {-5, 2, 99}), "[[0, 1, -1], [2, 3, -1]]");
  EXPECT_EQ(table(rows, {4}, {INT64_MIN, INT64_MAX, INT64_MIN}),
            "[[0, 1, 2], [-1, -1, -1]]");
}

TEST(JaggedTest, OtherDimensions) {
  EXPECT_EQ(table(mat.jagged(0, offsets, 2), {3, 2}, {0, 1, 3}),
            "[[[0, 1], [-1, -1]], [[2, 3], [4, 5]]]");
  EXPECT_EQ(table(mat.jagged(-1, offsets, 2), {2, 3}, {0, 1, 3}),
            "[[[0, -1], [1, 2]], [[3, -1], [4, 5]]]");
  EXPECT_EQ(table(vec.slice(0, {1}).jagged(0, offsets, 2), {4}, {0, 1, 3}),
            "[[1, -1], [2, 3]]");
  EXPECT_EQ(table(vec.jagged(0, offsets, 2).permute({1, 0}), {3}, {0, 1, 3}),
            "[[0, 1], [-1, 2]]");
  EXPECT_EQ(table(vec.jagged(0, offsets, 2).flatten(), {3}, {0, 1, 3}),
            "[0, -1, 1, 2]");
  EXPECT_EQ(table(vec.jagged(0, offsets, 2).flip(1), {3}, {0, 1, 3}),
            "[[-1, 0], [2, 1]]");
  EXPECT_EQ(table(vec.jagged(0, offsets, 3)[1], {5}, {0, 2, 4}), "[2, 3, -1]");
  EXPECT_EQ(table(vec.jagged(0, offsets, 3).tile({1, 2}), {5}, {0, 2, 5}),
            "[[[[0, 1]], [[-1, -1]]], [[[2, 3]], [[4, -1]]]]");
}

TEST(JaggedTest, TwoInOne) {
  // Rows of rows: the first offsets cut the second ones.
  Tensor inner(1, 1, "i"), outer(1, 2, "o");
  Tensor nested = vec.jagged(0, inner, 2).jagged(0, outer, 2);
  Offsets given = {{1, {0, 1, 3, 4}}, {2, {0, 2, 3}}};
  EXPECT_EQ(evaluate(nested, {4}, {}, given).to_string(),
            "[[[0, -1], [1, 2]], [[3, -1], [-1, -1]]]");
}

// Values and a padded output, [B, 1, BLOCK] a tile, a program to each row.
KernelSource padded_source() {
  return make_source(
      "padded",
      [](Tensor a, Tensor o, Tensor c) {
        auto B = block_size("B");
        auto rows = [&](Tensor t) {
          return t.tile({1, B})
              .at(1, squeeze(0))
              .tile({1, whole})
              .at(1, squeeze(0));
        };
        return arranged(rows(a.jagged(0, o, c.size(1))), o, rows(c));
      },
      [](In a, In, Out c) {
        for (Index k : range(c.size(0)))
          c[k] = a[k] * 2;
      });
}

Program record_padded(DType offsets_dtype = i64) {
  const DType dtypes[] = {f32, offsets_dtype, f32};
  const int ranks[] = {1, 1, 2};
  Config config;
  config.blocks = {{"B", 2}};
  return record(padded_source(), dtypes, ranks, {}, config);
}

TEST(JaggedTest, FinalMapsAreTheSame) {
  Program program = record_padded();
  Shapes shapes = {{5}, {3}, {2, 5}};
  EXPECT_EQ(evaluate(program, 0, shapes, {{1, {0, 2, 5}}}).to_string(),
            "[[[[0, 1], [-1, -1]]],\n[[[2, 3], [4, -1]]]]");
  // The level ends with the longest row.
  EXPECT_EQ(evaluate(program, 0, shapes, {{1, {0, 1, 2}}}).to_string(),
            "[[[[0, -1]]],\n[[[1, -1]]]]");
  // Offsets are there for every program.
  EXPECT_EQ(evaluate(program, 1, shapes).to_string(),
            "[[[0, 1, 2]],\n[[0, 1, 2]]]");
  EXPECT_EQ(grid_of(program, shapes), (std::vector<std::int64_t>{2, 1}));
  EXPECT_THROW(evaluate(program, 0, shapes), RuntimeError);
}

TEST(JaggedTest, LevelsEndWithTheirRows) {
  Program program = record_padded();
  auto names = std::vector<std::string>{"a", "b", "c"};
  EXPECT_EQ(program.operands[0].levels[0][0].to_string(names),
            "min((c.n1 + 1) / 2, max(0, (min(a.n0, max(0, b[p0])) * -1 + "
            "min(a.n0, max(0, b[p0 + 1])) + 1) / 2))");
  EXPECT_EQ(program.operands[2].levels[0][0].to_string(names),
            "(c.n1 + 1) / 2");
}

TEST(JaggedTest, OneBoundIsEnoughWithoutALength) {
  auto source = make_source(
      "copy",
      [](Tensor a, Tensor o, Tensor c) {
        return arranged(a.jagged(0, o).tile({1, 4}), o,
                        c.jagged(0, o).tile({1, 4}));
      },
      [](In a, In, Out c) { c = a; });
  const DType dtypes[] = {f32, i32, f32};
  const int ranks[] = {1, 1, 1};
  Program program = record(source, dtypes, ranks, {}, {});
  EXPECT_EQ(program.operands[0].bounds.size(), 1U);
}

TEST(JaggedTest, TextRoundTrips) {
  std::string text = record_padded(i32).to_string();
  EXPECT_NE(text.find("b[p0 + 1]"), std::string::npos);
  EXPECT_EQ(parse_program(text).to_string(), text);
}

TEST(JaggedTest, BadTextsAreRefused) {
  std::string text = record_padded().to_string();
  auto expect_refused = [&](const std::string &from, const std::string &to) {
    std::string bad = text;
    for (std::size_t at = 0; (at = bad.find(from, at)) != std::string::npos;
         at += to.size())
      bad.replace(at, from.size(), to);
    ASSERT_NE(bad, text);
    EXPECT_THROW(parse_program(bad), CompileError) << bad;
  };
  expect_refused("b[p0", "x[p0");
  expect_refused("b[p0", "c[p0");         // no vector
  expect_refused("b[p0", "b[p7 + p0");    // no such program
  expect_refused("b[p0", "b[t0 + p0");    // lanes
  expect_refused("b[p0", "b[b[t0] + p0"); // lanes further inside
  expect_refused("b in i64", "b in f32");
  expect_refused("grid [b.n0 - 1", "grid [b[0]");
}

// Tables of random jagged arrangements, before and after simplification.
TEST(JaggedTest, RandomChains) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 engine(seed);
    auto below = [&](int n) { return static_cast<int>(engine()) % n; };
    auto pick = [&](int n) { return std::abs(below(n)); };
    std::int64_t total = pick(9), rows = pick(4);
    std::vector<std::int64_t> at;
    for (std::int64_t i = 0; i <= rows; ++i)
      at.push_back(pick(12) - 1);
    int block = pick(3) + 1, shape = pick(3), length = pick(4);
    auto chain = [&](Tensor a, Tensor o) {
      Tensor t = length == 0 ? a.jagged(0, o) : a.jagged(0, o, length + 1);
      t = t.tile({1, block}).at(1, squeeze(0));
      if (shape == 1)
        t = t.tile({1, 2}).at(1, squeeze(0));
      if (shape == 2)
        t = t.flip(1);
      return t;
    };
    auto source = make_source(
        "chain", [&](Tensor a, Tensor o) { return arranged(chain(a, o), o); },
        [](InOut, In) {});
    IndexTable expected =
        evaluate(chain(vec, Tensor(1, 1, "b")), {total}, {}, {{1, at}});
    IndexTable found =
        evaluate(source, {}, {{total}, {rows + 1}}, {{1, at}}).at(0);
    // A level that ends with its rows is shorter, by what lies outside.
    auto inside = [](std::vector<std::int64_t> all) {
      std::erase(all, -1);
      return all;
    };
    EXPECT_EQ(inside(found.elements), inside(expected.elements)) << seed;
    if (shape != 1)
      EXPECT_EQ(found.elements, expected.elements) << seed;
  }
}

} // namespace
} // namespace girih
