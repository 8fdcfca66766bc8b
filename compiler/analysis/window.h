// SPDX-License-Identifier: Apache-2.0
// What runs of a thread's lanes, and the places of their windows, cover of
// memory, and the vectors that read it.
#pragma once

#include "girih/compiler/analysis/access.h"

namespace girih::compiler {

/// Lanes of one tile whose elements are read at several places along the view's
/// unit dimension: what tile.load_window says.
struct WindowRead {
  mlir::Operation *op;
  mlir::Value view;
  mlir::ValueRange scalars;
  mlir::AffineMap map;
  std::optional<mlir::IntegerSet> bounds;
  llvm::SmallVector<int64_t> moves, places, shape;
  unsigned along;
  int64_t run;

  static WindowRead of(tile::LoadWindowOp op);

  /// Elements from one lane of dimension `along` to the next.
  int64_t step() const;
};

/// Elements from `begin` on, counted from the first lane of a run at place 0,
/// that one access reads: all or none of them are in bounds.
struct WindowPiece {
  int64_t begin, width;
};

/// What covers the elements of a run, in their order.
llvm::SmallVector<WindowPiece> windowPieces(const WindowRead &read);

/// The access of one piece: lanes as those of the tile, of which the first of
/// each run counts along `along`, and the element as one more dimension.
Access pieceAccess(const WindowRead &read, WindowPiece piece);

} // namespace girih::compiler
