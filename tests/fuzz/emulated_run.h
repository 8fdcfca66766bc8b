// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "girih/dsl/program.h"

#include <cstdint>
#include <vector>

namespace girih::testing {

/// Runs a Program through the nvptx back end and the PTX emulator.
void run_emulated(const Program &program,
                  const std::vector<std::int64_t> &params,
                  std::int64_t programs);

} // namespace girih::testing
