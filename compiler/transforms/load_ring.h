// SPDX-License-Identifier: Apache-2.0
// Operands of dots that go through a ring of tiles in shared memory.
#pragma once

#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace girih::compiler {

/// A load whose only readers are dots, through conversions to fragments, or one
/// that is read beside them, its ring, once there is one, whether the copy
/// engine fills that, and whether it is another load's, of which this one has
/// the columns as rows. The engine may fill it only where the tile is whole.
struct Feed {
  tile::LoadOp load;
  mlir::Value ring;
  bool bulk = false, whereWhole = false, transposed = false;
  int64_t blocks = 1; // of a cluster, each of which brings a part for all
};

/// Whether `load` becomes a copy to shared memory. The dots may be in loops
/// within: they read it again in each round.
bool feedsDots(tile::LoadOp load);

/// Whether threads read so little of it in a round beside dots, scales or their
/// like, that it may wait in shared memory with the operands of these.
bool isBesideDots(tile::LoadOp load);

/// Memory for `stages` tiles of the load.
tile::SharedType ringType(tile::LoadOp load, int64_t stages);

/// Whether no asynchronous copy can do it: too few bytes at a time, or not
/// zeros outside.
bool passesThroughRegisters(tile::LoadOp load);

/// Starts copying the load's tile, at `scalars`, to stage `stage` of the ring,
/// piece by piece; `warps` warps share the work.
void copyToRing(mlir::OpBuilder &builder, tile::LoadOp load,
                mlir::ValueRange scalars, mlir::Value ring, mlir::Value stage,
                int warps);

/// Whether `load`, behind the loop that `round` is in, is of one more tile for
/// the same ring of `stages`: of the same operand, and soon read.
bool isFurtherTile(tile::LoadOp load, tile::LoadOp round, int64_t stages);

/// The last of the dots that read such a load.
tile::DotOp lastReader(tile::LoadOp load);

/// Of a round, from where on nobody reads these tiles any more: behind the
/// loads of threads and dots, or the waits at which they have landed. The end
/// of the round where that is not known.
mlir::Operation *behindReaders(mlir::ArrayRef<tile::LoadOp> loads);

/// Whether the copy engine can do it: always, or where a whole tile is inside
/// of bounds that are not the operand's own.
bool isBulk(tile::LoadOp load, tile::SharedType ring);
bool isBulkWhereWhole(tile::LoadOp load, tile::SharedType ring);

/// Whether it is so, of such a load at `scalars`.
mlir::Value isWhole(mlir::OpBuilder &builder, const Feed &feed,
                    mlir::ValueRange scalars);

/// As copyToRing, by the copy engine; its bytes land at barrier number `stage`.
void copyInBulk(mlir::OpBuilder &builder, const Feed &feed,
                mlir::ValueRange scalars, mlir::Value stage,
                mlir::Value barriers);

/// Whether `load` reads the rows of `other` as columns, at the same place.
bool isTransposed(tile::LoadOp load, tile::LoadOp other);

/// Replaces the fragments of a load by reads of its ring, and the load.
void readFromRing(Feed feed, mlir::Value stage);

} // namespace girih::compiler
