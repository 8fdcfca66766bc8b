// SPDX-License-Identifier: Apache-2.0
// How one dot is done: by which instruction, and so in which layouts.
#pragma once

#include "girih/compiler/dialect/Tile.h"
#include "girih/compiler/layout/atoms.h"

namespace girih::compiler {

struct DotPlan {
  enum class Kind { mma, fma } kind = Kind::fma;
  Layout a, b, accumulator;
  /// Why not the matrix units, where they have the type; else empty.
  std::string missed;
};

/// Plans for `warps` warps of a device of this compute capability.
DotPlan planDot(tile::DotOp dot, int warps, int capability);

/// Whether an accumulator's layout is that of mma.m16n8kX.
bool isMmaAccumulator(const Layout &layout);

} // namespace girih::compiler
