// SPDX-License-Identifier: Apache-2.0
// Elements of operands at indices that are data.
#pragma once

#include "girih/compiler/conversion/host/emission.h"

namespace girih::compiler::host {

/// The elements at `indices` (registers as wide as the chunk); `other` out of
/// range.
Reg emitGather(Emission &emission, tile::GatherOp op,
               llvm::ArrayRef<Reg> indices, const Chunk &chunk);
/// One nest that writes the lanes that are in range.
void emitScatter(Emission &emission, tile::ScatterOp op);
/// One nest; keeps what was there before where the result is used.
void emitAtomic(Emission &emission, tile::AtomicOp op);

} // namespace girih::compiler::host
