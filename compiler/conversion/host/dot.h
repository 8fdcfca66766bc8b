// SPDX-License-Identifier: Apache-2.0
// Matrix products: register-blocked over packed panels, or streamed when one
// side is a vector.
#pragma once

#include "girih/compiler/conversion/host/nest.h"

namespace girih::compiler::host {

/// Register block of the micro-kernel: `rows` x `vectors` accumulators.
struct RegisterBlock {
  unsigned lanes = 1; // of the accumulator type in one vector
  unsigned rows = 1, vectors = 1;
  int64_t columns() const { return int64_t(lanes) * vectors; }
};

/// The block for a product with `n` columns, accumulated in `type`.
RegisterBlock chooseRegisterBlock(const Machine &machine, llvm::Type *type,
                                  int64_t n);

/// How long the rows of a buffer must be for it to be a dot's accumulator.
int64_t accumulatorPitch(Emission &emission, mlir::RankedTensorType type);

/// result = acc + a * b, with the accumulator already in `acc` and updated
/// there. Rows and columns from `live` on (see liveLanes) may be left out.
void emitDot(Emission &emission, tile::DotOp dot, const Buffer &acc,
             llvm::ArrayRef<Reg> live);

/// The same where m or n is 1: nothing is packed, the matrix is read once, in
/// the order it lies in.
void emitMatrixVector(Emission &emission, tile::DotOp dot, const Buffer &acc);

/// A dot's operand held in the accumulator's type.
Reg dotOperand(Builder &ir, Reg value, llvm::Type *type, bool isUnsigned);
/// a * b + c in the accumulator's type.
Reg multiplyAdd(Builder &ir, Reg a, Reg b, Reg c);

} // namespace girih::compiler::host
