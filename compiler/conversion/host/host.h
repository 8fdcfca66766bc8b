// SPDX-License-Identifier: Apache-2.0
// The host back end's stages: tile dialect -> LLVM IR (-> object).
#pragma once

#include "girih/compiler/compiler.h"
#include "girih/compiler/conversion/host/ir.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/Module.h"

namespace girih::compiler::host {

/// Vector width and registers that a host target's features stand for.
Machine machineOf(const Target &target);

/// LLVM IR of the one kernel in a module.
struct HostModule {
  std::unique_ptr<llvm::Module> llvm;
  std::string entry;
  int64_t scratchBytes = 0;
};

/// Emits the kernel. Fails with a diagnostic.
mlir::FailureOr<HostModule> emitHostModule(mlir::ModuleOp module,
                                           const Target &target,
                                           llvm::LLVMContext &context);

} // namespace girih::compiler::host
