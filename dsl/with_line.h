// SPDX-License-Identifier: Apache-2.0
// Lines for errors that do not know theirs. Not public.
#pragma once

#include "girih/dsl/support/diagnostics.h"

namespace girih {

/// Calls `function`; `where` stands in for the line of arithmetic of sizes that
/// is not the user's.
template <class Function>
auto with_line(const SourceLine &where, Function function) {
  try {
    return function();
  } catch (const CompileError &error) {
    Diagnostic diagnostic = error.diagnostic();
    if (!diagnostic.where.known())
      diagnostic.where = where;
    throw CompileError(std::move(diagnostic));
  }
}

} // namespace girih
