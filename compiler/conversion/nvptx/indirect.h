// SPDX-License-Identifier: Apache-2.0
// Addresses and masks of one access at indices that are data.
#pragma once

#include "girih/compiler/conversion/nvptx/emitter.h"

namespace girih::compiler {

class IndirectAccess {
public:
  /// The indices are tiles of this layout and shape.
  IndirectAccess(Emitter &emitter, mlir::Value view, mlir::ValueRange indices,
                 const Layout &layout, llvm::ArrayRef<int64_t> shape);

  /// i1: the register is part of the tile and its indices are in range. Null
  /// when that is certain.
  mlir::Value mask(int64_t reg);
  /// What the register's indices point at, where the mask holds.
  mlir::Value pointer(int64_t reg);

private:
  Emitter &e;
  tile::ViewType view;
  const Emitter::Operand &operand;
  const Layout &layout;
  llvm::ArrayRef<int64_t> shape;
  llvm::SmallVector<mlir::Value> thread;
  llvm::SmallVector<Registers *> indexTiles;
};

} // namespace girih::compiler
