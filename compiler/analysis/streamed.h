// SPDX-License-Identifier: Apache-2.0
// Reads of what nobody reads again.
#pragma once

#include "girih/compiler/dialect/Tile.h"

namespace girih::compiler {

/// Whether a kernel's programs each read something of their own by this load,
/// once, and write little beside it: reductions. What comes so need not stay in
/// the caches, where others have what they will read or what is yet to be
/// written to memory.
bool isStreamed(tile::LoadOp load);

} // namespace girih::compiler
