// SPDX-License-Identifier: Apache-2.0
// Block sizes for dots by warp groups (wgmma).
#pragma once

#include "girih/compiler/default_config.h"

namespace girih::compiler {

/// Sets the blocks, warps and stages of a kernel with one product of 16-bit
/// tiles for a device that has wgmma; false where it is another kernel, and
/// nothing has been set.
bool set_warpgroup_blocks(Config &config, const BlockRoles &roles,
                          const DotExtents &extents, const Target &target);

} // namespace girih::compiler
