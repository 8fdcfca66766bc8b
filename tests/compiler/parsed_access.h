// SPDX-License-Identifier: Apache-2.0
// Accesses written as text.
#pragma once

#include "girih/compiler/analysis/access.h"
#include "girih/tests/compiler/test_state.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"

#include <string>

namespace girih::testing {

/// One load in a kernel with one operand.
class ParsedLoad {
public:
  struct Text {
    std::string view; // sizes = …, strides = …, unit = …, align = …
    std::string element = "f32";
    std::string rank = "[s0]"; // symbols of the grid: one per size
    std::string before;        // defines the scalars
    std::string scalars;
    std::string map, bounds;
    std::string tile; // 128 or 16x64
  };

  explicit ParsedLoad(const Text &text) {
    std::string view =
        "!tile.view<element = " + text.element + ", " + text.view + ">";
    std::string zero = text.element[0] == 'i' ? "0" : "0.0";
    source =
        "func.func @f(%x: " + view + ") attributes {tile.kernel, " +
        "tile.config = \"\", tile.directions = [\"in\"], "
        "tile.index_bits = 64, tile.grid = affine_map<()" +
        text.rank + " -> ((s0 + 15) floordiv 16, 7)>, " +
        "tile.order = #tile.order<row_major, 1>} {\n" +
        "%n = tile.size %x, 0 : " + view + "\n%p = tile.program_id 0\n" +
        "%q = tile.program_id 1\n" + text.before + "\n%t = tile.load %x[" +
        text.scalars + "] map affine_map<" + text.map + ">" +
        (text.bounds.empty() ? "" : " bounds affine_set<" + text.bounds + ">") +
        " other " + zero + " : " + text.element + " : " + view + " -> tensor<" +
        text.tile + "x" + text.element + ">\nreturn\n}\n";
    module =
        mlir::parseSourceString<mlir::ModuleOp>(source, &test_state().context);
    if (module)
      module->walk([&](tile::LoadOp op) { load = op; });
  }

  compiler::Access access() { return compiler::Access(load); }

  mlir::OwningOpRef<mlir::ModuleOp> module;
  tile::LoadOp load;
  std::string source;
};

} // namespace girih::testing
