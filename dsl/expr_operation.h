// SPDX-License-Identifier: Apache-2.0
// An inner node of an expression with other operands, the extent of expressions
// and of proofs about them. Not public.
#pragma once

#include "girih/dsl/expr.h"
#include "girih/dsl/program.h"

#include <optional>

namespace girih {

/// `left` and `right` under the operation of an inner node: neither a constant
/// nor a symbol. Simplified, as the operators do.
Expr combined(Expr::Kind operation, const Expr &left, const Expr &right);

/// Index arithmetic on expressions; nothing for a division by what is no
/// number: whether that is 0 is seen at run time.
std::optional<Expr> folded(Function function, const Expr &lhs, const Expr &rhs);

/// How long an expression is as a text: nodes of the tree, what is used twice
/// counted twice, and how deep parentheses and calls are nested.
struct ExprExtent {
  int nodes = 1, nesting = 0;
};

/// A longer expression is an error where it is made: everything here walks
/// trees, and texts are read up to this.
inline constexpr int max_expr_nodes = 1024, max_expr_nesting = 64;

ExprExtent extent(const Expr &expr);

/// Bounds what proofs about one operand may cost, all of them together, by the
/// nodes that they make and compare: the same in every run.
class ProofEffort {
public:
  explicit ProofEffort(std::int64_t steps) : left_(steps) {}
  /// False as well where the proof takes too long or its numbers overflow.
  bool proves(const std::function<bool()> &proof);

private:
  std::int64_t left_;
};

} // namespace girih
