// SPDX-License-Identifier: Apache-2.0
// Printing and assertions: calls of host_runtime's functions.
#pragma once

#include "girih/compiler/conversion/host/nest.h"

namespace girih::compiler::host {

/// The kernel that a message names, and the number of the running program.
struct RunningProgram {
  llvm::StringRef kernel;
  Reg number = nullptr;
};

void emitPrint(Emission &emission, tile::PrintOp op,
               const RunningProgram &program);
/// Returns from the kernel where a lane fails.
void emitAssert(Emission &emission, tile::AssertOp op,
                const RunningProgram &program);

} // namespace girih::compiler::host
