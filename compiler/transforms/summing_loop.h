// SPDX-License-Identifier: Apache-2.0
// Kernels that are one long sum of products.
#pragma once

#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace girih::compiler {

/// The kernel's loop, where it is one loop of dots that adds up from zeros, so
/// that any part of its rounds gives a part of its only result, and what stands
/// ahead of it changes nothing in memory; else null.
mlir::scf::ForOp onlySummingLoop(mlir::func::FuncOp kernel);

} // namespace girih::compiler
