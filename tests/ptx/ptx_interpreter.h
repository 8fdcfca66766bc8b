// SPDX-License-Identifier: Apache-2.0
// Threads as fibers, and the inline PTX that they execute.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace girih::testing {

/// What the copy engine is told of an operand, contiguous dimension first.
struct CopiedOperand {
  const char *data = nullptr;
  int rank = 0, elementBytes = 1, swizzleBytes = 0;
  std::int64_t sizes[5] = {}, strides[5] = {}, box[5] = {}; // strides in bytes
};

/// Remembers a piece of inline assembly; the number is for emulated_assembly.
unsigned internAssembly(const std::string &text,
                        const std::string &constraints);

/// Functions that emulated code calls, by name.
std::vector<std::pair<const char *, void *>> hostFunctions();

/// What programs have printed since the last call.
std::string takePrinted();

/// What runs: blocks of a cluster, threads and shared memory of each.
struct ProgramShape {
  int blocks = 1, threads = 1;
  std::int64_t sharedBytes = 0;
  std::int64_t launched = 1; // blocks
};

/// Runs one program. Throws std::runtime_error for accesses to shared memory
/// out of bounds, unknown instructions, threads that never meet.
void runProgram(void (*entry)(const std::int64_t *), const std::int64_t *params,
                std::int64_t program, const ProgramShape &shape);

} // namespace girih::testing
