// SPDX-License-Identifier: Apache-2.0
// The passes that every target shares, and those of GPUs, in order.
#pragma once

#include "girih/dsl/config.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassManager.h"

namespace girih::compiler {

/// Everything that a kernel's module can contain, from the frontend's output to
/// what the back ends translate to LLVM IR.
void registerDialects(mlir::DialectRegistry &registry);

/// From the frontend's output to the end of stage `tile`.
void buildTilePipeline(mlir::OpPassManager &manager);

/// For a GPU of this compute capability: from there to the end of stage
/// `layout`, and on to that of stage `async`.
void buildNvptxLayoutPipeline(mlir::OpPassManager &manager,
                              const Config &config, int capability);
void buildNvptxAsyncPipeline(mlir::OpPassManager &manager, const Config &config,
                             int capability);

/// Registers all passes and pipelines by name, for girih-opt.
void registerPasses();

} // namespace girih::compiler
