// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/elementary/names.h"

#include "girih/compiler/elementary/list.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

namespace math = mlir::math;

namespace girih::compiler::elementary {

llvm::StringRef nameOf(mlir::Operation *op) {
#define GIRIH_CASE(NAME, OPERATION, SHORT)                                     \
  .Case([](math::OPERATION) { return #NAME; })
  return llvm::TypeSwitch<mlir::Operation *, llvm::StringRef>(op)
      GIRIH_UNARY_FUNCTIONS(GIRIH_CASE) GIRIH_BINARY_FUNCTIONS(GIRIH_CASE)
          .Default([](mlir::Operation *) { return llvm::StringRef(); });
#undef GIRIH_CASE
}

} // namespace girih::compiler::elementary
