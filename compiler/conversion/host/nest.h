// SPDX-License-Identifier: Apache-2.0
// Fused loop nests: one pass over a tile evaluates whole expressions of tiles
// in registers.
#pragma once

#include "girih/compiler/conversion/host/memory.h"

#include "llvm/ADT/MapVector.h"

namespace girih::compiler::host {

/// How the lanes of a tile are walked: whole vectors along `unit`.
struct Walk {
  llvm::SmallVector<int64_t, 4> shape;
  unsigned unit = 0;
  unsigned width = 1;
  unsigned together = 2; // chunks a trip: code to compile against overhead
};

/// Expressions of tiles of one shape, evaluated together.
class Fusion {
public:
  explicit Fusion(Emission &emission) : emission(emission), ir(emission.ir) {}

  /// Adds an expression to evaluate, or a store to perform.
  void addValue(mlir::Value value);
  void addStore(tile::StoreOp store);

  /// The walk that suits the accesses: along the dimension that is contiguous
  /// for most of them, as wide as fills a vector with the narrowest.
  Walk choose(llvm::ArrayRef<int64_t> shape) const;
  /// The dimension of choose() only.
  unsigned chooseUnit(llvm::ArrayRef<int64_t> shape) const;

  /// Emits what is uniform. To be called before the nest.
  void prepare();
  /// i1: no access needs a mask. After prepare(); null when known.
  Reg allInBounds();
  /// i1: all stores may bypass the caches; null when they never may.
  Reg mayStream(const Walk &walk);

  /// The value of an added expression (or what it is made of) on a chunk.
  Reg value(mlir::Value value, const Chunk &chunk, bool masked);
  /// Asks for what the loads of a chunk `bytes` further on will read. With
  /// arithmetic between the loads, the CPU looks too little ahead on its own.
  void prefetch(const Chunk &chunk, int64_t bytes = 2048);
  /// Performs the added stores on a chunk.
  void stores(const Chunk &chunk, bool masked, bool streaming);

private:
  Reg compute(mlir::Value value, const Chunk &chunk, bool masked);
  void startChunk(const Chunk &chunk, bool masked);

  Emission &emission;
  Builder &ir;
  llvm::MapVector<mlir::Operation *, std::unique_ptr<MemoryAccess>> accesses;
  llvm::SmallVector<Buffer *> reads;
  llvm::SmallVector<tile::StoreOp> storeOps;
  llvm::DenseSet<mlir::Value> visited;
  llvm::DenseMap<mlir::Value, Reg> cache;
  llvm::SmallVector<Reg> cachedChunk;
  unsigned widestBytes = 1;
  bool expensive = false;
};

/// The loops of `walk`; `body` gets each chunk, the last one of a row possibly
/// with fewer valid lanes than its width.
void emitWalk(Emission &emission, const Walk &walk,
              llvm::function_ref<void(const Chunk &)> body);

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

} // namespace girih::compiler::host
