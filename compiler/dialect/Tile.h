// SPDX-License-Identifier: Apache-2.0
// The tile dialect: everything that its users include.
#pragma once

#include "girih/compiler/layout/layout.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/IntegerSet.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "compiler/dialect/TileDialect.h.inc"
#include "compiler/dialect/TileEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "compiler/dialect/TileAttrs.h.inc"
#define GET_TYPEDEF_CLASSES
#include "compiler/dialect/TileTypes.h.inc"

#define GET_OP_CLASSES
#include "compiler/dialect/TileOps.h.inc"

namespace girih::tile {

/// Whether the order speaks of a grid of two dimensions.
inline bool isOfRowsAndColumns(OrderKind kind) {
  return kind == OrderKind::grouped || kind == OrderKind::hilbert;
}

} // namespace girih::tile
