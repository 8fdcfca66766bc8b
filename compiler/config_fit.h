// SPDX-License-Identifier: Apache-2.0
// What a Config needs of a device, told without compiling. No LLVM here.
#pragma once

#include "girih/compiler/compiler.h"
#include "girih/dsl/roles.h"

#include <cstdint>
#include <string>
#include <vector>

namespace girih::compiler {

/// Shared memory, in bytes, that the operands of dots take in one program, with
/// those that the warps of a program make for each other.
/// Every block must be in the Config.
std::int64_t dot_shared_bytes(const Config &config, const BlockRoles &roles);

/// 32-bit registers of a thread that the sums of all dots take.
std::int64_t dot_registers(const Config &config, const BlockRoles &roles);

/// Elements of the largest tile of an operand.
std::int64_t largest_tile(const Config &config, const BlockRoles &roles);

/// Why a kernel cannot run with this Config on `target`, as one line; empty:
/// nothing speaks against it. Blocks that are missing, unknown or too small for
/// what they must cover, fields out of range or without code, tiles too large,
/// and for GPUs shared memory, threads and registers. `shapes` holds each
/// operand's sizes.
std::string misfit(const Config &config, const BlockRoles &roles,
                   const std::vector<std::vector<std::int64_t>> &shapes,
                   const Target &target);

} // namespace girih::compiler
