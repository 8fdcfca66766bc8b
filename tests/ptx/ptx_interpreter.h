// SPDX-License-Identifier: Apache-2.0
// Threads as fibers, and the inline PTX that they execute.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace girih::testing {

/// Remembers a piece of inline assembly; the number is for emulated_assembly.
unsigned internAssembly(const std::string &text,
                        const std::string &constraints);

/// Functions that emulated code calls, by name.
std::vector<std::pair<const char *, void *>> hostFunctions();

/// What programs have printed since the last call.
std::string takePrinted();

/// Runs one program. Throws std::runtime_error for accesses to shared memory
/// out of bounds, unknown instructions, threads that never meet.
void runProgram(void (*entry)(const std::int64_t *), const std::int64_t *params,
                std::int64_t program, int threads, std::int64_t sharedBytes);

} // namespace girih::testing
