// SPDX-License-Identifier: Apache-2.0
// Elementary functions on one element, f32 or f64, within 2 units in the last
// place. What is narrower goes through f32.
#pragma once

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

namespace girih::compiler {

/// The function that libm calls `name`. Short ones are written where they are
/// used; others become functions of `module`, so that a tile of many registers
/// does not repeat them.
mlir::Value emitFunction(mlir::OpBuilder &b, mlir::Location loc,
                         mlir::ModuleOp module, llvm::StringRef name,
                         mlir::ValueRange operands);

/// Two of them in f32, by the hardware's power of two (exponentials.cpp).
mlir::Value emitTanh(mlir::OpBuilder &b, mlir::Location loc,
                     mlir::ModuleOp module, mlir::Value x);
mlir::Value emitErf(mlir::OpBuilder &b, mlir::Location loc,
                    mlir::ModuleOp module, mlir::Value x);

} // namespace girih::compiler
