// SPDX-License-Identifier: Apache-2.0
// An inner node of an expression with other operands. Not public.
#pragma once

#include "girih/dsl/expr.h"

namespace girih {

/// `left` and `right` under the operation of an inner node: neither a constant
/// nor a symbol. Simplified, as the operators do.
Expr combined(Expr::Kind operation, const Expr &left, const Expr &right);

} // namespace girih
