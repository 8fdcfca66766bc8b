// SPDX-License-Identifier: Apache-2.0
// What the parts of the host back end share while they walk one kernel.
//
// Elementwise tile values are not computed where they are defined: they are
// expressions, evaluated chunk by chunk inside the loop nest of whoever needs
// them (a store, an operand of a dot, a loop-carried value). Only values that
// several nests need and that are worth keeping, results of dots and
// loop-carried tiles lie in the scratch memory, as Buffers.
#pragma once

#include "girih/compiler/analysis/access.h"
#include "girih/compiler/conversion/host/elements.h"
#include "girih/compiler/conversion/host/plan.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"

namespace girih::compiler::host {

/// An operand: its pointer and the sizes and strides from the parameter block.
struct View {
  Reg slot = nullptr; // where the parameter lies that `pointer` came from
  Reg pointer = nullptr;
  llvm::SmallVector<Reg, 4> sizes, strides;
  bool stored = false; // some tile.store writes it
};

/// A tile in scratch memory. Rows along `unit` are padded to whole vectors.
struct Buffer {
  Reg pointer = nullptr;
  mlir::Type element;
  bool asRegisters = false;              // elements lie as registers hold them
  llvm::SmallVector<int64_t, 4> strides; // in elements
  unsigned unit = 0;
};

/// Lanes of a tile that one vector holds, of which the first `valid` exist:
/// `width` neighbours along dimension `unit` from coordinates `lane` on, or,
/// where `scattered` is not empty, any. Width 0 is the one lane `lane`.
struct Chunk {
  llvm::SmallVector<Reg, 4> lane; // i64
  unsigned unit = 0, width = 0, valid = 0;
  /// For each dimension the lanes' coordinates, a vector of i32; null where all
  /// are at `lane`.
  llvm::SmallVector<Reg, 4> scattered = {};
  bool aligned = true; // the coordinate along `unit` is a multiple of `width`
  /// Of each sixteen lanes registers hold the even ones, then the odd ones.
  bool evenFirst = false;
  /// Before the loop along `unit`: code that does not depend on it may go here.
  llvm::Instruction *outside = nullptr;

  bool isScattered() const { return !scattered.empty(); }
};

/// Tables in scratch memory of what lanes add to the expressions of an access;
/// null where a lane needs none.
struct LaneTables {
  llvm::SmallVector<Reg, 4> offsets; // of each lane, in elements
  llvm::SmallVector<llvm::SmallVector<Reg, 4>, 2> constraints; // of each, too
};

/// A tile that a loop carries in registers, chunk by chunk along `unit`, the
/// last dimension first.
struct Carried {
  llvm::SmallVector<int64_t, 4> shape;
  unsigned unit = 0, width = 0;
  llvm::SmallVector<Reg> chunks;
};

class Ahead;

class Emission {
public:
  Emission(Builder &ir, const Machine &machine) : ir(ir), machine(machine) {}

  Builder &ir;
  const Machine machine;
  /// Index values and tiles of rank 0, and scalars of every type.
  llvm::DenseMap<mlir::Value, Reg> scalars;
  llvm::DenseMap<mlir::Value, View> views;
  llvm::DenseMap<mlir::Value, Buffer> buffers;
  llvm::DenseMap<mlir::Value, Carried> carried;
  /// What loads are to ask the memory for beforehand; null for nothing.
  Ahead *ahead = nullptr;
  /// Nests that read what a load does, and how many of the busy ones of them
  /// were emitted.
  llvm::DenseMap<mlir::Operation *, Readers> readers;
  llvm::DenseMap<mlir::Operation *, unsigned> performed;
  /// Tiles to keep in a buffer that the first nest to compute them will fill.
  llvm::SetVector<mlir::Value> pending;
  /// Tables that were filled before the loop around an access.
  llvm::DenseMap<mlir::Operation *, LaneTables> tables;
  /// Tables of what functions give for each word (word_tables.h), and where
  /// they are filled: before the first program.
  llvm::DenseMap<mlir::Value, llvm::GlobalVariable *> wordTables;
  llvm::Instruction *beginning = nullptr;
  Reg scratch = nullptr;
  /// i1: stores may bypass the caches, because the kernel streams far more
  /// than they hold. Null where that is never worth it.
  Reg streaming = nullptr;

  /// A chunk that starts anywhere in a buffer's last row may reach behind it.
  int64_t scratchBytes() const { return scratchUsed ? scratchUsed + 512 : 0; }
  /// `bytes` of scratch, aligned to 64.
  Reg allocate(int64_t bytes);
  /// Row-major but for `unit`, which is contiguous, padded to whole chunks and
  /// at least `pitch` long.
  Buffer allocateBuffer(mlir::RankedTensorType type, unsigned unit,
                        bool asRegisters, int64_t pitch = 0);

  /// Scalars by value, or an error at `op` for one that is not known.
  Reg scalar(mlir::Value value) const { return scalars.lookup(value); }

private:
  int64_t scratchUsed = 0;
};

/// Shape and element type of a tile value.
inline mlir::RankedTensorType tileType(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}
/// Whether `value` is a tile with lanes, as opposed to a scalar or an index.
inline bool isTile(mlir::Value value) {
  auto type = llvm::dyn_cast<mlir::RankedTensorType>(value.getType());
  return type && type.getRank() > 0;
}

} // namespace girih::compiler::host
