// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/tile_module.h"

#include "girih/compiler/frontend/frontend.h"

using namespace mlir;

namespace girih::compiler {

OwningOpRef<ModuleOp> makeTileModule(const Program &program,
                                     ThreadState &thread,
                                     const DiagnosticCollector &diagnostics) {
  OwningOpRef<ModuleOp> module = importProgram(program, thread.context);
  if (failed(thread.tilePipeline.run(*module)))
    diagnostics.raise("the tile pipeline");
  return module;
}

} // namespace girih::compiler
