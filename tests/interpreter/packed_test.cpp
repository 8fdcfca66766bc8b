// SPDX-License-Identifier: Apache-2.0
// i4, u4, e2m1 and ue8m0 on the interpreter.
#include "girih/tests/interpreter/packed_cases.h"

#include "girih/compiler/compiler.h"

namespace girih::testing {
namespace {

void run(const Program &program, const std::vector<TestArray *> &arrays,
         std::int64_t) {
  compiler::interpret(program, parameter_block(arrays).data(), false);
}

TEST(InterpreterPacked, Loads) { expect_packed_loads(run); }
TEST(InterpreterPacked, Stores) { expect_packed_stores(run); }
TEST(InterpreterPacked, Matrices) { expect_packed_matrices(run); }

} // namespace
} // namespace girih::testing
