// SPDX-License-Identifier: Apache-2.0
// The shared memory that operations need for themselves.
#pragma once

#include "girih/compiler/dialect/Tile.h"
#include "girih/compiler/layout/layout.h"

namespace girih::compiler {

/// Bytes of a tile in memory, and of an element.
int64_t sizeOf(const Layout &memory, mlir::Type element);
int64_t bytesOf(mlir::Type element);

/// Shared memory that an operation needs for itself alone; 0 for none.
int64_t scratchBytes(mlir::Operation *op);
int64_t clusterScratch(tile::ClusterSumOp sum, int64_t threads);
int64_t histogramScratch(tile::HistogramOp histogram);
int64_t scanScratch(tile::ScanOp scan);
int64_t sortScratch(tile::SortOp sort, int64_t warps);
/// Partial results that warps leave for each other, 0 where none do.
int64_t reduceScratch(tile::ReduceOp reduce);
/// Whether a reduction combines what warps of different blocks have, with so
/// many warps to a block.
bool crossesBlocks(tile::ReduceOp reduce, int64_t blockWarps);
/// Whether that memory is the operation's own, written once.
bool ownsScratch(tile::ReduceOp reduce);

} // namespace girih::compiler
