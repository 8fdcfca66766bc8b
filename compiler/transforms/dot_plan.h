// SPDX-License-Identifier: Apache-2.0
// How one dot is done: by which instruction, and so in which layouts.
#pragma once

#include "girih/compiler/dialect/Tile.h"
#include "girih/compiler/layout/atoms.h"

namespace girih::compiler {

/// How warpgroups share the result of a dot by wgmma: `groups` below each
/// other, `along` next to each other, in instructions of 64 x `columns`.
struct WarpgroupShare {
  int64_t groups = 1, along = 1, columns = 8;
};

struct DotPlan {
  enum class Kind { wgmma, mma, fma } kind = Kind::fma;
  Layout a, b, accumulator;
  /// Why not the matrix units, where they have the type; else empty.
  std::string missed;
};

/// Plans for `warps` warps of a device of this compute capability.
DotPlan planDot(tile::DotOp dot, int warps, int capability);

/// Whether an accumulator's layout is that of mma.m16n8kX.
bool isMmaAccumulator(const Layout &layout);

/// How a dot by wgmma is shared; none where its layouts are not those of one.
std::optional<WarpgroupShare> warpgroupShare(tile::DotOp dot);
/// Whether instructions read this operand from shared memory.
bool isWholeOperand(const Layout &layout);

} // namespace girih::compiler
