// SPDX-License-Identifier: Apache-2.0
// One mistake, one ModelError: its file, its field, and words of its message.
#pragma once

#include "girih/examples/llm/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace girih::testing {

template <typename F>
void expect_model_error(F &&action, const std::string &file,
                        const std::string &field, const std::string &words) {
  try {
    action();
    ADD_FAILURE() << "no error about " << field << ": " << words;
  } catch (const llm::ModelError &error) {
    EXPECT_EQ(error.file(), file) << error.what();
    EXPECT_EQ(error.field(), field) << error.what();
    EXPECT_THAT(error.message(), ::testing::HasSubstr(words));
    EXPECT_EQ(error.what(), file + ": " + (field.empty() ? "" : field + ": ") +
                                error.message());
  }
}

} // namespace girih::testing
