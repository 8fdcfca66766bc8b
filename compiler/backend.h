// SPDX-License-Identifier: Apache-2.0
// What the pipeline driver and a back end say to each other.
#pragma once

#include "girih/compiler/compiler.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace girih::compiler {

/// What a back end makes of one kernel.
struct BackendResult {
  std::string code;
  std::string entry;
  std::int64_t sharedBytes = 0, scratchBytes = 0;
  int threads = 1;
  int blocks = 1;
  bool persistent = false;
  std::vector<TensorMap> tensorMaps;
  std::int64_t streamBytes = 0;
  int streamFlags = 0;
};

/// What a back end is given besides the module. Back ends never throw: errors
/// are MLIR diagnostics (`op.emitError("[shared-memory] ...")`: a leading id in
/// brackets, if it is one of the catalogue, makes it a CompileError with that
/// id; without one it is an InternalError) and a failed result. Missed
/// optimisations are `op.emitRemark("pass: text")`.
struct BackendContext {
  const Target &target;
  const Config &config;
  bool lineInfo = false;
  /// Ends a stage whose result is a module: dumps it and takes the time. With
  /// an override, replaces the module's content by what the user edited; false
  /// if that does not parse (the diagnostic is then already given).
  llvm::function_ref<bool(Stage stage, mlir::ModuleOp module)> endStage;
  /// Ends a stage whose result is text (LLVM IR, PTX, an object). With an
  /// override, false; `text` is then what the user edited and what to go on
  /// with.
  llvm::function_ref<bool(Stage stage, std::string &text)> endTextStage;
  /// Whether endTextStage has a use for the text: printing LLVM IR only to
  /// throw it away is slow.
  bool wantsText = false;
};

/// compiler/conversion/host/host.cpp: tile dialect -> object file.
mlir::FailureOr<BackendResult> emitHost(mlir::ModuleOp module,
                                        const BackendContext &context);
/// compiler/conversion/nvptx/nvptx.cpp: tile dialect -> PTX.
mlir::FailureOr<BackendResult> emitNvptx(mlir::ModuleOp module,
                                         const BackendContext &context);

} // namespace girih::compiler
