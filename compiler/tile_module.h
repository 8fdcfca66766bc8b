// SPDX-License-Identifier: Apache-2.0
// The half of the compiler that all executors share.
#pragma once

#include "girih/compiler/context.h"
#include "girih/compiler/diagnostics.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace girih::compiler {

/// Program -> the end of stage `tile`. Throws what `diagnostics` collected.
mlir::OwningOpRef<mlir::ModuleOp>
makeTileModule(const Program &program, ThreadState &thread,
               const DiagnosticCollector &diagnostics);

} // namespace girih::compiler
