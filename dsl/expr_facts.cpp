// SPDX-License-Identifier: Apache-2.0
// What is seen of an expression without its symbols' values.
#include "girih/dsl/expr.h"

#include <numeric>

namespace girih {

using Kind = Expr::Kind;

bool is_nonnegative(const Expr &expr) {
  switch (expr.kind()) {
  case Kind::constant:
    return expr.constant() >= 0;
  case Kind::symbol:
    return expr.symbol().kind != SymbolKind::level &&
           expr.symbol().kind != SymbolKind::element;
  case Kind::mod:
    return true;
  case Kind::max:
    return is_nonnegative(expr.lhs()) || is_nonnegative(expr.rhs());
  case Kind::floordiv: // the divisor is positive by contract
    return is_nonnegative(expr.lhs());
  default:
    return is_nonnegative(expr.lhs()) && is_nonnegative(expr.rhs());
  }
}

std::int64_t
known_divisor(const Expr &expr,
              const std::function<std::int64_t(const Symbol &)> &divisor) {
  switch (expr.kind()) {
  case Kind::constant:
    return expr.constant() < 0 ? -expr.constant() : expr.constant();
  case Kind::symbol:
    return divisor(expr.symbol());
  case Kind::mul: {
    std::int64_t out = 0;
    if (__builtin_mul_overflow(known_divisor(expr.lhs(), divisor),
                               known_divisor(expr.rhs(), divisor), &out))
      return 1;
    return out;
  }
  case Kind::floordiv:
    return 1;
  default: // a common divisor of both sides divides sum, remainder, min, max
    return std::gcd(known_divisor(expr.lhs(), divisor),
                    known_divisor(expr.rhs(), divisor));
  }
}

bool mentions(const Expr &expr, SymbolKind kind) {
  bool out = false;
  expr.for_each_symbol(
      [&](const Symbol &symbol) { out |= symbol.kind == kind; });
  return out;
}

} // namespace girih
