// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mlir/IR/Operation.h"
#include "llvm/ADT/StringRef.h"

namespace girih::compiler::elementary {

/// The elementary function that a math operation computes, by its name in C
/// and in the back ends' tables; empty for every other operation.
llvm::StringRef nameOf(mlir::Operation *op);

} // namespace girih::compiler::elementary
