// SPDX-License-Identifier: Apache-2.0
// Reads and writes of operands and buffers, a chunk at a time.
#pragma once

#include "girih/compiler/conversion/host/flat_access.h"

namespace girih::compiler::host {

/// A tile.load or tile.store made ready outside its loop nest: what does not
/// depend on lanes is computed once.
class MemoryAccess {
public:
  MemoryAccess(Emission &emission, Access access);

  const Access &analysis() const { return access; }
  /// Emits what is uniform in the tile. To be called outside the nest.
  void prepare();
  /// The same with other values of the access's scalars.
  void prepare(llvm::ArrayRef<Reg> scalars);
  /// From now on loads that need no mask ask for what they read then: in a
  /// loop, where several nests read it and each asks for its share, or where no
  /// run of addresses leads. Nests that only read leave it to those that
  /// compute meanwhile.
  void askFor(Ahead &ahead, bool isBusy);
  /// The lane dimension along which neighbours are worth reading together; -1
  /// for none.
  int contiguousLane() const;
  /// Whether neighbours along dimension `lane` lie a few elements apart, or
  /// mostly do.
  bool isNearAlong(unsigned lane) const;
  /// i1: accesses need no mask and may take an operand that was flattened for
  /// contiguous; null when that is known. After prepare().
  Reg allInBounds() { return inBounds({}); }
  /// The same but for what limit(lane) asks of each lane.
  Reg inBoundsBut(unsigned lane) { return inBounds(lane); }
  /// i64: lanes of dimension `lane` from here on are out of bounds whatever the
  /// other coordinates; null when no constraint says so. After prepare().
  Reg limit(unsigned lane);
  /// i1: the pointer of every chunk of `width` lanes along `unit` is a multiple
  /// of `bytes`. After prepare().
  Reg alignedTo(unsigned unit, unsigned width, unsigned bytes);

  /// Reads a chunk; lanes out of bounds give `other`. Without `masked`, all
  /// are known to be in bounds.
  Reg load(const Chunk &chunk, bool masked);
  /// Asks for what a chunk `bytes` further on reads, where chunks are
  /// contiguous.
  void prefetch(const Chunk &chunk, int64_t bytes);
  /// Writes a chunk. `streaming` bypasses the caches: aligned chunks only.
  void store(const Chunk &chunk, Reg value, bool masked, bool streaming);

private:
  enum class Pattern { contiguous, broadcast, strided, scattered };
  /// Lanes wanted: an i1 for all of them together and a vector; null for all.
  struct Mask {
    Reg scalar = nullptr, vector = nullptr;
  };
  Pattern pattern(const Chunk &chunk) const;
  /// Whether a constraint is what limit(lane) is made of.
  bool limits(const Constraint &constraint, unsigned lane) const;
  Reg inBounds(std::optional<unsigned> but);
  Reg address(const Chunk &chunk);
  Reg addressFrom(Reg pointer, const Chunk &chunk);
  void ask(const Chunk &chunk);
  struct Places {
    Reg pointer, offsets; // a vector of them, in elements
  };
  Places places(const Chunk &chunk);
  Reg addresses(const Chunk &chunk); // vector of pointers
  Mask maskParts(const Chunk &chunk, bool masked);
  Reg mask(const Chunk &chunk, bool masked);
  Reg constraintMask(size_t number, const Chunk &chunk);
  Reg nonlinearMask(size_t number, const Chunk &chunk);
  Reg offsetOf(llvm::ArrayRef<Reg> lanes, unsigned width);
  Reg otherValue(unsigned width);
  Reg loadOne(const Chunk &chunk, Reg wanted);
  Reg loadBroadcast(const Chunk &chunk, bool masked);
  Reg loadSome(llvm::Type *type, const Chunk &chunk, Reg wanted);
  Reg loadApart(const Chunk &chunk, Pattern shape, Reg wanted);
  std::optional<int64_t> near(const Chunk &chunk, Pattern shape) const;

  Emission &emission;
  Builder &ir;
  Access access;
  const View *view = nullptr;
  unsigned bytes = 0;
  void begin(bool masked) { isFlat = flat && !masked; }
  Reg step(unsigned lane) const { return (isFlat ? flatSteps : steps)[lane]; }
  /// Whether each lane's share of the address is known: linear or in a table.
  bool hasShares() const;
  Reg existing(const Chunk &chunk);
  Reg share(unsigned lane, Reg coordinate);
  Reg shares(unsigned lane, const Chunk &chunk); // vector, less the first's

  llvm::SmallVector<Reg, 4> symbols, uniform, steps;
  LaneTables tables;
  Reg base = nullptr;
  /// The same for a flattened operand that is contiguous: what unmasked
  /// accesses take it for.
  std::optional<FlatAccess> flat;
  llvm::SmallVector<Reg, 4> flatSteps;
  Reg flatBase = nullptr;
  /// The bases of what is read later, where that is asked for.
  Reg laterBase = nullptr, laterFlatBase = nullptr;
  unsigned readers = 1, reader = 0, asked = 0;
  bool isFlat = false; // the access that is being emitted
};

/// The coordinates of a chunk's lanes as vectors of i64.
llvm::SmallVector<Reg> laneVectors(Builder &ir, const Chunk &chunk);
/// The same lanes with their coordinates written out.
Chunk scattered(Builder &ir, const Chunk &chunk);

/// A floating-point or integer constant as memory holds `element`.
Reg memoryConstant(Builder &ir, mlir::Attribute value, mlir::Type element,
                   unsigned width);

/// Lane `i` < `count`, as a mask of `width` lanes. `count` is an i64.
Reg firstLanes(Builder &ir, const Machine &machine, Reg count, unsigned width);

/// Reads or writes a chunk of a buffer.
Reg loadBuffer(Emission &emission, const Buffer &buffer, const Chunk &chunk);
void storeBuffer(Emission &emission, const Buffer &buffer, const Chunk &chunk,
                 Reg value);

} // namespace girih::compiler::host
