// SPDX-License-Identifier: Apache-2.0
// Tiles that the copy engine can bring or take: boxes of an operand.
#pragma once

#include "girih/compiler/analysis/access.h"

namespace girih::compiler {

/// A tile that is a box of its operand.
struct BulkBox {
  /// Lane dimension -> the operand's dimension that it goes along.
  llvm::SmallVector<int64_t, 2> dims;
  /// Constraints without lanes: where one fails, all lanes are outside.
  llvm::SmallVector<Constraint, 1> uniform;
  /// Expressions without lanes: where one is negative, some lanes are outside
  /// of bounds that are not the operand's, and no box brings the tile.
  llvm::SmallVector<mlir::AffineExpr, 1> whole;
};

/// The box that `access` is of, lanes being contiguous along `contiguous`; none
/// where the copy engine cannot do it: lanes that are not neighbours, bounds
/// other than the operand's own that are not linear, strides or a pointer that
/// are not multiples of 16 bytes, more than five dimensions.
std::optional<BulkBox> operandBox(const Access &access, int contiguous);

/// The same of what `access` reads into memory laid out as `memory`, if that
/// has the box and nothing else, `pieces` of them one after the other along
/// dimension `along`. Lanes outside are to be 0.
std::optional<BulkBox> bulkBox(const Access &access, const Layout &memory,
                               int64_t pieces = 1, int along = 0);

/// One copy of a box: what lies in one column of the swizzle, a row of up to
/// 128 bytes of each of the other dimension's lanes.
struct BulkColumns {
  int contiguous = 1;          // of the tile's two dimensions
  int64_t width = 0, rows = 0; // elements
  int64_t count = 1;           // of columns
  int64_t stride = 0;          // from one to the next, in elements
};
BulkColumns bulkColumns(llvm::ArrayRef<int64_t> shape, const Layout &memory);

} // namespace girih::compiler
