// SPDX-License-Identifier: Apache-2.0
// Which elementwise values are computed where they are defined and kept, rather
// than inside the nests that use them.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace girih::compiler::host {

/// Puts what inline PTX says it does in its place, so that all that looks at
/// operations sees it. Where its instruction is approximate, that may be, too.
void inlinePtx(mlir::func::FuncOp kernel);

/// Turns remaps of loads into loads of the mapped lanes, which say more about
/// what they read.
void readInPlace(mlir::func::FuncOp kernel);

/// Nests that read what a load does, about.
struct Readers {
  unsigned nests = 0;
  /// Those of them that compute long enough for the memory to work meanwhile,
  /// or all of them.
  unsigned busy = 0;
};

/// What must be kept of loads, gathers and elementwise operations.
struct Plan {
  /// - a load of an operand that is also written, unless nothing but one store
  ///   of the very same elements uses it;
  /// - what several nests need, or a nest in a deeper loop, or several lanes of
  ///   one nest, if computing it again would cost more than reading it;
  /// - what ends a chain as long as a nest should have at most.
  llvm::DenseSet<mlir::Value> kept;
  /// Those of them that the first nest to compute them may fill.
  llvm::DenseSet<mlir::Value> deferred;
  llvm::DenseMap<mlir::Operation *, Readers> readers; // of loads
};

Plan planOf(mlir::func::FuncOp kernel);

/// Whether `op` is evaluated inside the nests of its users.
bool isFusable(mlir::Operation *op);
/// Whether `op` may run again and again in a loop around it that is not around
/// `value`'s definition.
bool isInDeeperLoop(mlir::Operation *op, mlir::Value value);

} // namespace girih::compiler::host
