// SPDX-License-Identifier: Apache-2.0
// The interpreter's entry: from a Program, through the shared passes.
#include "girih/compiler/interpreter/interpreter.h"
#include "girih/compiler/tile_module.h"

using namespace mlir;

namespace girih::compiler {

void interpret(const Program &program, const std::int64_t *params,
               bool all_f64) {
  CompilationScope scope;
  ThreadState &thread = scope.thread;
  DiagnosticCollector diagnostics(thread.context);
  OwningOpRef<ModuleOp> module = makeTileModule(program, thread, diagnostics);
  if (failed(interpretModule(*module, program.name, params, all_f64)))
    diagnostics.raise("the interpreter");
}

} // namespace girih::compiler
