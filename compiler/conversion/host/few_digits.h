// SPDX-License-Identifier: Apache-2.0
// Which results need few digits: those of which nothing is kept but what bf16
// holds. Short polynomials do for them (compiler/elementary/brief.h).
#pragma once

#include "mlir/IR/Operation.h"

namespace girih::compiler::host {

/// Whether all that is made of `value`, of f32, is rounded to bf16, by steps
/// that keep relative errors as they are: products, quotients, choices, and
/// sums of what has one sign. What is exponentiated, compared, subtracted or
/// stored as it is needs all digits. Of bf16 itself: true.
bool needsFewDigits(mlir::Value value);

/// The erf or tanh that `op` adds 1 to, where the sum needs few digits and the
/// function has no other use. Such a pair is computed as one function by the
/// sum, whose operand is then the function's argument.
mlir::Operation *raisedByOne(mlir::Operation *op);
/// Whether raisedByOne() of its one user is `function`.
bool isRaisedByOne(mlir::Operation *function);

} // namespace girih::compiler::host
