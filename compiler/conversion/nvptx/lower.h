// SPDX-License-Identifier: Apache-2.0
// One step of the nvptx back end: laid-out tile dialect to the LLVM dialect.
#pragma once

#include "girih/compiler/conversion/nvptx/emitter.h"
#include "girih/dsl/config.h"

#include "mlir/IR/OwningOpRef.h"

namespace girih::compiler {

struct Lowered {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string entry;
  int64_t sharedBytes = 0;
  int threads = 1;         // of a block
  int blocks = 1;          // of a cluster, which does one program; or,
                           // where persistent, several beside each other
  bool persistent = false; // as many blocks as fit the device do all programs
  std::vector<TensorMap> tensorMaps;
  int64_t streamBytes = 0; // what a block may leave for another one
  int streamFlags = 0;     // by which it says so
  int ptxVersion = 0;      // at least; 0: the target's
};

/// Laid-out tile dialect to the end of stage `async`: copies ahead of what
/// reads them, and stores that the copy engine does where shared memory has
/// room.
mlir::LogicalResult lowerToAsync(mlir::ModuleOp module, const Config &config,
                                 const NvptxOptions &options);

/// The module's kernel as a function of one thread. Failure is reported.
mlir::FailureOr<Lowered> lowerToLLVM(mlir::ModuleOp module,
                                     const NvptxOptions &options);

/// Whether the kernel's shared memory fits the device.
bool fitsShared(mlir::func::FuncOp kernel, const NvptxOptions &options);

} // namespace girih::compiler
