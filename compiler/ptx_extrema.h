// SPDX-License-Identifier: Apache-2.0
// A way around ptxas 13.0, which loses the sign of a number.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <string>

namespace girih::compiler {

/// The text with comparisons and selections for `min` and `max` of signed
/// numbers of which one is a negated number. ptxas 13.0 makes one instruction
/// of two of them for sm_90 and later, min(min(a, -b), c), and takes b for -b
/// where that is its second operand; 13.5 does not.
std::string withoutNegatedExtrema(llvm::StringRef ptx);

} // namespace girih::compiler
