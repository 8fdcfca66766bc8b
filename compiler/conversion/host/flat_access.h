// SPDX-License-Identifier: Apache-2.0
// Accesses of a flattened operand. Their indices are the digits of one number;
// where the operand's strides are those of a contiguous array, which is known
// at run time only, the number itself is the offset.
#pragma once

#include "girih/compiler/conversion/host/emission.h"

namespace girih::compiler::host {

struct FlatAccess {
  mlir::AffineExpr number;
  llvm::SmallVector<mlir::AffineExpr, 4> radices; // of dimensions 1 and on
  llvm::SmallVector<int64_t, 4> steps; // of the number, from lane to lane
};

/// Nothing where the indices are not the digits of a number that is linear in
/// the lanes.
std::optional<FlatAccess> flatAccess(const Access &access);

/// i1: the strides of `view` are such that the number is the offset, in units
/// of the last stride.
Reg isContiguous(Builder &ir, const FlatAccess &flat, const View &view,
                 llvm::ArrayRef<Reg> symbols);

} // namespace girih::compiler::host
