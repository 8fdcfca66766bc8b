// SPDX-License-Identifier: Apache-2.0
// Lanes of a value that can reach memory: at the ragged edge of an operand the
// rest of a product need not be computed.
#pragma once

#include "girih/compiler/conversion/host/emission.h"

namespace girih::compiler::host {

/// How many lanes, from the first on, matter along each dimension of `value`
/// (an i64); null where all may. Lanes matter if some store writes them; a
/// value that anything but elementwise operations, accumulation and stores uses
/// matters everywhere. Emits code, before the value's.
llvm::SmallVector<Reg> liveLanes(Emission &emission, mlir::Value value);

} // namespace girih::compiler::host
