// SPDX-License-Identifier: Apache-2.0
// Functions of one number of 16 bits. There are 65536 of them, and what is
// found in a table takes a CPU without AVX-512 less time than a polynomial and
// a rounding. A kernel has a table for each such function and fills it as it
// first runs, by the very code that would compute the lanes.
#pragma once

#include "girih/compiler/conversion/host/emission.h"

namespace girih::compiler::host {

/// The tile of bf16 or f16 that the elementwise `value` is a function of, and
/// of nothing else but constants, where computing it takes longer than a table;
/// null where that is not so.
mlir::Value wordArgument(mlir::Value value);

/// `value` for lanes of its wordArgument(), as registers of `chunk` hold them.
Reg emitLookUp(Emission &emission, mlir::Value value, Reg argument,
               const Chunk &chunk);

} // namespace girih::compiler::host
