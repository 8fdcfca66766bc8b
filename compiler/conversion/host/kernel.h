// SPDX-License-Identifier: Apache-2.0
// The walk over a kernel: entry point, programs, loops, and who is computed
// when.
#pragma once

#include "girih/compiler/conversion/host/emission.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/IR/Module.h"

namespace girih::compiler::host {

/// Adds the kernel's entry point (a HostEntry named `entry`) to `module`, and
/// gives the scratch memory that one thread needs. Fails with a diagnostic on
/// an operation that this back end does not know.
mlir::FailureOr<int64_t> emitKernel(mlir::func::FuncOp kernel,
                                    llvm::Module &module, llvm::StringRef entry,
                                    const Machine &machine);

} // namespace girih::compiler::host
