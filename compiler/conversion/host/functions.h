// SPDX-License-Identifier: Apache-2.0
// Elementary functions on registers of floats, as polynomials, so that they
// vectorise. Errors are below 2 units in the last place.
#pragma once

#include "girih/compiler/conversion/host/ir.h"

namespace girih::compiler::host {

/// The function that libm calls `name`, on one or two f32 registers. Short ones
/// are written where they are used, others are called.
Reg emitFunction(Builder &ir, llvm::StringRef name, llvm::ArrayRef<Reg> in);

/// A function of elementary::brief: exp, exp2, onePlusErf, onePlusTanh.
Reg emitBrief(Builder &ir, llvm::StringRef name, Reg in);

/// fmod of f32: by a division where all quotients are small.
Reg emitRemainder(Builder &ir, Reg dividend, Reg divisor);

} // namespace girih::compiler::host
