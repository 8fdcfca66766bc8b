// SPDX-License-Identifier: Apache-2.0
// Element types: how each lies in memory and how it is held in registers.
//
// Floats narrower than 32 bits are held as f32 that the narrow type represents
// exactly; every inexact operation rounds its result (`roundTo`). Bools are i1
// in registers and one byte in memory. Other types are held as they are.
#pragma once

#include "girih/compiler/conversion/host/ir.h"

#include "mlir/IR/Types.h"

namespace girih::compiler::host {

unsigned elementBytes(mlir::Type element);
llvm::Type *memoryType(Builder &ir, mlir::Type element);
llvm::Type *registerType(Builder &ir, mlir::Type element, unsigned width = 0);

/// Whether registers hold `element` as a wider float.
bool isNarrowFloat(mlir::Type element);

/// What was loaded, as a register holds it; and back.
Reg decode(Builder &ir, mlir::Type element, Reg memory);
Reg encode(Builder &ir, mlir::Type element, Reg value);

/// The same of bf16, of which a register has the even lanes of each sixteen
/// first and then the odd ones: a shift and a mask part two registers of them,
/// where the order takes shuffles from one half of a register to the other.
Reg decodeEvenFirst(Builder &ir, Reg memory);
Reg encodeEvenFirst(Builder &ir, Reg value);
/// The lane that such a register has at `position`.
unsigned laneEvenFirst(unsigned position);

/// f32 rounded to nearest even to what the narrow float `element` represents.
/// The fp8 types saturate; NaN stays NaN. With `arithmetic`, `value` is the
/// CPU's sum, product or the like of such numbers: its NaN then has nothing to
/// round.
Reg roundTo(Builder &ir, mlir::Type element, Reg value,
            bool arithmetic = false);

} // namespace girih::compiler::host
