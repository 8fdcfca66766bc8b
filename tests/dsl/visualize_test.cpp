// SPDX-License-Identifier: Apache-2.0
// Pictures: what is in them, and that they are well-formed.
#include "kernels.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace girih {
namespace {

using testing::matmul_source;

std::size_t count(const std::string &text, const std::string &part) {
  std::size_t out = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos;
       at += part.size())
    ++out;
  return out;
}

// Every element opens and closes, in order; attributes are quoted.
void expect_well_formed(const std::string &svg) {
  std::vector<std::string> open;
  for (std::size_t at = 0; (at = svg.find('<', at)) != std::string::npos;) {
    std::size_t end = svg.find('>', at);
    ASSERT_NE(end, std::string::npos);
    std::string tag = svg.substr(at + 1, end - at - 1);
    EXPECT_EQ(count(tag, "\"") % 2, 0U) << tag;
    std::string name = tag.substr(0, tag.find_first_of(" /", 1));
    if (tag[0] == '/') {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ(open.back(), tag.substr(1));
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
    at = end;
  }
  EXPECT_TRUE(open.empty());
}

TEST(VisualizeTest, ATile) {
  Picture picture = visualize(Tensor(1).tile({2}), {5});
  expect_well_formed(picture.svg);
  EXPECT_NE(picture.svg.find("a[5]"), std::string::npos);
  EXPECT_NE(picture.svg.find("grid [3]"), std::string::npos);
  EXPECT_NE(picture.svg.find("program [2]"), std::string::npos);
  // One lane is outside; five elements are in the source and in tiles.
  EXPECT_EQ(count(picture.svg, "outside the source"), 1U);
  EXPECT_EQ(count(picture.svg, ">-1</text>"), 1U);
  EXPECT_EQ(count(picture.svg, ">4</text>"), 2U);
  // An element has the colour of its program, there and here.
  EXPECT_EQ(picture.json,
            "{\"kernel\": \"\", \"operands\": [\n"
            "  {\"name\": \"a\", \"shape\": [5], \"levels\": [[3], [2]],\n"
            "   \"elements\": [0, 1, 2, 3, 4, -1]}\n]}\n");
}

TEST(VisualizeTest, NamesAreEscaped) {
  Picture picture = visualize(Tensor(1, 0, "a<b&\"c\\\n"), {2});
  EXPECT_NE(picture.json.find("\"name\": \"a<b&\\\"c\\\\\\u000a\""),
            std::string::npos)
      << picture.json;
}

TEST(VisualizeTest, HeldByManyAndByNone) {
  Picture windows = visualize(Tensor(1).tile({3}, {2}), {7});
  EXPECT_NE(windows.svg.find("[2]: program [0], [1]"), std::string::npos);
  EXPECT_NE(windows.svg.find("[1]: program [0]<"), std::string::npos);
  Picture gaps = visualize(Tensor(1).tile({1}, {2}), {3});
  EXPECT_NE(gaps.svg.find("[1]: in no program"), std::string::npos);
  EXPECT_EQ(count(gaps.svg, "fill=\"#ffffff\"/></g>"), 0U);
}

TEST(VisualizeTest, AKernel) {
  Config config;
  config.blocks = {{"BM", 2}, {"BN", 3}, {"BK", 2}};
  Shapes shapes = {{5, 4}, {4, 7}, {5, 7}};
  Picture picture = visualize(matmul_source(), config, shapes);
  expect_well_formed(picture.svg);
  EXPECT_EQ(count(picture.svg, "program [2, 2]</text>"), 3U);
  EXPECT_EQ(count(picture.svg, "level [2]"), 2U);
  EXPECT_EQ(count(picture.json, "\"name\""), 3U);
  Program program = testing::record_all(matmul_source(), f32, 2, config.blocks);
  EXPECT_EQ(visualize(program, shapes).svg, picture.svg);
}

TEST(VisualizeTest, EveryRank) {
  for (int rank = 0; rank <= 5; ++rank) {
    std::vector<std::int64_t> shape(static_cast<std::size_t>(rank), 2);
    for (const Tensor &each :
         {Tensor(rank),
          Tensor(rank).tile(Extents(shape.begin(), shape.end()))}) {
      Picture picture = visualize(each, shape);
      expect_well_formed(picture.svg);
      EXPECT_GE(count(picture.svg, "<title>"), std::size_t{1} << rank);
    }
  }
  expect_well_formed(visualize(Tensor(2).tile({2, 2}), {0, 3}).svg);
  expect_well_formed(visualize(Tensor(2).tile({2, 2}), {3, 0}).svg);
  expect_well_formed(visualize(Tensor(3)[{0}], {0, 3, 2}).svg);
  expect_well_formed(
      visualize(Tensor(1).tile({1}).tile({40}), {400}).svg); // more than shown
}

TEST(VisualizeTest, Jagged) {
  Tensor rows = Tensor(1).jagged(0, Tensor(1, 1, "o"), 4).tile({1, 4});
  Picture picture = visualize(rows, {5}, {}, {{1, {0, 2, 5}}});
  expect_well_formed(picture.svg);
  EXPECT_EQ(count(picture.svg, "outside the source"), 3U);
}

TEST(VisualizeTest, RefusesWhatNoPageHolds) {
  EXPECT_THROW(visualize(Tensor(1), {5000}), RuntimeError);
  EXPECT_THROW(visualize(Tensor(1).unsqueeze(0).expand({1000, keep}), {100}),
               RuntimeError);
}

} // namespace
} // namespace girih
