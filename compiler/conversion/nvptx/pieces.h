// SPDX-License-Identifier: Apache-2.0
// How PTX moves a vector between registers and memory of any space.
#pragma once

#include "mlir/IR/Builders.h"

#include <string>

namespace girih::compiler {

/// Inline assembly: its text, and its operands' constraints.
struct AssemblyText {
  std::string text, constraints;
};

/// Operands of inline assembly: `$2`, or `{$2, $3}`.
std::string operandList(int64_t first, int64_t count);

/// The pieces that a vector of `bytes` is moved in.
struct Pieces {
  explicit Pieces(int64_t bytes);

  std::string width; // of the instruction: `v4.b32`, `b16` and so on
  int64_t count;
  char letter; // constraint of each

  mlir::Type type(mlir::OpBuilder &b) const;
  /// The constraints of all pieces, as results or as inputs.
  std::string results() const;
  std::string inputs() const;
  /// A store to `space`. Its operands are the address, with constraint
  /// `pointer` and written as `place`, the mask, if any, and the pieces.
  AssemblyText store(llvm::StringRef space, llvm::StringRef pointer,
                     llvm::StringRef place, bool masked) const;
};

} // namespace girih::compiler
