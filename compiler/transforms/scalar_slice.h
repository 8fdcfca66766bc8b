// SPDX-License-Identifier: Apache-2.0
// What a loop computes a load's place from.
#pragma once

#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

#include <optional>

namespace girih::compiler {

/// Operations of the loop's body that compute the load's scalars from the
/// induction variable, in order; nothing if they need more than that.
std::optional<llvm::SmallVector<mlir::Operation *>>
scalarSlice(tile::LoadOp load, mlir::scf::ForOp loop);

} // namespace girih::compiler
