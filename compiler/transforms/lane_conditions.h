// SPDX-License-Identifier: Apache-2.0
// What a tile of truth values says of its lanes, as inequalities of where they
// are.
#pragma once

#include "girih/compiler/dialect/Tile.h"

#include <optional>

namespace girih::compiler {

/// Lanes for which all of `nonNegative`, functions of their coordinates and of
/// `scalars`, are at least 0.
struct LaneConditions {
  llvm::SmallVector<mlir::AffineExpr> nonNegative;
  llvm::SmallVector<mlir::Value> scalars;
};
/// Of comparisons of integers that are affine functions of coordinates, and of
/// several of them that all hold; nothing for other tiles.
std::optional<LaneConditions> laneConditions(mlir::Value truths);

/// Lanes whose coordinate along `dim` is less than `below`.
struct LaneLimit {
  unsigned dim = 0;
  int64_t below = 0;
};
std::optional<LaneLimit> laneLimit(mlir::Value truths);

} // namespace girih::compiler
