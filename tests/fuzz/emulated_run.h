// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "girih/dsl/program.h"

#include <cstdint>
#include <vector>

namespace girih::testing {

/// Runs a Program through the nvptx back end for this compute capability and
/// the PTX emulator.
void run_emulated(const Program &program,
                  const std::vector<std::int64_t> &params,
                  std::int64_t programs, int capability = 80);

} // namespace girih::testing
