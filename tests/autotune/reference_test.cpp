// SPDX-License-Identifier: Apache-2.0
// Candidates against what the operator computes in f64, the default included.
#include "problems.h"

#include "girih/autotune/cases.h"
#include "girih/autotune/evaluator.h"
#include "girih/autotune/search.h"
#include "girih/dsl/support/diagnostics.h"

#include <gtest/gtest.h>

namespace girih::autotune {
namespace {

using Status = Outcome::Status;

/// a b, off by a part in a thousand where the tile has `wrong` rows.
Kernel spoilt_product(std::int64_t wrong) {
  return make(
      "spoilt_product_" + std::to_string(wrong),
      [](Tensor a, Tensor b, Tensor c) {
        return testing::arrange_product(a, b, c);
      },
      [wrong](In a, In b, Out c) {
        Tile acc = zeros(c.shape(), f32);
        for (Index k : range(a.size(0)))
          acc += dot(a[k], b[k]);
        c = c.shape()[0] == wrong ? acc * 1.001f : acc;
      });
}

Problem product_problem(std::int64_t wrong) {
  const std::vector<Array> arrays = testing::product_operands(48, 80, 64);
  Problem problem = testing::problem_for(spoilt_product(wrong), arrays);
  const auto found = find_reference("matmul", std::array{arrays[0], arrays[1]},
                                    arrays[2], 0, arrays);
  EXPECT_TRUE(found.has_value());
  problem.reference = *found;
  return problem;
}

Config rows_of(const Problem &problem, std::int64_t rows) {
  Config config = problem.fallback;
  config.blocks["BM"] = rows;
  return config;
}

TEST(References, FindACandidateThatIsWrong) {
  const Problem problem = product_problem(16);
  ASSERT_NE(problem.fallback.blocks.at("BM"), 16);
  for (const bool apart : {false, true}) {
    const auto evaluator =
        apart ? worker_evaluator(problem, {.command = worker_command()})
              : local_evaluator(problem, 1);
    const Outcome wrong =
        evaluator->measure(rows_of(problem, 16), Effort::glance, 0);
    EXPECT_EQ(wrong.status, Status::wrong);
    EXPECT_NE(wrong.note.find("matmul in f64"), std::string::npos)
        << wrong.note;
    const Outcome good =
        evaluator->measure(rows_of(problem, 32), Effort::glance, 0);
    EXPECT_EQ(good.status, Status::measured) << good.note;
  }
}

TEST(References, FindADefaultThatIsWrong) {
  const std::int64_t usual = product_problem(0).fallback.blocks.at("BM");
  const Problem problem = product_problem(usual);
  ASSERT_EQ(problem.fallback.blocks.at("BM"), usual);
  Space space;
  space.axis("BM", {16, usual});
  const SearchResult result = search(
      problem, space, {.strategy = Strategy::exhaustive, .budget_seconds = 0},
      [](const Problem &each) { return local_evaluator(each, 1); }, {});
  ASSERT_EQ(result.trials.size(), 2u);
  for (const Trial &each : result.trials)
    EXPECT_EQ(each.outcome.status, each.outcome.config == problem.fallback
                                       ? Status::wrong
                                       : Status::measured)
        << each.outcome.note;
  // The other one is right, though it differs from the default.
  EXPECT_EQ(result.chosen.blocks.at("BM"), 16);
  EXPECT_EQ(result.fallback_seconds, 0);
}

TEST(References, WithoutOneTheDefaultCounts) {
  Problem problem = product_problem(16);
  problem.reference = {};
  const auto evaluator = local_evaluator(problem, 1);
  const Outcome wrong =
      evaluator->measure(rows_of(problem, 16), Effort::glance, 0);
  EXPECT_EQ(wrong.status, Status::wrong);
  EXPECT_NE(wrong.note.find("of the fallback"), std::string::npos)
      << wrong.note;
}

class OfOperators : public ::testing::TestWithParam<DType> {};
INSTANTIATE_TEST_SUITE_P(, OfOperators, ::testing::Values(f32, bf16, f16),
                         [](const auto &information) {
                           return std::string(name(information.param));
                         });

TEST_P(OfOperators, KnowWhatTheyComputeAndAreRight) {
  for (const auto &[op, sizes] :
       std::vector<std::pair<std::string, std::vector<std::int64_t>>>{
           {"matmul", {37, 70, 129}},
           {"linear", {37, 70, 129}},
           {"linear", {5, 300, 1000}},
           {"scaled_dot_product_attention", {2, 4, 2, 33, 65, 32}},
           {"scaled_dot_product_attention", {2, 4, 2, 1, 65, 64}},
           {"rms_norm", {300, 1000}},
           {"layer_norm", {300, 1000}},
           {"softmax", {300, 1000}}}) {
    std::size_t known = 0;
    const auto problems = problems_of({op, sizes, GetParam()}, host_device);
    for (const Problem &each : problems) {
      if (!each.reference)
        continue;
      ++known;
      const auto evaluator = local_evaluator(each, 1);
      const Outcome outcome =
          evaluator->measure(each.fallback, Effort::glance, 0);
      EXPECT_EQ(outcome.status, Status::measured)
          << each.label << ": " << outcome.note;
      const Expected expected(each.reference, each.arrays);
      EXPECT_LE(expected.rows(), 256u);
    }
    EXPECT_EQ(known, problems.size()) << op;
  }
}

TEST(References, SeeASingleElement) {
  const std::vector<Array> arrays = testing::product_operands(48, 80, 64);
  const Array &c = arrays[2];
  testing::make_product()(arrays[0], arrays[1], c);
  const auto found =
      find_reference("matmul", std::array{arrays[0], arrays[1]}, c, 0, arrays);
  const Expected expected(*found, arrays);
  EXPECT_EQ(expected.rows(), 48u);
  EXPECT_EQ(expected.compare(arrays), "");
  auto *elements = static_cast<float *>(c.data());
  for (const std::int64_t at : {0, 17 * 80 + 3, 48 * 80 - 1}) {
    const float before = elements[at];
    elements[at] += 1e-3f * (1 + std::abs(before));
    EXPECT_EQ(expected.compare(arrays).substr(0, 2), "1 ");
    elements[at] = std::nanf("");
    EXPECT_EQ(expected.compare(arrays).substr(0, 2), "1 ");
    elements[at] = before;
  }
}

TEST(References, OfPartsOfACallAreNone) {
  const std::vector<Array> arrays = testing::product_operands(48, 80, 64);
  const Array other = Array::empty({48, 80}, f32);
  EXPECT_FALSE(find_reference("matmul", std::array{arrays[0], arrays[1]}, other,
                              0, arrays));
  EXPECT_FALSE(find_reference("matmul", std::array{arrays[0], other}, arrays[2],
                              0, arrays));
  EXPECT_FALSE(find_reference("nothing", std::array{arrays[0], arrays[1]},
                              arrays[2], 0, arrays));
}

} // namespace
} // namespace girih::autotune
