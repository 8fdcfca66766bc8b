// SPDX-License-Identifier: Apache-2.0
// Grids and sizes of recorded Programs with actual shapes.
#include "kernels.h"

#include <gtest/gtest.h>

namespace girih {
namespace {

using testing::add_source;
using testing::matmul_source;
using testing::record_all;

Program matmul() {
  return record_all(matmul_source(), f32, 2,
                    {{"BM", 32}, {"BN", 16}, {"BK", 8}});
}

TEST(EvaluateTest, Grid) {
  EXPECT_EQ(grid_of(matmul(), {{100, 20}, {20, 50}, {100, 50}}),
            (std::vector<std::int64_t>{4, 4}));
  EXPECT_EQ(grid_of(matmul(), {{0, 20}, {20, 50}, {0, 50}}),
            (std::vector<std::int64_t>{0, 4}));
  EXPECT_EQ(grid_of(record_all(add_source(), f32, 1, {{"BLOCK", 64}}),
                    {{65}, {65}, {65}}),
            (std::vector<std::int64_t>{2}));
}

TEST(EvaluateTest, SizesThatMustBeEqual) {
  auto matches = size_matches(matmul());
  std::vector<SizeMatch> expected = {{0, 0, 2, 0}, {2, 1, 1, 1}, {0, 1, 1, 0}};
  EXPECT_EQ(matches, expected);
}

void expect_refused(const Program &program, const Shapes &shapes,
                    const char *first, const char *second) {
  try {
    check_grids(program, shapes);
    ADD_FAILURE() << "accepted";
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), ErrorId::shape);
    std::string text = error.what();
    EXPECT_NE(text.find(first), std::string::npos) << text;
    EXPECT_NE(text.find(second), std::string::npos) << text;
  }
}

TEST(EvaluateTest, RefusesShapesThatDoNotFit) {
  // As many tiles on both sides: only the sizes themselves show it.
  expect_refused(matmul(), {{100, 20}, {19, 50}, {100, 50}}, "a[100, 20]",
                 "b[19, 50]");
  expect_refused(matmul(), {{99, 20}, {20, 50}, {100, 50}}, "a[99, 20]",
                 "c[100, 50]");
  expect_refused(matmul(), {{100, 20}, {20, 5}, {100, 50}}, "b[20, 5]",
                 "c[100, 50]");
  expect_refused(matmul(), {{100, 20}, {20, 50}}, "ranks", "matmul");
}

TEST(EvaluateTest, GridsOfUnlikeForm) {
  // b has one element more than a has tiles.
  auto source = make_source(
      "windows",
      [](Tensor a, Tensor b) {
        return arranged(a.tile({2}, {1}, {}, Rounding::floor), b.tile({1}));
      },
      [](In a, InOut b) {
        (void)a;
        (void)b;
      });
  Program program = record_all(source, f32, 1, {});
  EXPECT_EQ(grid_of(program, {{5}, {4}}), (std::vector<std::int64_t>{4}));
  expect_refused(program, {{5}, {5}}, "a[5]", "b[5]");
}

TEST(EvaluateTest, TablesOfAKernel) {
  Config config;
  config.blocks = {{"BLOCK", 2}};
  auto tables = evaluate(add_source(), config, {{3}, {3}, {3}});
  ASSERT_EQ(tables.size(), 3U);
  for (const IndexTable &each : tables)
    EXPECT_EQ(each.to_string(), "[[0, 1],\n[2, -1]]");
}

TEST(EvaluateTest, RefusesHugeTables) {
  Config config;
  config.blocks = {{"BLOCK", 1}};
  std::int64_t huge = std::int64_t{1} << 40;
  EXPECT_THROW(evaluate(add_source(), config, {{huge}, {huge}, {huge}}),
               RuntimeError);
}

TEST(EvaluateTest, UnarrangedScalarIsSeenByAll) {
  auto source = make_source(
      "scale",
      [](Tensor x, Tensor factor, Tensor y) {
        return arranged(x.tile({4}), factor, y.tile({4}));
      },
      [](In x, In factor, Out y) { y = x * factor; });
  const DType dtypes[] = {f32, f32, f32};
  const int ranks[] = {1, 0, 1};
  Program program = record(source, dtypes, ranks, {}, {});
  EXPECT_EQ(grid_of(program, {{9}, {}, {9}}), (std::vector<std::int64_t>{3}));
  EXPECT_EQ(evaluate(program, 1, {{9}, {}, {9}}).to_string(), "[0,\n0,\n0]");
}

} // namespace
} // namespace girih
