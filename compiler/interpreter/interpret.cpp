// SPDX-License-Identifier: Apache-2.0
// The interpreter's entry: from a Program, through the shared passes.
#include "girih/compiler/frontend/frontend.h"
#include "girih/compiler/interpreter/checker.h"
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
  if (failed(interpretModule(*module, program.name, params,
                             all_f64 ? Rounding::all_f64 : Rounding::own)))
    diagnostics.raise("the interpreter");
}

void run_checked(const Program &program, const std::int64_t *params,
                 const Checks &checks) {
  CompilationScope scope;
  MLIRContext &context = scope.thread.context;
  DiagnosticCollector diagnostics(context);
  // As imported, with no pass in between: each operation has its own line.
  OwningOpRef<ModuleOp> module = importProgram(program, context, checks.bounds);
  Checker checker(program, params, checks);
  if (failed(interpretModule(*module, program.name, params, Rounding::own,
                             &checker)))
    diagnostics.raise("the checking interpreter");
  checker.finish();
}

} // namespace girih::compiler
