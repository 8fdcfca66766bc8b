// SPDX-License-Identifier: Apache-2.0
// Random kernels: the host back end against the interpreter bit for bit, and
// both against the index tables of the arrangement as it was written.
#include "emulated_run.h"
#include "random_run.h"

#include "girih/tests/host/run_on_host.h"

#include <gtest/gtest.h>

#include <algorithm>

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

/// Runs seeds from `first` on: all of them, up to 20 that fail.
void run_seeds(std::uint64_t first, std::uint64_t count,
               const SeedExecutor &executor) {
  int failed = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const std::string wrong = run_seed(seed, executor);
    EXPECT_EQ(wrong, "");
    failed += wrong.empty() ? 0 : 1;
    if (failed == 20)
      return;
  }
}

TEST(FuzzPrograms, HostAgreesWithInterpreter) {
  run_seeds(first_seed(), seed_count(500), run_on_host);
}

// They found mistakes before.
TEST(FuzzPrograms, SeedsThatFoundSomething) {
  for (int seed : {
           3754, // LLVM made one conversion from f64 to f16 of two
           1412,
           2684,
           2885,
           5603,
           5745, // maps that cancel
           5250,
           22783,
           50414,
           61497,
           69796,
           91120, // loads that make blocks
           2010903,
           2077016, // bounds whose proof takes long when a text is read
       })
    run_seeds(static_cast<std::uint64_t>(seed), 1, run_on_host);
}

TEST(FuzzPrograms, EmulatedPtxAgreesWithInterpreter) {
  run_seeds(first_seed(), std::min<std::uint64_t>(seed_count(25), 25),
            run_on_emulator);
}

} // namespace
} // namespace girih::testing
