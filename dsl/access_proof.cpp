// SPDX-License-Identifier: Apache-2.0
// Proves that the lanes which an operand's bounds let through lie within its
// source, whatever the sizes are: what a Program's text has to show, as the
// compiler relies on it. Coordinates are eliminated one by one, each by a bound
// that it is part of or by its range.
#include "girih/dsl/arrangement.h"
#include "girih/dsl/expr_operation.h"
#include "girih/dsl/support/diagnostics.h"

#include <algorithm>
#include <optional>

namespace girih {
namespace {

using Kind = Expr::Kind;

bool is_coordinate(const Symbol &symbol) {
  return symbol.kind != SymbolKind::size;
}

bool only_sizes(const Expr &expr) {
  bool out = true;
  expr.for_each_symbol(
      [&](const Symbol &symbol) { out &= !is_coordinate(symbol); });
  return out;
}

bool is_leaf(const Expr &expr) {
  return expr.kind() == Kind::constant || expr.kind() == Kind::symbol;
}

// `expr` with `by` in the place of a part of it.
Expr with(const Expr &expr, const Expr &part, const Expr &by) {
  if (expr.same(part))
    return by;
  if (is_leaf(expr))
    return expr;
  return combined(expr.kind(), with(expr.lhs(), part, by),
                  with(expr.rhs(), part, by));
}

// by * expr, term by term.
Expr product(const Expr &by, const Expr &expr) {
  if (expr.kind() == Kind::add)
    return product(by, expr.lhs()) + product(by, expr.rhs());
  return by * expr;
}

// What `expr` grows by when `part`, a term of it, grows by one.
Expr factor_of(const Expr &expr, const Expr &part) {
  return with(expr, part, part + 1) - expr;
}

enum class Sign { negative, zero, positive, unknown };

Sign sign_of(const Expr &expr) {
  if (expr.same(0))
    return Sign::zero;
  if (is_nonnegative(expr))
    return Sign::positive;
  return is_nonnegative(Expr(0) - expr) ? Sign::negative : Sign::unknown;
}

// The terms of a sum without their constant factors.
void collect_terms(const Expr &expr, std::vector<Expr> &out) {
  if (expr.kind() == Kind::add) {
    collect_terms(expr.lhs(), out);
    collect_terms(expr.rhs(), out);
  } else if (expr.kind() == Kind::mul) {
    collect_terms(expr.lhs(), out);
    collect_terms(expr.rhs(), out);
  } else if (expr.kind() != Kind::constant) {
    out.push_back(expr);
  }
}

class InsideProof {
public:
  explicit InsideProof(const ArrangedOperand &operand) : operand_(operand) {
    for (const Expr &each : operand.grid)
      note_positive(at_least_one(each));
    for (const Bound &each : operand.bounds)
      add_fact(each.value, each.limit);
    for (Bound &each : facts_)
      each = {positive(each.value), positive(each.limit)};
    for (int round = 0; round < 2; ++round)
      add_levels();
  }

  // 0 <= index < size wherever the operand's bounds hold.
  bool holds(const Expr &index, const Expr &size) {
    const Expr at = positive(index);
    return is_proven(at) && is_proven(size - 1 - at);
  }

private:
  static constexpr int max_steps = 120, max_depth = 12;

  // The quick way is that one bound says it: value >= 0, or value < limit.
  bool is_proven(const Expr &expr) {
    std::vector<Expr> rests = {expr};
    for (const Bound &fact : facts_)
      rests.push_back(expr - (fact.limit - 1 - fact.value));
    return std::any_of(rests.begin(), rests.end(), is_nonnegative) ||
           std::any_of(facts_.begin(), facts_.end(),
                       [&](const Bound &fact) {
                         return is_nonnegative(expr - fact.value);
                       }) ||
           std::any_of(rests.begin(), rests.end(), [&](const Expr &rest) {
             left_ = max_steps / static_cast<int>(rests.size());
             return not_negative(rest, 0);
           });
  }

  // Where a lane is in bounds every limit is at least 1.
  void add_fact(const Expr &value, const Expr &limit) {
    if (limit.kind() == Kind::min) {
      add_fact(value, limit.lhs());
      add_fact(value, limit.rhs());
      return;
    }
    facts_.push_back({value, at_least_one(limit)});
    note_positive(facts_.back().limit);
  }

  // max(x, 0), which is at least 1, is x.
  static Expr at_least_one(const Expr &expr) {
    if (expr.kind() == Kind::max)
      for (bool left : {true, false}) {
        auto number = (left ? expr.lhs() : expr.rhs()).as_constant();
        if (number && *number <= 0)
          return left ? expr.rhs() : expr.lhs();
      }
    return expr;
  }

  // What is at least 1 where `expr` is.
  void note_positive(const Expr &expr) {
    if (expr.kind() == Kind::mul) {
      // Two negative factors would do as well.
      if (!is_nonnegative(expr.lhs()) && !is_nonnegative(expr.rhs()))
        return;
      note_positive(expr.lhs());
      note_positive(expr.rhs());
    } else if (expr.kind() == Kind::floordiv) { // cdiv(x, number)
      positive_.push_back(expr);
      if (auto number = expr.rhs().as_constant())
        note_positive(expr.lhs() - (*number - 1));
    } else {
      positive_.push_back(expr);
    }
  }

  // Divisors are: those below 1 count as 1, which no bound says.
  bool is_positive(const Expr &expr) const {
    if (auto number = expr.as_constant())
      return *number >= 1;
    if (expr.kind() == Kind::max)
      return is_positive(expr.lhs()) || is_positive(expr.rhs());
    if (expr.kind() == Kind::mul)
      return is_positive(expr.lhs()) && is_positive(expr.rhs());
    return std::any_of(positive_.begin(), positive_.end(),
                       [&](const Expr &each) { return each.same(expr); });
  }

  // max(n, 1) is n where n is positive.
  Expr positive(const Expr &expr) const {
    if (is_leaf(expr))
      return expr;
    Expr left = positive(expr.lhs()), right = positive(expr.rhs());
    if (expr.kind() == Kind::max && left.same(1) && is_positive(right))
      return right;
    if (expr.kind() == Kind::max && right.same(1) && is_positive(left))
      return left;
    return combined(expr.kind(), left, right);
  }

  // 0 <= c*i + r < n with 0 <= r < c says that 0 <= i < (n - 1) / c + 1.
  void add_levels() {
    int count = 0;
    for (const auto &level : operand_.levels)
      count += static_cast<int>(level.size());
    for (int i = 0; i < count; ++i) {
      Expr level(Symbol{SymbolKind::level, -1, i, ""});
      for (std::size_t f = facts_.size(); f-- > 0;) {
        Bound fact = facts_[f];
        auto factor = factor_of(fact.value, level).as_constant();
        if (!factor || *factor < 1 || fact.value.same(level))
          continue;
        Expr rest = fact.value - level * *factor;
        left_ = max_steps / 4;
        if (not_negative(rest, 0) && not_negative(*factor - 1 - rest, 0))
          facts_.push_back({level, (fact.limit - 1) / *factor + 1});
      }
    }
  }

  // Whether `expr` is at least 0 for every lane that is in bounds.
  bool not_negative(const Expr &expr, int depth) {
    if (is_nonnegative(expr))
      return true;
    if (depth > max_depth || --left_ < 0)
      return false;
    return std::any_of(
               facts_.begin(), facts_.end(),
               [&](const Bound &fact) { return by_fact(expr, fact, depth); }) ||
           by_term(expr, depth);
  }

  bool by_fact(const Expr &expr, const Bound &fact, int depth) {
    bool out = false;
    fact.value.for_each_symbol([&](const Symbol &symbol) {
      if (!out && is_coordinate(symbol) && symbol.kind != SymbolKind::element)
        out = by_fact(expr, fact, Expr(symbol), depth);
    });
    return out;
  }

  // Takes a multiple of the fact away, so that `part` is gone.
  bool by_fact(const Expr &expr, const Bound &fact, const Expr &part,
               int depth) {
    Expr of_value = factor_of(fact.value, part),
         of_expr = factor_of(expr, part);
    if (of_expr.same(0) || !only_sizes(of_expr))
      return false;
    bool falls = sign_of(of_value) == Sign::negative;
    Expr size = falls ? Expr(0) - of_value : of_value;
    if (!is_positive(size))
      return false;
    Expr factor = (falls ? Expr(0) - of_expr : of_expr) / size;
    Sign sign = sign_of(factor);
    Expr rest = expr - factor * fact.value;
    if (!(factor * of_value).same(of_expr) || sign == Sign::unknown ||
        !factor_of(rest, part).same(0))
      return false;
    if (sign == Sign::negative)
      rest = rest + factor * (fact.limit - 1);
    return not_negative(positive(rest), depth + 1);
  }

  // Replaces the term that is the least known by what it is at worst.
  bool by_term(const Expr &expr, int depth) {
    std::vector<Expr> terms;
    collect_terms(expr, terms);
    for (int wanted : {0, 1, 2, 3})
      for (const Expr &term : terms)
        if (rank(term) == wanted)
          if (auto found = without(expr, term, depth))
            return *found;
    return false;
  }

  // Nothing where that is no way to do it.
  std::optional<bool> without(const Expr &expr, const Expr &term, int depth) {
    Expr factor = factor_of(expr, term);
    Sign sign = sign_of(factor);
    if (sign == Sign::zero || sign == Sign::unknown)
      return std::nullopt;
    bool up = sign == Sign::negative;
    bool quotient = term.kind() == Kind::floordiv && is_positive(term.rhs());
    if (quotient && multiplied(expr, term, factor, up, depth))
      return true;
    auto worst = replacements(term, factor, up, depth);
    if (worst.empty() && !quotient)
      return std::nullopt;
    auto proven = [&](const Expr &by) {
      return not_negative(positive(expr - factor * term + by), depth + 1);
    };
    if (term.kind() == (up ? Kind::max : Kind::min))
      return std::all_of(worst.begin(), worst.end(), proven);
    return std::any_of(worst.begin(), worst.end(), proven);
  }

  // x >= 0 is b*x + b - 1 >= 0; b * (a / b) is above a - b and not above a.
  bool multiplied(const Expr &expr, const Expr &term, const Expr &factor,
                  bool up, int depth) {
    const Expr &a = term.lhs(), &b = term.rhs();
    Expr rest = product(b, expr - factor * term) + b - 1;
    return not_negative(positive(rest + factor * (up ? a : a - b + 1)),
                        depth + 1);
  }

  // Terms over coordinates come first, and compound ones before symbols.
  static int rank(const Expr &term) {
    return (only_sizes(term) ? 2 : 0) + (term.kind() == Kind::symbol ? 1 : 0);
  }

  // What factor * term is at least; the term itself is at most (`up`) or at
  // least something, by the sign of its factor.
  std::vector<Expr> replacements(const Expr &term, const Expr &factor, bool up,
                                 int depth) {
    std::vector<Expr> out;
    switch (term.kind()) {
    case Kind::symbol:
      out = of_symbol(term.symbol(), up);
      break;
    case Kind::min:
    case Kind::max:
      out = {term.lhs(), term.rhs()};
      break;
    case Kind::mod:
      if (!up)
        out = {0};
      else if (is_positive(term.rhs()))
        out = {term.rhs() - 1};
      break;
    case Kind::floordiv:
      if (is_positive(term.rhs()))
        out = of_quotient(term, up, depth);
      break;
    default:
      break;
    }
    for (Expr &each : out)
      each = factor * each;
    return out;
  }

  std::vector<Expr> of_symbol(const Symbol &symbol, bool up) const {
    auto dim = static_cast<std::size_t>(symbol.dim);
    switch (symbol.kind) {
    case SymbolKind::size:
      return up ? std::vector<Expr>{} : std::vector<Expr>{0};
    case SymbolKind::program:
      return {up ? at_least_one(operand_.grid[dim]) - 1 : Expr(0)};
    case SymbolKind::lane:
      return {up ? Expr(operand_.tile[dim] - 1) : Expr(0)};
    default: // a level index or an element may be anything
      return {};
    }
  }

  std::vector<Expr> of_quotient(const Expr &term, bool up, int depth) {
    std::vector<Expr> out;
    const Expr &a = term.lhs(), &b = term.rhs();
    if (up && not_negative(Expr(-1) - a, depth + 1))
      out.push_back(-1);
    if (!up && not_negative(a, depth + 1))
      out.push_back(0);
    if (up && !only_sizes(a))
      for (const Bound &fact : facts_)
        if (fact.value.same(a))
          out.push_back((fact.limit - 1) / b);
    return out;
  }

  const ArrangedOperand &operand_;
  std::vector<Bound> facts_;
  std::vector<Expr> positive_;
  int left_ = max_steps;
};

// What recording writes, and most texts have.
bool is_said(const ArrangedOperand &operand, const Expr &index,
             const Expr &size) {
  return std::any_of(operand.bounds.begin(), operand.bounds.end(),
                     [&](const Bound &each) {
                       return each.value.same(index) && each.limit.same(size);
                     });
}

class Closing {
public:
  Closing(ArrangedOperand &operand, int number)
      : operand_(operand), number_(number) {}

  void run() {
    std::vector<Bound> added;
    for (std::size_t d = 0; d < operand_.index.size(); ++d) {
      Expr size(Symbol{SymbolKind::size, number_, static_cast<int>(d), ""});
      const Expr &index = operand_.index[d];
      if (!is_said(operand_, index, size) && !is_proven(index, size))
        added.push_back({index, size});
    }
    operand_.bounds.insert(operand_.bounds.end(), added.begin(), added.end());
  }

private:
  bool is_proven(const Expr &index, const Expr &size) {
    return effort_.proves([&] {
      if (!proof_)
        proof_.emplace(operand_);
      return proof_->holds(index, size);
    });
  }

  ArrangedOperand &operand_;
  int number_;
  ProofEffort effort_{3'000'000};
  std::optional<InsideProof> proof_;
};

} // namespace

void close_bounds(ArrangedOperand &operand, int number) {
  Closing(operand, number).run();
}

} // namespace girih
