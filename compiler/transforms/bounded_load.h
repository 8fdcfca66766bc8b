// SPDX-License-Identifier: Apache-2.0
// Loads of rounds that a loop may not have.
#pragma once

#include "girih/compiler/dialect/Tile.h"

#include "mlir/IR/IRMapping.h"

namespace girih::compiler {

/// The load with its scalars mapped; out of bounds, so that nothing is read and
/// the result is `other`, unless `value` < `limit`.
tile::LoadOp loadBelow(mlir::OpBuilder &builder, tile::LoadOp load,
                       const mlir::IRMapping &mapping, mlir::Value value,
                       mlir::Value limit);

/// The same at `scalars`: those of the load, the value and the limit.
tile::LoadOp loadBelow(mlir::OpBuilder &builder, tile::LoadOp load,
                       mlir::ValueRange scalars);

} // namespace girih::compiler
