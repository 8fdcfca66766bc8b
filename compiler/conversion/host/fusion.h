// SPDX-License-Identifier: Apache-2.0
// Expressions of tiles, evaluated together in registers, one chunk at a time.
#pragma once

#include "girih/compiler/conversion/host/lanes.h"
#include "girih/compiler/conversion/host/memory.h"

#include "llvm/ADT/MapVector.h"

namespace girih::compiler::host {

/// How the lanes of a tile are walked: whole vectors along `unit`.
struct Walk {
  llvm::SmallVector<int64_t, 4> shape;
  unsigned unit = 0;
  unsigned width = 1;
  unsigned together = 2; // chunks a trip: code to compile against overhead
  /// Chunks without masks may have their even lanes first (Chunk).
  bool evenFirst = false;
};

/// Expressions of tiles of one shape, or of tiles that maps make of it.
class Fusion {
public:
  /// With `keepsPending` the nest computes each lane of what is added exactly
  /// once, so that it can fill the buffers of pending values.
  explicit Fusion(Emission &emission, bool keepsPending = false)
      : emission(emission), ir(emission.ir), keepsPending(keepsPending) {}

  /// Adds an expression to evaluate, or a store to perform. Lane t of the walk
  /// is lane `map`(t) of the value; without a map, t itself. May emit code.
  void addValue(mlir::Value value, mlir::AffineMap map = {});
  void addStore(tile::StoreOp store);

  /// The walk that suits the accesses: along the dimension that is contiguous
  /// for most of them, as wide as fills a vector with the narrowest.
  Walk choose(llvm::ArrayRef<int64_t> shape) const;
  /// Whether registers of a nest of `walk` may have their even lanes first
  /// (Chunk): it reads or writes bf16, nothing else but numbers that lanes
  /// share, and does not ask which lane is where. CPUs with AVX-512 have
  /// instructions that keep the order.
  bool maySortLanes(const Walk &walk) const;
  /// The dimension of choose() only.
  unsigned chooseUnit(llvm::ArrayRef<int64_t> shape) const;

  /// Emits what is uniform. To be called before the nest, which follows `walk`.
  void prepare(const Walk &walk);
  void prepare();
  /// i1: no access needs a mask. After prepare(); null when known.
  Reg allInBounds();
  /// i64: before this lane along the unit no chunk of `walk` needs a mask, a
  /// multiple of the width; null where nothing can be said. After prepare().
  Reg insideUntil(const Walk &walk);
  /// i1: all stores may bypass the caches; null when they never may.
  Reg mayStream(const Walk &walk);

  /// The value of an added expression (or what it is made of) on a chunk.
  Reg value(mlir::Value value, const Chunk &chunk, bool masked,
            mlir::AffineMap map = {});
  /// Asks for what the loads of a chunk `bytes` further on will read. With
  /// arithmetic between the loads, the CPU looks too little ahead on its own.
  void prefetch(const Chunk &chunk, int64_t bytes = 2048);
  /// Performs the added stores on a chunk.
  void stores(const Chunk &chunk, bool masked, bool streaming);
  /// Whether an added value is worth keeping rather than computing twice.
  bool isExpensive() const { return expensive; }

private:
  struct Read {
    std::unique_ptr<MemoryAccess> access;
    bool inPlace = false; // some lane reads for itself
    bool mapped = false;  // some lane reads what a map makes of it
  };
  /// What is known on one chunk, and on the chunks that maps make of it.
  struct Place {
    Chunk chunk;
    LaneOrder order = LaneOrder::same;
    bool hoisted = false; // computed before the loop along the unit
    llvm::DenseMap<mlir::Value, Reg> known;
    llvm::SmallVector<std::pair<mlir::AffineMap, std::unique_ptr<Place>>>
        mapped;
  };

  /// `map` is null where a value is needed at the very place of the walk. One
  /// that only adds up to the identity leads to another Place.
  void addAt(mlir::Value value, mlir::AffineMap map);
  void addOperands(mlir::Operation *op, mlir::AffineMap map);
  bool isOrderless(mlir::Value value, mlir::AffineMap map, unsigned unit) const;
  void vote(llvm::ArrayRef<int64_t> shape,
            llvm::SmallVector<int64_t> &votes) const;
  void startChunk(const Chunk &chunk, bool masked);
  Reg compute(mlir::Value value, Place &place);
  Reg produce(mlir::Value value, Place &place);
  /// Whether all lanes of a chunk give true where accesses need no mask.
  bool asksForBounds(mlir::Operation *op) const;
  Reg through(mlir::Value source, mlir::AffineMap map, Place &place);
  Place &mappedPlace(mlir::AffineMap map, Place &place);
  Reg take(tile::TakeOp op, Place &place);
  Reg gather(tile::GatherOp op, Place &place);
  llvm::SmallVector<Reg> operands(mlir::Operation *op, Place &place);

  Emission &emission;
  Builder &ir;
  bool keepsPending;
  llvm::MapVector<mlir::Operation *, Read> accesses;
  /// Contiguous dimensions of what is read, as dims of the walk.
  llvm::SmallVector<unsigned> bufferUnits, mappedUnits;
  llvm::SmallVector<tile::StoreOp> storeOps;
  llvm::DenseSet<std::pair<mlir::Value, mlir::AffineMap>> visited;
  /// What is looked up in tables, and what it is a function of.
  llvm::DenseMap<mlir::Value, mlir::Value> lookUps;
  llvm::SetVector<mlir::Value> filled; // pending values that this nest keeps
  std::unique_ptr<Place> root;
  llvm::SmallVector<Reg> rootKey;
  llvm::Instruction *rowKey = nullptr;
  bool masked = false;
  unsigned widestBytes = 1;
  bool expensive = false;
};

} // namespace girih::compiler::host
