// SPDX-License-Identifier: Apache-2.0
// What few elements need, behind one branch for all that a thread has.
#pragma once

#include "girih/compiler/conversion/nvptx/emitter.h"

namespace girih::compiler {

/// Writes what makes all values of a thread.
using MakeAll = llvm::function_ref<Registers()>;

/// What `usual` makes where `isUsual` is set, else what `rare` makes. A test
/// of all that was read keeps the assembler from reading less at a time.
Registers madeUsually(mlir::OpBuilder &b, mlir::Location loc,
                      mlir::Value isUsual, MakeAll usual, MakeAll rare);

/// The values, or where they are not right what `again` makes.
Registers redoneUnless(mlir::OpBuilder &b, mlir::Location loc,
                       mlir::Value isRight, Registers values, MakeAll again);

} // namespace girih::compiler
