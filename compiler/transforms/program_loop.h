// SPDX-License-Identifier: Apache-2.0
// The loop over the programs that a block does.
#pragma once

#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace girih::compiler {

inline bool isProgramLoop(mlir::scf::ForOp loop) {
  return loop.getLowerBound().getDefiningOp<tile::ProgramsOp>() != nullptr;
}

} // namespace girih::compiler
