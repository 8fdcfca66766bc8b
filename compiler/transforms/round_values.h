// SPDX-License-Identifier: Apache-2.0
// What passes need that move work of a loop from one round to another.
#pragma once

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace girih::compiler {

/// Whether the value is computed in the loop's own block.
bool isInside(mlir::Value value, mlir::scf::ForOp loop);

/// A tile like this one, of this number.
mlir::Value filled(mlir::OpBuilder &builder, mlir::Value like, double number);

} // namespace girih::compiler
