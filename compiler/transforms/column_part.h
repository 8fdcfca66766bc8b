// SPDX-License-Identifier: Apache-2.0
// What becomes of a tile, done for a part of its columns only.
#pragma once

#include "girih/compiler/dialect/Tile.h"

namespace girih::compiler {

/// The operations behind `whole` in its block, done for `parts` parts of its
/// last dimension apart from each other.
class ColumnParts {
public:
  ColumnParts(mlir::Value whole, int64_t parts);

  /// Whether that is so: all that they write are tiles with those columns, of
  /// which each lane is computed by itself, and nothing reads what they write.
  bool arePossible() const;
  /// Does it for part `number`, of which `part` is what `whole` is for all. The
  /// operations stand behind `part`.
  void rewrite(mlir::Value part, mlir::Value number) const;

private:
  mlir::Value whole;
  int64_t parts;
};

} // namespace girih::compiler
