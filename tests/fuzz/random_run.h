// SPDX-License-Identifier: Apache-2.0
// One random kernel on the interpreter and on another executor.
#pragma once

#include "random_application.h"

#include "girih/dsl/program.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace girih::testing {

/// Runs the Program; its output is the operands' last array.
using SeedExecutor = std::function<void(Dice &dice, const Program &program,
                                        const std::vector<std::int64_t> &params,
                                        std::int64_t programs)>;

/// A kernel of any kind.
RandomKernel random_kernel(Dice &dice);

/// Makes the kernel of `seed` and compares its results. Nothing, or what went
/// wrong.
std::string run_seed(std::uint64_t seed, const SeedExecutor &executor,
                     RandomKernel (*make)(Dice &) = random_kernel);

/// Seeds of a test: `usual`, or as many as GIRIH_FUZZ_SEEDS says, from
/// GIRIH_FUZZ_FIRST (1) on.
std::uint64_t seed_count(std::uint64_t usual);
std::uint64_t first_seed();

} // namespace girih::testing
