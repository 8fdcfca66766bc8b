// SPDX-License-Identifier: Apache-2.0
// From MLIR's diagnostics to our exceptions and remarks.
#pragma once

#include "girih/compiler/compiler.h"
#include "girih/dsl/support/diagnostics.h"

#include "mlir/IR/Diagnostics.h"

namespace girih::compiler {

/// Collects what is emitted on a context while it lives.
class DiagnosticCollector {
public:
  explicit DiagnosticCollector(mlir::MLIRContext &context);

  /// Remarks so far, in order; `pass: text` is taken apart.
  std::vector<Remark> takeRemarks() { return std::move(remarks); }

  /// Throws what the collected errors say: the first becomes the message,
  /// further ones notes. `[id] text` with an id of the catalogue is that
  /// CompileError, anything else an InternalError. `during` names the step
  /// that failed, for the case that nothing was emitted.
  [[noreturn]] void raise(std::string_view during) const;

  /// Text of the first error, or nothing.
  std::string firstError() const {
    return errors.empty() ? std::string() : errors.front().message;
  }

private:
  void collect(mlir::Diagnostic &diagnostic);

  std::vector<Diagnostic> errors;
  std::vector<Remark> remarks;
  mlir::ScopedDiagnosticHandler handler;
};

/// The user's line of `location`, or line 0.
SourceLine sourceLine(mlir::Location location);

} // namespace girih::compiler
