// SPDX-License-Identifier: Apache-2.0
// Where those who fill a ring of tiles are in it, and those who read them.
#pragma once

#include "mlir/IR/Builders.h"

namespace girih::compiler {

/// A place in a ring: the stage, and how often by turns it has been used.
struct RingPlace {
  mlir::Value stage, phase;
};

/// Rings of the same tiles, one after the other in the same memory, and where
/// the two sides are when the next loop begins.
struct Ring {
  int64_t stages = 1, blocks = 1; // of a cluster that fill it together
  llvm::SmallVector<mlir::Value> tiles;
  mlir::Value full, free;
  bool inBulk = false, byThreads = false; // in some loop
  RingPlace copied, read;
  int uses = 0; // by loops and further tiles that are still to come
};

/// The place of the ring behind this one.
RingPlace next(mlir::OpBuilder &builder, mlir::Location loc, const Ring &ring,
               RingPlace place);

/// The place of the ring that is `count` places on.
RingPlace advanced(mlir::OpBuilder &builder, mlir::Location loc,
                   const Ring &ring, RingPlace place, mlir::Value count);

} // namespace girih::compiler
