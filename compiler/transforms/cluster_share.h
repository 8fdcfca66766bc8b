// SPDX-License-Identifier: Apache-2.0
// What programs below each other in the grid read in common, of which blocks of
// a cluster that do them can copy parts for each other.
#pragma once

#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace girih::compiler {

/// What keeps programs of the kernel, whose loops read tiles in `loops`, from
/// going through them side by side, or nothing.
llvm::StringRef whyNotBeside(mlir::func::FuncOp kernel,
                             llvm::ArrayRef<mlir::scf::ForOp> loops);

/// How many of `blocks` blocks bring parts of the load's tile for each other:
/// all, where all rows of programs read the same tile, the copy engine brings
/// it and parts are whole atoms of the swizzle; else 1.
int64_t sharingBlocks(tile::LoadOp load, tile::SharedType ring, int64_t blocks);

/// What operations say of so many blocks of a cluster: nothing of one.
mlir::IntegerAttr clusterOf(mlir::OpBuilder &builder, int64_t blocks);

} // namespace girih::compiler
