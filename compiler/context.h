// SPDX-License-Identifier: Apache-2.0
// The MLIR state of one thread, made once and used for all its compilations.
#pragma once

#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"

#include <functional>

namespace girih::compiler {

/// Context and tile pipeline. Making one costs more than compiling a small
/// kernel, so a thread keeps its own.
class ThreadState {
public:
  ThreadState();

  mlir::MLIRContext context;
  mlir::PassManager tilePipeline;
  /// Where pass times go during a compilation; may be empty.
  std::function<void(std::string_view pass, double seconds)> onTime;
};

/// The calling thread's state during one compilation. Compilations may nest,
/// as a callback may compile something else.
class CompilationScope {
public:
  /// Takes the state, or makes one: for a thread's first compilation, and anew
  /// after some, because a context never forgets types and attributes.
  CompilationScope();
  ~CompilationScope();
  CompilationScope(const CompilationScope &) = delete;
  CompilationScope &operator=(const CompilationScope &) = delete;

  ThreadState &thread;

private:
  std::function<void(std::string_view, double)> outerOnTime;
};

} // namespace girih::compiler
