// SPDX-License-Identifier: Apache-2.0
// Which constraints of an access say something. Every symbol has a range: a
// program coordinate below the grid, a lane below the tile, a level index below
// its level. Level indices may leave theirs in a user's hands, so that their
// range is only used where it is enforced as well.
#include "girih/dsl/arrangement.h"
#include "girih/dsl/expr_operation.h"
#include "girih/dsl/support/diagnostics.h"

#include <algorithm>

namespace girih {
namespace {

using Kind = Expr::Kind;

// What the proofs about one operand may cost: some tens of milliseconds.
constexpr std::int64_t max_steps = 300'000;

class Ranges {
public:
  Ranges(const ArrangedOperand &operand, ProofEffort &effort)
      : operand_(operand), effort_(effort) {
    for (const auto &level : operand.levels)
      level_sizes_.insert(level_sizes_.end(), level.begin(), level.end());
  }

  const std::vector<Expr> &level_sizes() const { return level_sizes_; }

  // One past the largest value of a coordinate; nothing for a size, which is
  // what it is.
  std::optional<Expr> size_of(const Symbol &symbol) const {
    auto dim = static_cast<std::size_t>(symbol.dim);
    switch (symbol.kind) {
    case SymbolKind::program:
      return operand_.grid.at(dim);
    case SymbolKind::level:
      return level_sizes_.at(dim);
    case SymbolKind::lane:
      return Expr(operand_.tile.at(dim));
    default:
      return std::nullopt;
    }
  }

  Expr upper(const Expr &expr) const { return bound(expr, true); }
  Expr lower(const Expr &expr) const { return bound(expr, false); }

  bool at_least_zero(const Expr &expr) const {
    return is_nonnegative(lower(expr));
  }

  // 0 <= value < limit, whatever the coordinates are in their ranges.
  bool implied(const Bound &each) const {
    return effort_.proves([&] {
      return at_least_zero(each.value) &&
             is_nonnegative(each.limit - 1 - upper(each.value));
    });
  }

  // Removes divisions and remainders that the ranges make trivial.
  Expr simplify(const Expr &expr) const {
    switch (expr.kind()) {
    case Kind::constant:
    case Kind::symbol:
      return expr;
    default:
      break;
    }
    Expr left = simplify(expr.lhs()), right = simplify(expr.rhs());
    if (expr.kind() == Kind::floordiv && implied({left, right}))
      return 0;
    if (expr.kind() == Kind::mod && implied({left, right}))
      return left;
    return combined(expr.kind(), left, right);
  }

private:
  // An expression over sizes only that no value of `expr` exceeds (is below).
  Expr bound(const Expr &expr, bool up) const {
    switch (expr.kind()) {
    case Kind::constant:
      return expr;
    case Kind::symbol: {
      auto size = size_of(expr.symbol());
      return !size ? expr : up ? *size - 1 : Expr(0);
    }
    case Kind::add:
      return bound(expr.lhs(), up) + bound(expr.rhs(), up);
    case Kind::mul:
      return product(expr, up);
    case Kind::floordiv: // monotone in the dividend
      if (constant_or_size(expr.rhs()))
        return bound(expr.lhs(), up) / expr.rhs();
      return up ? girih::max(bound(expr.lhs(), true), 0)
                : girih::min(bound(expr.lhs(), false), 0);
    case Kind::mod:
      return up ? bound(expr.rhs(), true) - 1 : Expr(0);
    case Kind::min:
    case Kind::max:
      return extremum(expr, up);
    }
    return expr;
  }

  // Of clamped elements, what they are clamped to.
  Expr extremum(const Expr &expr, bool up) const {
    bool is_min = expr.kind() == Kind::min;
    Expr left = bound(expr.lhs(), up), right = bound(expr.rhs(), up);
    if (is_min == up) {
      if (mentions(left, SymbolKind::element))
        return right;
      if (mentions(right, SymbolKind::element))
        return left;
    }
    return is_min ? girih::min(left, right) : girih::max(left, right);
  }

  Expr product(const Expr &expr, bool up) const {
    if (auto factor = expr.rhs().as_constant())
      return bound(expr.lhs(), *factor >= 0 ? up : !up) * *factor;
    // Monotone where both sides are at least 0; else it stands for itself.
    if (!at_least_zero(expr.lhs()) || !at_least_zero(expr.rhs()))
      return expr;
    return bound(expr.lhs(), up) * bound(expr.rhs(), up);
  }

  static bool constant_or_size(const Expr &expr) {
    bool out = true;
    expr.for_each_symbol(
        [&](const Symbol &symbol) { out &= symbol.kind == SymbolKind::size; });
    return out;
  }

  const ArrangedOperand &operand_;
  ProofEffort &effort_;
  std::vector<Expr> level_sizes_;
};

bool equal(const Bound &lhs, const Bound &rhs) {
  return lhs.value.same(rhs.value) && lhs.limit.same(rhs.limit);
}

// 0 <= x < m implies 0 <= x < n where m is never larger than n.
// 0 <= c*x + r < n with 0 <= r < c implies 0 <= x < cdiv(n, c).
bool implies(const Bound &strong, const Bound &weak, const Ranges &ranges) {
  if (strong.value.same(weak.value) && !strong.limit.same(weak.limit) &&
      is_nonnegative(weak.limit - ranges.upper(strong.limit)))
    return true;
  if (weak.limit.kind() != Kind::floordiv)
    return false;
  const Expr &c = weak.limit.rhs();
  if (!cdiv(strong.limit, c).same(weak.limit))
    return false;
  Expr rest = strong.value - c * weak.value;
  // The range of a level index must not prove itself.
  bool circular = false;
  weak.value.for_each_symbol([&](const Symbol &x) {
    rest.for_each_symbol([&](const Symbol &y) {
      circular |= x.kind == SymbolKind::level && x == y;
    });
  });
  return !circular && ranges.implied({rest, c});
}

void drop_duplicates(std::vector<Bound> &bounds) {
  std::vector<Bound> kept;
  for (const Bound &each : bounds)
    if (std::none_of(kept.begin(), kept.end(),
                     [&](const Bound &other) { return equal(each, other); }))
      kept.push_back(each);
  bounds = std::move(kept);
}

} // namespace

void simplify_access(ArrangedOperand &operand) {
  ProofEffort effort(max_steps);
  Ranges ranges(operand, effort);
  // A coordinate of size 1 is 0; a level index need not be what it should.
  auto constant = [&](const Symbol &symbol) -> std::optional<Expr> {
    if (symbol.kind == SymbolKind::level)
      return std::nullopt;
    auto size = ranges.size_of(symbol);
    if (size && size->same(1))
      return Expr(0);
    return std::nullopt;
  };
  auto simple = [&](const Expr &expr) {
    return ranges.simplify(expr.substitute(constant));
  };
  for (Expr &each : operand.index)
    each = simple(each);
  for (Bound &each : operand.bounds)
    each = {simple(each.value), simple(each.limit)};
  std::erase_if(operand.bounds,
                [&](const Bound &each) { return ranges.implied(each); });
  const auto &sizes = ranges.level_sizes();
  for (std::size_t i = 0; i < sizes.size(); ++i)
    operand.bounds.push_back(
        {Expr(Symbol{SymbolKind::level, -1, static_cast<int>(i), ""}),
         sizes[i]});
  drop_duplicates(operand.bounds);
  std::vector<Bound> kept;
  for (const Bound &weak : operand.bounds)
    if (std::none_of(operand.bounds.begin(), operand.bounds.end(),
                     [&](const Bound &strong) {
                       return !equal(strong, weak) && effort.proves([&] {
                         return implies(strong, weak, ranges);
                       });
                     }))
      kept.push_back(weak);
  operand.bounds = std::move(kept);
}

} // namespace girih
