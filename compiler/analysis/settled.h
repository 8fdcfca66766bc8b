// SPDX-License-Identifier: Apache-2.0
// What a dependent kernel may do before the kernel ahead of it has ended.
#pragma once

#include "girih/compiler/dialect/Tile.h"

namespace girih::compiler {

/// Whether the operation, or one inside it, accesses global memory that a
/// kernel ahead may still write or read: whether it is more than reading
/// settled operands. A user's own PTX may do anything.
bool touchesUnsettled(mlir::Operation *op);

} // namespace girih::compiler
