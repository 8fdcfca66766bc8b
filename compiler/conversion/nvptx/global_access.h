// SPDX-License-Identifier: Apache-2.0
// Addresses and masks of one access to global memory, for one thread.
#pragma once

#include "girih/compiler/conversion/nvptx/emitter.h"

namespace girih::compiler {

class GlobalAccess {
public:
  /// Threads share the tile of this shape as `layout` says. Made where the
  /// access's scalars are known.
  GlobalAccess(Emitter &emitter, const Access &access, const Layout &layout,
               llvm::ArrayRef<int64_t> shape);

  /// Of the element at this thread's coordinates plus constant ones.
  mlir::Value address(const Coords &constant);
  /// i1: it is in bounds and part of the tile. Null when that is certain.
  mlir::Value mask(const Coords &constant);

private:
  mlir::Value at(mlir::Value from, mlir::Value offset);
  llvm::SmallVector<mlir::Value> lanesAt(const Coords &constant);

  Emitter &e;
  const Access &access;
  const Layout &layout;
  llvm::ArrayRef<int64_t> shape;
  llvm::SmallVector<mlir::Value> thread, scalars, strides;
  mlir::Type element;
  mlir::Value pointer, base;
};

} // namespace girih::compiler
