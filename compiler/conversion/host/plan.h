// SPDX-License-Identifier: Apache-2.0
// Which elementwise values are computed where they are defined and kept, rather
// than inside the nests that use them.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseSet.h"

namespace girih::compiler::host {

/// Results of loads and elementwise operations that must be kept:
/// - a load of an operand that is also stored, unless nothing but one store of
///   the very same elements uses it;
/// - what several nests need, or a nest in a deeper loop, if computing it again
///   would cost more than reading it.
llvm::DenseSet<mlir::Value> valuesToKeep(mlir::func::FuncOp kernel);

/// Whether `op` is evaluated inside the nests of its users.
bool isFusable(mlir::Operation *op);

} // namespace girih::compiler::host
