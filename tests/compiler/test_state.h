// SPDX-License-Identifier: Apache-2.0
// What the compiler keeps for a thread.
#pragma once

#include "girih/compiler/context.h"

namespace girih::testing {

/// A context that outlives every module of the tests.
inline compiler::ThreadState &test_state() {
  static compiler::ThreadState state;
  return state;
}

} // namespace girih::testing
