// SPDX-License-Identifier: Apache-2.0
// PTX instructions on the floats of one thread.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace girih::testing {

/// Runs one, as exactly as its type allows; false if it is unknown.
bool computeFloat(llvm::StringRef text, std::uint64_t *results,
                  const std::uint64_t *values);

} // namespace girih::testing
