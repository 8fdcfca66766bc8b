// SPDX-License-Identifier: Apache-2.0
// Decides which layout each tile of a kernel has. Dots and wide accesses say
// what they need; everything else goes where its neighbours are.
#pragma once

#include "girih/compiler/layout/moves.h"
#include "girih/compiler/transforms/dot_plan.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

#include <map>
#include <set>

namespace girih::compiler {

class Access;

inline bool isTile(mlir::Value value) {
  return mlir::isa<mlir::RankedTensorType>(value.getType());
}

/// Whether the value costs nothing in any layout: constants, splats, numbers of
/// lanes.
bool isFree(mlir::Value value);

/// Whether the operation's result has a lane for each lane of its operands.
bool isLaneByLane(mlir::Operation *op);

/// Whether it can as well be computed once more in another layout: elementwise
/// from what is free.
bool isCheap(mlir::Value value);

class LayoutAssignment {
public:
  LayoutAssignment(mlir::func::FuncOp kernel, int warps, int capability);

  /// The layout of a tile; of one that is free the usual one of its shape.
  tile::LayoutAttr of(mlir::Value value);
  const DotPlan &planOf(mlir::Operation *dot) const {
    return plans.find(dot)->second;
  }
  /// The layout in which a store writes `value`: that which it has, or one in
  /// which accesses are wider where that pays.
  tile::LayoutAttr stored(tile::StoreOp store, tile::LayoutAttr held);
  /// The layout in which the inputs of a reduction come.
  tile::LayoutAttr reduced(tile::ReduceOp reduce);
  /// The layout in which a remap reads a source that is free.
  tile::LayoutAttr remapped(tile::RemapOp remap);
  tile::LayoutAttr attr(const Layout &layout) const {
    return tile::LayoutAttr::get(kernel->getContext(), layout);
  }

private:
  /// The best spread of an access over threads.
  struct Spread {
    Layout layout;
    int64_t bytes = 0; // of one vector
  };
  template <typename Op>
  Spread spread(Op op, llvm::ArrayRef<int64_t> shape) const;

  /// The dimension that lanes go along where memory does not say: rather not
  /// one that is reduced, so that a thread has all of it.
  int looseDim(llvm::ArrayRef<int64_t> shape) const;
  Patch patch(tile::LoadOp load, llvm::ArrayRef<int64_t> shape, int contiguous,
              int64_t vector, int64_t bytes) const;
  void collect();
  void findRuns();
  void findSpreads();
  void anchorDots();
  void anchorScans();
  void anchorWindows();
  void propagate();
  void anchorLargest();
  bool step(mlir::Operation *op);
  bool unifyWhile(mlir::scf::WhileOp loop);
  bool forwards(mlir::Operation *op);
  bool backwards(mlir::Value value);
  bool unify(llvm::ArrayRef<mlir::Value> group);
  bool anchor(mlir::Value value, tile::LayoutAttr layout);
  tile::LayoutAttr known(mlir::Value value) const {
    return anchored.lookup(value);
  }
  tile::LayoutAttr before(tile::RemapOp remap, tile::LayoutAttr result);
  tile::LayoutAttr wanted(mlir::OpOperand &use);
  bool mayFollow(mlir::Value value, tile::LayoutAttr layout);
  bool isElsewhere(mlir::Value value, tile::LayoutAttr layout);
  bool loadMayFollow(tile::LoadOp load, const Layout &layout);
  static bool isAsGood(const Access &access, const Layout &layout,
                       const Spread &best);
  tile::LayoutAttr usual(llvm::ArrayRef<int64_t> shape);
  tile::LayoutAttr own(mlir::Value value);

  mlir::func::FuncOp kernel;
  int warps, capability;
  int64_t largest = 1;                                   // tile, in elements
  std::map<llvm::SmallVector<int64_t>, Spread> defaults; // by shape
  std::map<llvm::SmallVector<int64_t>, llvm::SmallVector<int>> reducedDims;
  std::map<llvm::SmallVector<int64_t>, std::set<int>> runs;
  llvm::DenseMap<mlir::Operation *, Spread> spreads;
  bool windows = false; // there are some
  llvm::DenseMap<mlir::Operation *, DotPlan> plans;
  llvm::DenseMap<mlir::Value, tile::LayoutAttr> anchored;
  llvm::SmallVector<mlir::Operation *> ops; // that have to do with tiles
  llvm::SmallVector<mlir::Value> values;    // tiles, in order
};

} // namespace girih::compiler
