// SPDX-License-Identifier: Apache-2.0
// Operands that a kernel writes, and where others may see that.
#pragma once

#include "girih/compiler/dialect/Tile.h"

namespace girih::compiler {

/// The operand that an operation writes, or null. Arrivals write counters.
mlir::Value writtenView(mlir::Operation *op);

/// Whether anything in the kernel writes the operand.
bool isWritten(mlir::Value view);

} // namespace girih::compiler
