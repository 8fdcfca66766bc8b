// SPDX-License-Identifier: Apache-2.0
// Elements of operands at indices that are data.
#pragma once

#include "girih/compiler/conversion/host/emission.h"

namespace girih::compiler::host {

/// The elements at `indices` (registers as wide as the chunk); `other` out of
/// range.
Reg emitGather(Emission &emission, tile::GatherOp op,
               llvm::ArrayRef<Reg> indices, const Chunk &chunk);
/// How far an index moves from lane to lane along `unit`, where that follows
/// from how it is made.
std::optional<int64_t> laneStep(mlir::Value index, unsigned unit);
/// Whether lanes whose indices move so are neighbours in memory, or one
/// element.
bool isRow(tile::GatherOp op, llvm::ArrayRef<std::optional<int64_t>> steps);
/// The same elements where isRow() holds; `first` are the first lane's indices.
Reg emitRowGather(Emission &emission, tile::GatherOp op,
                  llvm::ArrayRef<std::optional<int64_t>> steps,
                  llvm::ArrayRef<Reg> first, const Chunk &chunk);
/// Evaluates `values` in one nest; `body` gets them for each chunk, or once as
/// scalars for tiles of rank 0.
void emitNest(
    Emission &emission, llvm::ArrayRef<mlir::Value> values,
    llvm::function_ref<void(llvm::ArrayRef<Reg>, const Chunk &)> body);
/// One nest that writes the lanes that are in range.
void emitScatter(Emission &emission, tile::ScatterOp op);
/// One nest; keeps what was there before where the result is used.
void emitAtomic(Emission &emission, tile::AtomicOp op);
void emitArrival(Emission &emission, tile::ArriveOp op);
/// One nest that counts, lane by lane.
void emitHistogram(Emission &emission, tile::HistogramOp op);

} // namespace girih::compiler::host
