// SPDX-License-Identifier: Apache-2.0
// arith and math operations on registers: scalars and vectors alike.
#pragma once

#include "girih/compiler/conversion/host/elements.h"

#include "mlir/IR/Operation.h"

namespace girih::compiler::host {

/// Whether emitElementwise knows the operation.
bool isElementwise(mlir::Operation *op);
/// Whether the operation is worth keeping rather than computing twice.
bool isExpensive(mlir::Operation *op);

/// The result of `op` for these operands. Null for an operation that is not
/// known. A constant has no operands and gives `width` lanes.
Reg emitElementwise(Builder &ir, mlir::Operation *op,
                    llvm::ArrayRef<Reg> operands, unsigned width);

/// f64 to what a narrow float represents. Rounding to f32 first would round
/// twice, unless what is cut off there leaves a trace in the last bit kept.
Reg roundDouble(Builder &ir, mlir::Type element, Reg value);

/// math operations on f32 and f64 registers; null for those not known.
Reg emitMath(Builder &ir, mlir::Operation *op, llvm::ArrayRef<Reg> operands);

} // namespace girih::compiler::host
