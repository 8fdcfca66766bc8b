// SPDX-License-Identifier: Apache-2.0
// Programs as text of the tile dialect.
#pragma once

#include "girih/compiler/frontend/frontend.h"
#include "girih/compiler/tile_module.h"
#include "girih/tests/compiler/test_state.h"

#include "mlir/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

namespace girih::testing {

inline std::string printed(mlir::ModuleOp module, bool locations = false) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  mlir::OpPrintingFlags flags;
  flags.enableDebugInfo(locations).printGenericOpForm(false);
  module->print(stream, flags);
  return text;
}

/// What the frontend makes of a Program, and the tile pipeline of that.
inline std::string imported(const Program &program, bool locations = false) {
  auto module = compiler::importProgram(program, test_state().context);
  EXPECT_TRUE(mlir::succeeded(mlir::verify(*module)));
  return printed(*module, locations);
}

inline std::string tiled(const Program &program) {
  auto &thread = test_state();
  compiler::DiagnosticCollector diagnostics(thread.context);
  return printed(*compiler::makeTileModule(program, thread, diagnostics));
}

/// How often `what` stands in `text`.
inline std::size_t count(const std::string &text, const std::string &what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos;
       at += what.size())
    ++found;
  return found;
}

} // namespace girih::testing
