// SPDX-License-Identifier: Apache-2.0
// What both back ends need to know of a tile.load or tile.store: which lane
// dimension is contiguous in memory, how far and how well aligned, which
// constraints concern which lanes, and the arithmetic of offsets and bounds.
#pragma once

#include "girih/compiler/dialect/Tile.h"

#include <optional>

namespace girih::compiler {

/// What is known of an index value without running the kernel.
struct IndexFacts {
  int64_t divisor = 1; // divides the value; 0 when the value is always 0
  std::optional<int64_t> lower, upper; // inclusive
};

/// Facts about an `index` (tile.size, tile.program_id, loop counters, constants
/// and arithmetic on them).
IndexFacts indexFacts(mlir::Value value);

/// Facts about an affine expression given those of its dims and symbols.
IndexFacts exprFacts(mlir::AffineExpr expr, llvm::ArrayRef<IndexFacts> dims,
                     llvm::ArrayRef<IndexFacts> symbols);

/// How far `expr` moves from lane to lane within aligned groups of `group`
/// lanes along dimension `lane`, where that is one constant.
std::optional<int64_t> stepInGroups(mlir::AffineExpr expr, unsigned lane,
                                    int64_t group,
                                    llvm::ArrayRef<IndexFacts> dims,
                                    llvm::ArrayRef<IndexFacts> symbols);

/// Whether in aligned groups of `group` lanes along dimension `lane` all or
/// none have `expr >= 0`.
bool signInGroups(mlir::AffineExpr expr, unsigned lane, int64_t group,
                  llvm::ArrayRef<IndexFacts> dims,
                  llvm::ArrayRef<IndexFacts> symbols);

/// Facts about the coordinates of a tile's lanes.
llvm::SmallVector<IndexFacts, 4> laneFacts(llvm::ArrayRef<int64_t> shape);

/// One lane dimension of a tile, as an access sees it.
struct LaneDim {
  int64_t extent = 1;
  /// Every source index is linear in this coordinate; `steps[d]` is then how
  /// far source index d moves from one lane to the next.
  bool linear = false;
  llvm::SmallVector<int64_t, 4> steps;
  /// Distance in memory between neighbouring lanes, in elements, where it is a
  /// known constant: 0 is a broadcast, 1 contiguous.
  std::optional<int64_t> elementStep;
  /// Aligned groups of this many lanes are contiguous in memory. Divides the
  /// extent; 1 when the dimension is not contiguous.
  int64_t run = 1;
  /// Aligned groups of this many lanes are in bounds together or out of bounds
  /// together. Divides the extent; equals it when no constraint involves it.
  int64_t maskGranularity = 1;
};

/// One constraint of the bounds: `expr >= 0`, or `expr == 0` for an equality.
struct Constraint {
  mlir::AffineExpr expr;
  bool equality = false;
  llvm::SmallVector<unsigned, 4> lanes; // lane dims involved
  /// `expr` is (a part without lanes) + sum of coefficients[i] * lanes[i].
  bool linear = false;
  llvm::SmallVector<int64_t, 4> coefficients;
};

/// Analysis of one access. Cheap to make; holds no IR besides the operation.
class Access {
public:
  /// Of a load of several pieces, the first.
  explicit Access(tile::LoadOp op);
  explicit Access(tile::StoreOp op);
  explicit Access(tile::CopyAsyncOp op);
  /// Of what an operation reads by this map, of which the lanes are known.
  Access(mlir::Operation *op, mlir::Value view, mlir::ValueRange scalars,
         mlir::AffineMap map, std::optional<mlir::IntegerSet> bounds,
         llvm::ArrayRef<IndexFacts> lanes);

  mlir::Operation *op() const { return operation; }
  mlir::Value view() const { return viewValue; }
  tile::ViewType viewType() const;
  mlir::AffineMap map() const { return accessMap; }
  llvm::ArrayRef<mlir::Value> scalars() const { return scalarValues; }
  llvm::ArrayRef<IndexFacts> scalarFacts() const { return symbolFacts; }
  /// Facts about the lane coordinates.
  llvm::ArrayRef<IndexFacts> laneFacts() const { return dimFacts; }
  llvm::ArrayRef<LaneDim> lanes() const { return laneDims; }
  /// Constraints that are not provably true.
  llvm::ArrayRef<Constraint> constraints() const { return openConstraints; }
  bool provablyInBounds() const { return openConstraints.empty(); }

  /// The lane dimension with the longest contiguous run, -1 when none has one.
  int contiguousLane() const;
  /// Bytes that divide the address of every lane whose coordinate along `lane`
  /// is a multiple of `group`, the other coordinates being anything. A power of
  /// two, at most 128.
  int64_t alignment(unsigned lane, int64_t group) const;
  /// Longest power of two V such that aligned groups of V lanes along `lane`
  /// are contiguous, aligned to their own size and uniformly masked. At least
  /// 1, and V * elementBytes is at most `maxBytes`.
  int64_t vectorWidth(unsigned lane, int64_t maxBytes = 16) const;

  /// Every lane dimension is linear: the offset is a uniform base plus, for
  /// each lane dimension, coordinate * step.
  bool isLinear() const;
  /// Every constraint involves at most one lane dimension, linearly: the lanes
  /// in bounds are a box.
  bool isBox() const;
  /// How far each source index moves when scalar number `scalar` grows by one,
  /// where that is a constant for each: the base can then be incremented in a
  /// loop instead of computed.
  std::optional<llvm::SmallVector<int64_t, 4>>
  scalarSteps(unsigned scalar) const;

private:
  void analyse(llvm::ArrayRef<int64_t> shape,
               std::optional<mlir::IntegerSet> bounds);
  void analyse(std::optional<mlir::IntegerSet> bounds);
  Constraint describe(mlir::AffineExpr expr, bool equality) const;
  LaneDim analyseLane(unsigned lane, int64_t extent) const;
  bool contiguousInGroups(unsigned lane, int64_t group) const;
  bool maskedInGroups(unsigned lane, int64_t group) const;

  mlir::Operation *operation;
  mlir::Value viewValue;
  mlir::AffineMap accessMap;
  llvm::SmallVector<mlir::Value, 4> scalarValues;
  llvm::SmallVector<IndexFacts, 4> symbolFacts, dimFacts;
  llvm::SmallVector<LaneDim, 4> laneDims;
  llvm::SmallVector<Constraint, 4> openConstraints;
};

} // namespace girih::compiler
