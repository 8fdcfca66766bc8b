// SPDX-License-Identifier: Apache-2.0
// Which lanes a chunk is made of after its coordinates were mapped, what is
// numbered by them, and regions that combine lanes.
#pragma once

#include "girih/compiler/conversion/host/emission.h"

#include "mlir/IR/AffineMap.h"

namespace girih::compiler::host {

/// How the lanes of a chunk follow from those of the chunk that a map makes of
/// it.
enum class LaneOrder { same, reversed, allEqual };

struct MappedChunk {
  Chunk chunk;
  LaneOrder order = LaneOrder::same;
};

/// The lanes `map` (without symbols) of a chunk.
MappedChunk mapChunk(Builder &ir, const Chunk &chunk, mlir::AffineMap map);

/// Whether `map` gives all lanes along `unit` the same source lane.
bool isUniform(mlir::AffineMap map, unsigned unit);

/// The numbers of the lanes of a chunk; `scalars` are those of the operation.
Reg emitCoordinate(Builder &ir, tile::CoordinateOp op,
                   llvm::ArrayRef<Reg> scalars, const Chunk &chunk);

/// A region of lanes on registers: scalars (width 0) or vectors.
llvm::SmallVector<Reg> emitLanes(Builder &ir, mlir::Region &region,
                                 llvm::ArrayRef<Reg> arguments, unsigned width);

} // namespace girih::compiler::host
