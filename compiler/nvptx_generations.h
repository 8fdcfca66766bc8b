// SPDX-License-Identifier: Apache-2.0
// NVIDIA devices: what they are called and have. No LLVM here.
#pragma once

#include "girih/compiler/compiler.h"

#include <cstdint>
#include <span>

namespace girih::compiler {

/// A generation of devices: what its code is called, the lowest PTX version
/// that has it, and the shared memory of one program. What runs on its whole
/// family is called by an f and has a PTX version of its own; 0: there is none.
struct Generation {
  int capability;
  const char *arch;
  int ptx;
  std::int64_t sharedBytes;
  int familyPtx;
};

/// Newest last. A device takes the last one that its capability reaches;
/// suffixed code runs on exactly its own capability, so devices between two
/// entries take the plain form of the one below.
std::span<const Generation> generations();
const Generation &generationOf(int capability);

/// Compute capability of a target: 90 for "sm_90a".
int capabilityOf(const Target &target);
/// Whether its warp groups multiply (wgmma), beside which warps may copy and
/// clusters share what a program does: sm_90 alone.
bool hasWarpgroups(const Target &target);

/// Bytes of shared memory that one program can have.
std::int64_t sharedMemoryLimit(int capability);

} // namespace girih::compiler
