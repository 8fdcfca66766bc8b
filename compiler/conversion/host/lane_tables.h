// SPDX-License-Identifier: Apache-2.0
// Tables of what a lane's coordinate adds to an index expression. Where an
// arrangement flattens dimensions, coordinates are divided: once for each row
// and column of a tile, then, rather than once for each element.
#pragma once

#include "girih/compiler/conversion/host/emission.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace girih::compiler::host {

/// Whether `expr` is a sum of terms that depend on one lane dimension each.
bool isSeparable(mlir::AffineExpr expr, unsigned lanes);

/// Fills the tables of `access` for the lanes that need one, if they pay.
LaneTables makeTables(Emission &emission, const Access &access);
/// Fills those that are the same in every round of a loop, before it.
void hoistTables(Emission &emission, mlir::scf::ForOp loop);

/// Entry `lane` of a table: a scalar, or the entries of neighbours from `lane`
/// on, or those of a vector of lanes where `exist` (null: all) says so.
Reg tableEntry(Builder &ir, Reg table, Reg lane);
Reg tableEntries(Builder &ir, Reg table, Reg lane, unsigned width);
Reg tableEntriesAt(Builder &ir, Reg table, Reg lanes, Reg exist);

} // namespace girih::compiler::host
