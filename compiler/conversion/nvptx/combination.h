// SPDX-License-Identifier: Apache-2.0
// What the region of a reduction does with two lanes.
#pragma once

#include "girih/compiler/dialect/Tile.h"

namespace girih::compiler {

/// The one operation that a region applies to its two arguments, or null.
mlir::Operation *singleOp(tile::ReduceOp reduce);
/// What changes nothing when `op` combines it with something; null if unknown.
mlir::TypedAttr identityOf(mlir::Operation *op);
/// redux.sync's name for an operation on 32-bit integers, or empty.
llvm::StringRef reduxName(mlir::Operation *op);

} // namespace girih::compiler
