// SPDX-License-Identifier: Apache-2.0
// Runs the nvptx back end's LLVM IR on the CPU: every thread of a program is a
// fiber, inline PTX is interpreted. Asynchronous copies land no sooner than
// the wait that covers them; fresh shared memory is poison.
#pragma once

#include "girih/compiler/conversion/nvptx/lower.h"

#include <cstdint>
#include <string>
#include <vector>

namespace girih::testing {

/// A kernel of the tile dialect taken down to LLVM IR in the LLVM dialect.
struct EmulatedKernel {
  /// Parses, runs the shared passes and the back end's. Throws
  /// std::runtime_error with what was diagnosed.
  EmulatedKernel(const std::string &tileModule, int capability);
  ~EmulatedKernel();

  /// Runs programs [0, programs) with this parameter block; two blocks do
  /// those of a persistent kernel, three where blocks share their rounds.
  void run(const std::vector<std::int64_t> &params, std::int64_t programs);

  /// Whether the copy engine is told of this operand.
  bool copies(int operand) const;

  /// Address of a variable of the module; null where there is none.
  void *variable(const std::string &name);

  std::int64_t sharedBytes = 0;
  int threads = 0, blocks = 1; // of a block, of a program
  bool persistent = false;
  std::int64_t streamBytes = 0; // of a block
  int streamFlags = 0;

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace girih::testing
