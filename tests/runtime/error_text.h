// SPDX-License-Identifier: Apache-2.0
// The text of an expected error, and what is in it.
#pragma once

#include "girih/dsl/support/diagnostics.h"

#include <gtest/gtest.h>

#include <string>

namespace girih::testing {

/// Expects that `run` throws a `Thrown` with this id; its text.
template <class Thrown = Error, class Call>
std::string error_of(ErrorId id, Call run) {
  try {
    run();
  } catch (const Thrown &error) {
    EXPECT_EQ(error.id(), id) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

inline bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace girih::testing
