// SPDX-License-Identifier: Apache-2.0
// Fused loop nests: one pass over a tile evaluates whole expressions of tiles
// in registers.
#pragma once

#include "girih/compiler/conversion/host/fusion.h"

namespace girih::compiler::host {

/// The loops of `walk`; `body` gets each chunk, the last one of a row possibly
/// with fewer valid lanes than its width.
void emitWalk(Emission &emission, const Walk &walk,
              llvm::function_ref<void(const Chunk &)> body);

/// The same, and whether what a chunk accesses is masked: from lane `inside`
/// along the unit on, a multiple of the width; everywhere where that is null.
using BoundedBody = llvm::function_ref<void(const Chunk &chunk, bool masked)>;
void emitMaskedWalk(Emission &emission, const Walk &walk, Reg inside,
                    BoundedBody body);

/// The loops of `walk`, without masks for programs whose accesses are all in
/// bounds, and with them for the others, where they need some.
void emitBounded(Emission &emission, Fusion &fusion, const Walk &walk,
                 BoundedBody body);

/// `body` twice, for programs whose accesses are all in bounds and for the
/// others; once when the former is known.
void emitVersions(Emission &emission, Reg allInBounds,
                  llvm::function_ref<void(bool masked)> body);

/// Evaluates `value` into `buffer`, in one nest.
void emitInto(Emission &emission, mlir::Value value, const Buffer &buffer);
/// Performs a store, in one nest.
void emitStore(Emission &emission, tile::StoreOp store);
/// Evaluates a scalar tile.
Reg emitScalar(Emission &emission, mlir::Value value);
/// Computes a pending value, or all of them, into buffers.
void emitPending(Emission &emission, mlir::Value value);
void emitAllPending(Emission &emission);

/// Loops over dimensions `dims` of `shape`, which set those of `lane`.
void emitLoops(Builder &ir, llvm::ArrayRef<int64_t> shape,
               llvm::ArrayRef<unsigned> dims, llvm::SmallVector<Reg, 4> &lane,
               llvm::function_ref<void()> body);
/// All dimensions but those in `without`.
llvm::SmallVector<unsigned> otherDims(size_t rank,
                                      llvm::ArrayRef<unsigned> without);

} // namespace girih::compiler::host
