// SPDX-License-Identifier: Apache-2.0
// Block sizes for dots by warp groups (wgmma).
#pragma once

#include "girih/compiler/default_config.h"

#include <optional>
#include <string>
#include <vector>

namespace girih::compiler {

/// The block that all dots have for M, N or K; none where they differ.
std::optional<std::string> only_block(const BlockRoles &roles,
                                      BlockRole::Use use);

/// Whether all dots are of f16 by f16 or of bf16 by bf16.
bool has_halves(const BlockRoles &roles);

/// Sets the blocks, warps and stages of a kernel with one product of 16-bit
/// tiles for a device that has wgmma; false where it is another kernel, and
/// nothing has been set.
bool set_warpgroup_blocks(Config &config, const BlockRoles &roles,
                          const DotExtents &extents, const Target &target);

/// The same for chained products, as attention's, with warps and order.
bool set_chained_blocks(Config &config, const BlockRoles &roles,
                        const std::vector<std::vector<std::int64_t>> &shapes,
                        const Target &target);

} // namespace girih::compiler
