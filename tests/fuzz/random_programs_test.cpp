// SPDX-License-Identifier: Apache-2.0
// Random kernels: the host back end against the interpreter bit for bit, and
// both against the index tables of the arrangement as it was written.
#include "emulated_run.h"
#include "random_run.h"

#include "girih/runtime/kernel.h"
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

/// As a user calls it, with all that a call is checked for.
void call_on_host(Dice &, const Program &program,
                  const std::vector<std::int64_t> &params, std::int64_t) {
  std::vector<Array> arrays;
  const std::int64_t *at = params.data();
  for (const ArrangedOperand &each : program.operands) {
    const auto rank = static_cast<std::size_t>(each.rank);
    arrays.emplace_back(reinterpret_cast<void *>(*at), std::span(at + 1, rank),
                        each.dtype, host_device,
                        std::span(at + 1 + rank, rank));
    at += 1 + 2 * rank;
  }
  Kernel(program).launch(arrays);
}

void run_or_call(Dice &dice, const Program &program,
                 const std::vector<std::int64_t> &params,
                 std::int64_t programs) {
  if (dice.one_in(4))
    call_on_host(dice, program, params, programs);
  else
    run_on_host(dice, program, params, programs);
}

/// Runs code for one compute capability.
SeedExecutor emulator(int capability) {
  return [=](Dice &, const Program &program,
             const std::vector<std::int64_t> &params, std::int64_t programs) {
    run_emulated(program, params, programs, capability);
  };
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
  run_seeds(first_seed(), seed_count(500), run_or_call);
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
  for (int seed : {
           700040, // an output's constant index outside
       })
    run_seeds(static_cast<std::uint64_t>(seed), 1, call_on_host);
}

// Ampere and Hopper by turns.
TEST(FuzzPrograms, EmulatedPtxAgreesWithInterpreter) {
  const std::uint64_t first = first_seed(),
                      count = std::min<std::uint64_t>(seed_count(26), 26);
  for (std::uint64_t seed = first; seed < first + count; ++seed)
    run_seeds(seed, 1, emulator(seed % 2 ? 90 : 80));
}

// Of the kernels of all kinds few multiply by warp groups.
TEST(FuzzPrograms, EmulatedWarpGroupsAgreeWithInterpreter) {
  const std::uint64_t first = first_seed(), end = first + seed_count(20);
  for (std::uint64_t seed = first; seed < end; ++seed)
    EXPECT_EQ(run_seed(seed, emulator(90), random_large_dot), "");
}

} // namespace
} // namespace girih::testing
