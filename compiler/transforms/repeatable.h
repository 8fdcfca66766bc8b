// SPDX-License-Identifier: Apache-2.0
// What warps can compute again that have not computed it.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

namespace girih::compiler {

/// Whether any warp of the kernel can find the value out by itself: a scalar of
/// scalars, and of what memory holds that the kernel does not write.
bool isRepeatable(mlir::Value value, mlir::func::FuncOp kernel);

/// The repeatable value at the builder's place, with all that it takes, which
/// `known` has from then on.
mlir::Value repeated(mlir::OpBuilder &builder, mlir::Value value,
                     mlir::IRMapping &known);

} // namespace girih::compiler
