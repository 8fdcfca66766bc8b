// SPDX-License-Identifier: Apache-2.0
// The statements of a text in PTX, for what looks at it before it is assembled.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

namespace girih::compiler {

/// `[@predicate] opcode operands`, without scopes. All parts are of one text.
struct PtxStatement {
  llvm::StringRef text, predicate, opcode, operands;

  explicit PtxStatement(llvm::StringRef text);
  /// The first operand: a list in braces, or what stands before a comma.
  llvm::StringRef target() const;
  /// The others, with their commas.
  llvm::StringRef sources() const;
};

/// Calls `take` with each statement, or label with its colon, of the text, in
/// one line and without comments, until it returns false.
void eachPtxStatement(llvm::StringRef ptx,
                      llvm::function_ref<bool(llvm::StringRef)> take);

/// Calls `take` for each name of a register in `text`: what begins like an
/// identifier.
void eachRegister(llvm::StringRef text,
                  llvm::function_ref<void(llvm::StringRef)> take);

} // namespace girih::compiler
