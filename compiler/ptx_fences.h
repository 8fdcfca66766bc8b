// SPDX-License-Identifier: Apache-2.0
// What must stand before work that goes on by itself, checked in the text that
// is assembled, as LLVM may move what has no order of its own.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace girih::compiler {

/// What the text lacks, with the instruction before which it is missing.
/// Nothing where
/// - each wgmma has a wgmma.fence before it in its basic block, and between the
///   two nothing but wgmma writes sums or fragments that it takes;
/// - on all ways from what a thread stores to shared memory to where it has the
///   copy engine store shared memory there is a fence.proxy.async.
/// Copies of a register count as the register. PTX ISA, "wgmma.fence" and
/// "Async proxy".
std::optional<std::string> missingFence(llvm::StringRef ptx);

} // namespace girih::compiler
