// SPDX-License-Identifier: Apache-2.0
// in_bounds() of a tile, where its load has been found to need no mask.
#pragma once

#include "girih/compiler/analysis/access.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace girih::compiler::host {

/// Whether `compare` asks, lane by lane, what is one of the bounds of `access`:
/// tile.coordinate >= 0 with the expression of a constraint.
bool asksForBound(mlir::arith::CmpIOp compare, const Access &access);

} // namespace girih::compiler::host
