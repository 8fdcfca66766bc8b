// SPDX-License-Identifier: Apache-2.0
// Instructions on floats that the emulator meets.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace girih::testing {

/// Computes one, as exactly as the type allows; false if it is unknown.
bool computeFloat(llvm::StringRef text, std::uint64_t *results,
                  const std::uint64_t *values);

} // namespace girih::testing
