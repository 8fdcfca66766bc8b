// SPDX-License-Identifier: Apache-2.0
// Random kernels: the host back end against the interpreter bit for bit, and
// both against the index tables of the arrangement as it was written.
#include "emulated_run.h"
#include "random_run.h"

#include "girih/tests/host/run_on_host.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

const compiler::Target &target_of(std::int64_t number) {
  static const compiler::Target targets[] = {
      compiler::host_target(), host_without("avx512"), host_without("avx2")};
  return targets[number];
}

void run_on_host(Dice &dice, const Program &program,
                 const std::vector<std::int64_t> &params,
                 std::int64_t programs) {
  OnHost(program, target_of(dice.any({0, 0, 1, 2}))).run(params, programs);
}

void run_on_emulator(Dice &, const Program &program,
                     const std::vector<std::int64_t> &params,
                     std::int64_t programs) {
  run_emulated(program, params, programs);
}

// 3754: LLVM makes one conversion from f64 to f16 of two.
TEST(FuzzPrograms, HostAgreesWithInterpreter) {
  const std::uint64_t first = first_seed(), end = first + seed_count(500);
  for (std::uint64_t seed = first; seed < end; ++seed)
    EXPECT_EQ(run_seed(seed, run_on_host), "");
  EXPECT_EQ(run_seed(3754, run_on_host), "");
}

TEST(FuzzPrograms, EmulatedPtxAgreesWithInterpreter) {
  const std::uint64_t first = first_seed(), end = first + 25;
  for (std::uint64_t seed = first; seed < end; ++seed)
    EXPECT_EQ(run_seed(seed, run_on_emulator), "");
}

} // namespace
} // namespace girih::testing
