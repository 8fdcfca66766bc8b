// SPDX-License-Identifier: Apache-2.0
// What the reference of the runtime calls `expect_error`.
#pragma once

#include "girih/girih.h"

#include <gtest/gtest.h>

namespace girih::testing {

/// Expects this error of a call, at run time or of the compiler.
template <class Call> void expect_error(ErrorId id, Call call) {
  try {
    call();
    ADD_FAILURE() << "no error";
  } catch (const Error &error) {
    EXPECT_EQ(error.id(), id) << error.what();
  }
}

} // namespace girih::testing
