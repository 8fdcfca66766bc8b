// SPDX-License-Identifier: Apache-2.0
// Which NaNs a value may be: those that bf16 has need no care when they are
// rounded to it.
#pragma once

#include "mlir/IR/Value.h"

namespace girih::compiler::host {

/// Whether any NaN that `value`, of f32, may be is quiet and has 16 zeros at
/// its end: it comes from the CPU's arithmetic on numbers that were as short.
bool hasShortNans(mlir::Value value);

/// Whether nothing but arithmetic uses `value`, which makes NaNs quiet and
/// leaves open which. A number that is passed to the kernel is then given as
/// one whose NaN is short, if it is one.
bool isOnlyComputedWith(mlir::Value value);

} // namespace girih::compiler::host
