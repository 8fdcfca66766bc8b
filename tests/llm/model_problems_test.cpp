// SPDX-License-Identifier: Apache-2.0
#include "expect_model_error.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

TEST(LlmModelProblems, NoneOneSome) {
  llm::ModelProblems problems;
  EXPECT_NO_THROW(problems.raise());
  problems.add("f", "a", "is wrong");
  expect_model_error([&] { problems.raise(); }, "f", "a", "is wrong");
  problems.add("g", "", "is worse");
  try {
    problems.raise();
    ADD_FAILURE();
  } catch (const llm::ModelError &error) {
    EXPECT_STREQ(error.what(), "f: a: is wrong\ng: is worse");
  }
}

TEST(LlmModelProblems, Many) {
  llm::ModelProblems problems;
  for (int i = 0; i < 25; ++i)
    problems.add("f", std::to_string(i), "is wrong");
  EXPECT_EQ(problems.count(), 25u);
  try {
    problems.raise();
    ADD_FAILURE();
  } catch (const llm::ModelError &error) {
    const std::string what = error.what();
    EXPECT_THAT(what, ::testing::HasSubstr("\nf: 19: is wrong\nand 5 more"));
    EXPECT_THAT(what, ::testing::Not(::testing::HasSubstr("f: 20:")));
  }
}

} // namespace
} // namespace girih::testing
