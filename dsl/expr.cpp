// SPDX-License-Identifier: Apache-2.0
// Symbolic integers. Every expression is kept in one normal form: a sum of
// integer multiples of atoms (symbols, products, quotients, minima ...) in a
// fixed order, so that equal expressions of that form are the same tree.
#include "girih/dsl/expr.h"

#include "girih/dsl/arrangement.h"
#include "girih/dsl/expr_operation.h"
#include "girih/dsl/support/diagnostics.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace girih {

struct Expr::Node {
  Kind kind = Kind::constant;
  std::int64_t value = 0;
  Symbol symbol = {};
  std::vector<Expr> operands; // none or two
  ExprExtent extent = {};

  static const Node &of(const Expr &expr) { return *expr.node_; }
};

namespace {

using Kind = Expr::Kind;

thread_local const std::source_location *line = nullptr;
thread_local bool users_sizes = false;
thread_local std::int64_t *proof_steps = nullptr;

// Thrown out of a proof that goes on for too long.
struct ProofEnds {};

void count_step() {
  if (proof_steps && --*proof_steps < 0)
    throw ProofEnds();
}

// The line of an operator, where that is the user's.
class OperatorLine {
public:
  explicit OperatorLine(const SizeArgument &argument)
      : first_(!line && users_sizes) {
    if (first_)
      line = &argument.where();
  }
  ~OperatorLine() {
    if (first_)
      line = nullptr;
  }
  OperatorLine(const OperatorLine &) = delete;
  OperatorLine &operator=(const OperatorLine &) = delete;

private:
  bool first_;
};

[[noreturn]] void fail(const std::string &what) {
  throw CompileError(ErrorId::size_arithmetic,
                     line ? SourceLine(*line) : SourceLine(), {what});
}

std::int64_t checked(bool overflow, std::int64_t value) {
  if (overflow)
    fail("overflows 64-bit integers");
  return value;
}

std::int64_t add(std::int64_t lhs, std::int64_t rhs) {
  std::int64_t out = 0;
  bool overflow = __builtin_add_overflow(lhs, rhs, &out);
  return checked(overflow, out);
}

std::int64_t mul(std::int64_t lhs, std::int64_t rhs) {
  std::int64_t out = 0;
  bool overflow = __builtin_mul_overflow(lhs, rhs, &out);
  return checked(overflow, out);
}

void check_divisor(const Expr &divisor) {
  if (auto number = divisor.as_constant(); number && *number < 1)
    fail("divides by " + std::to_string(*number));
}

std::int64_t floordiv(std::int64_t lhs, std::int64_t rhs) {
  return lhs / rhs - (lhs % rhs < 0 ? 1 : 0);
}

std::int64_t mod(std::int64_t lhs, std::int64_t rhs) {
  return lhs % rhs + (lhs % rhs < 0 ? rhs : 0);
}

// Whether an operand is printed between parentheses.
bool is_enclosed(Kind kind, const Expr &operand, bool right) {
  bool of_factors =
      kind == Kind::mul || kind == Kind::floordiv || kind == Kind::mod;
  Kind inner = operand.kind();
  return of_factors && (inner == Kind::add ||
                        (right && (inner == Kind::mul || inner == Kind::mod ||
                                   inner == Kind::floordiv)));
}

ExprExtent extent_of(Kind kind, const Expr &lhs, const Expr &rhs) {
  ExprExtent left = extent(lhs), right = extent(rhs);
  int call = kind == Kind::min || kind == Kind::max ? 1 : 0;
  return {left.nodes + right.nodes + 1,
          call +
              std::max(left.nesting + (is_enclosed(kind, lhs, false) ? 1 : 0),
                       right.nesting + (is_enclosed(kind, rhs, true) ? 1 : 0))};
}

ExprExtent checked(ExprExtent extent) {
  if (extent.nodes <= max_expr_nodes && extent.nesting <= max_expr_nesting)
    return extent;
  throw CompileError(
      Diagnostic(ErrorId::size_arithmetic,
                 line ? SourceLine(*line) : SourceLine(),
                 {extent.nodes > max_expr_nodes
                      ? "has more than " + std::to_string(max_expr_nodes) +
                            " sizes, numbers and operators when it is written "
                            "out"
                      : "is nested more than " +
                            std::to_string(max_expr_nesting) + " deep"})
          .helped("an expression that is used twice in another one counts "
                  "twice: look for a loop that lets a size grow"));
}

int order(std::int64_t lhs, std::int64_t rhs) {
  return lhs < rhs ? -1 : lhs > rhs ? 1 : 0;
}

int order(const Expr &lhs, const Expr &rhs);

int order(const Symbol &lhs, const Symbol &rhs) {
  if (int by = order(static_cast<int>(lhs.kind), static_cast<int>(rhs.kind)))
    return by;
  if (int by = order(lhs.operand, rhs.operand))
    return by;
  if (int by = order(lhs.dim, rhs.dim))
    return by;
  if (lhs.at && rhs.at)
    return order(*lhs.at, *rhs.at);
  return lhs.name.compare(rhs.name);
}

// The order of terms in a sum and of factors in a product: symbols first.
int order(const Expr &lhs, const Expr &rhs) {
  count_step();
  if (int by =
          order(static_cast<int>(lhs.kind()), static_cast<int>(rhs.kind())))
    return by;
  switch (lhs.kind()) {
  case Kind::constant:
    return order(lhs.constant(), rhs.constant());
  case Kind::symbol:
    return order(lhs.symbol(), rhs.symbol());
  default:
    if (int by = order(lhs.lhs(), rhs.lhs()))
      return by;
    return order(lhs.rhs(), rhs.rhs());
  }
}

struct Term {
  Expr atom; // neither a constant nor a sum, nor a product with a constant
  std::int64_t factor;
};

struct Sum {
  std::vector<Term> terms;
  std::int64_t constant = 0;

  void add_term(const Expr &atom, std::int64_t factor, bool is_new) {
    auto same = [&](const Term &each) { return each.atom.same(atom); };
    auto found =
        is_new ? terms.end() : std::find_if(terms.begin(), terms.end(), same);
    if (found != terms.end())
      found->factor = add(found->factor, factor);
    else
      terms.push_back({atom, factor});
  }

  // The terms of one expression differ from each other: they need not be
  // compared where they are the first.
  void add_expr(const Expr &expr, std::int64_t factor, bool first = false) {
    switch (expr.kind()) {
    case Kind::constant:
      constant = add(constant, mul(expr.constant(), factor));
      return;
    case Kind::add:
      add_expr(expr.lhs(), factor, first);
      add_expr(expr.rhs(), factor, first);
      return;
    case Kind::mul:
      if (auto number = expr.rhs().as_constant()) {
        add_expr(expr.lhs(), mul(factor, *number), first);
        return;
      }
      [[fallthrough]];
    default:
      add_term(expr, factor, first);
    }
  }

  Expr expr() {
    std::erase_if(terms, [](const Term &each) { return each.factor == 0; });
    std::sort(terms.begin(), terms.end(), [](const Term &l, const Term &r) {
      return order(l.atom, r.atom) < 0;
    });
    std::optional<Expr> out;
    auto append = [&](const Expr &next) {
      out = out ? make_expr(Kind::add, *out, next) : next;
    };
    for (const Term &each : terms)
      append(each.factor == 1 ? each.atom
                              : make_expr(Kind::mul, each.atom, each.factor));
    if (constant != 0 || !out)
      append(constant);
    return *out;
  }
};

Sum sum_of(const Expr &expr) {
  Sum out;
  out.add_expr(expr, 1, true);
  return out;
}

void collect_factors(const Expr &atom, std::vector<Expr> &factors) {
  if (atom.kind() == Kind::mul) {
    collect_factors(atom.lhs(), factors);
    collect_factors(atom.rhs(), factors);
  } else {
    factors.push_back(atom);
  }
}

Expr product(std::vector<Expr> factors) {
  std::sort(factors.begin(), factors.end(),
            [](const Expr &l, const Expr &r) { return order(l, r) < 0; });
  if (factors.empty())
    return 1;
  Expr out = factors[0];
  for (std::size_t i = 1; i < factors.size(); ++i)
    out = make_expr(Kind::mul, out, factors[i]);
  return out;
}

// term / divisor where that leaves no remainder whatever the values.
std::optional<Expr> exact_quotient(const Term &term, const Expr &divisor) {
  if (auto number = divisor.as_constant()) {
    if (term.factor % *number != 0)
      return std::nullopt;
    return term.atom * (term.factor / *number);
  }
  std::vector<Expr> factors;
  collect_factors(term.atom, factors);
  auto found =
      std::find_if(factors.begin(), factors.end(),
                   [&](const Expr &each) { return each.same(divisor); });
  if (found == factors.end())
    return std::nullopt;
  factors.erase(found);
  return product(factors) * term.factor;
}

struct Division {
  Expr whole; // the part that divides exactly, divided
  Sum rest;
};

Division divide(const Expr &lhs, const Expr &rhs) {
  Division out;
  Sum sum = sum_of(lhs);
  for (const Term &each : sum.terms) {
    if (auto quotient = exact_quotient(each, rhs))
      out.whole = out.whole + *quotient;
    else
      out.rest.terms.push_back(each);
  }
  out.rest.constant = sum.constant;
  if (auto number = rhs.as_constant()) {
    out.whole = out.whole + floordiv(sum.constant, *number);
    out.rest.constant = mod(sum.constant, *number);
  }
  return out;
}

Expr divide_rest(Sum rest, const Expr &rhs) {
  auto number = rhs.as_constant();
  if (!number)
    return rest.terms.empty() && rest.constant == 0
               ? Expr(0)
               : make_expr(Kind::floordiv, rest.expr(), rhs);
  if (rest.terms.empty())
    return floordiv(rest.constant, *number);
  // (g*x + k) / (g*d) is (x + floor(k/g)) / d for integers x.
  std::int64_t common = *number;
  for (const Term &each : rest.terms)
    common = std::gcd(common, each.factor);
  for (Term &each : rest.terms)
    each.factor /= common;
  rest.constant = floordiv(rest.constant, common);
  std::int64_t divisor = *number / common;
  Expr inner = rest.expr();
  if (inner.kind() == Kind::floordiv)
    if (auto by = inner.rhs().as_constant())
      return inner.lhs() / mul(*by, divisor);
  return divisor == 1 ? inner : make_expr(Kind::floordiv, inner, divisor);
}

} // namespace

Expr make_expr(Expr::Kind kind, const Expr &lhs, const Expr &rhs) {
  count_step();
  return Expr(std::make_shared<const Expr::Node>(
      Expr::Node{kind, 0, {}, {lhs, rhs}, checked(extent_of(kind, lhs, rhs))}));
}

Expr::Expr(std::int64_t value)
    : node_(std::make_shared<const Node>(Node{Kind::constant, value, {}, {}})) {
}

Expr::Expr(Symbol symbol) {
  ExprExtent size;
  if (symbol.at)
    size = {extent(*symbol.at).nodes + 1, extent(*symbol.at).nesting + 1};
  node_ = std::make_shared<const Node>(
      Node{Kind::symbol, 0, std::move(symbol), {}, checked(size)});
}

ExprExtent extent(const Expr &expr) { return Expr::Node::of(expr).extent; }

bool ProofEffort::proves(const std::function<bool()> &proof) {
  struct Steps {
    explicit Steps(std::int64_t *steps)
        : before(std::exchange(proof_steps, steps)) {}
    ~Steps() { proof_steps = before; }
    std::int64_t *before;
  } steps(&left_);
  try {
    return proof();
  } catch (const ProofEnds &) {
    return false;
  } catch (const CompileError &) { // numbers that overflow prove nothing
    return false;
  }
}

Expr::Kind Expr::kind() const { return node_->kind; }

std::int64_t Expr::constant() const {
  ensure(kind() == Kind::constant, "constant() of an expression that is none");
  return node_->value;
}

const Symbol &Expr::symbol() const {
  ensure(kind() == Kind::symbol, "symbol() of an expression that is none");
  return node_->symbol;
}

const Expr &Expr::lhs() const {
  ensure(!node_->operands.empty(), "lhs() of a leaf");
  return node_->operands[0];
}

const Expr &Expr::rhs() const {
  ensure(!node_->operands.empty(), "rhs() of a leaf");
  return node_->operands[1];
}

std::optional<std::int64_t> Expr::as_constant() const {
  if (kind() != Kind::constant)
    return std::nullopt;
  return node_->value;
}

SizeLine::SizeLine(const std::source_location &where)
    : where_(where), first_(!line) {
  if (first_)
    line = &where_;
}

SizeLine::~SizeLine() {
  if (first_)
    line = nullptr;
}

UsersSizes::UsersSizes() : before_(users_sizes) { users_sizes = true; }

UsersSizes::~UsersSizes() { users_sizes = before_; }

bool Symbol::operator==(const Symbol &other) const {
  return order(*this, other) == 0;
}

bool Expr::same(const Expr &other) const {
  return node_ == other.node_ || order(*this, other) == 0;
}

Expr operator+(const SizeArgument &left_side, const SizeArgument &right_side) {
  OperatorLine here(left_side);
  const Expr &lhs = left_side.size(), &rhs = right_side.size();
  Sum sum = sum_of(lhs);
  sum.add_expr(rhs, 1);
  return sum.expr();
}

Expr operator-(const SizeArgument &left_side, const SizeArgument &right_side) {
  OperatorLine here(left_side);
  const Expr &lhs = left_side.size(), &rhs = right_side.size();
  Sum sum = sum_of(lhs);
  sum.add_expr(rhs, -1);
  return sum.expr();
}

Expr operator*(const SizeArgument &left_side, const SizeArgument &right_side) {
  OperatorLine here(left_side);
  const Expr &lhs = left_side.size(), &rhs = right_side.size();
  if (auto number = rhs.as_constant()) {
    Sum sum;
    sum.add_expr(lhs, *number, true);
    return sum.expr();
  }
  if (lhs.kind() == Kind::constant)
    return rhs * lhs;
  // Constant factors of a single term move out: (x*2) * (y*3) is (x*y) * 6.
  Sum left = sum_of(lhs), right = sum_of(rhs);
  std::int64_t factor = 1;
  std::vector<Expr> factors;
  for (Sum *side : {&left, &right}) {
    if (side->terms.size() == 1 && side->constant == 0) {
      factor = mul(factor, side->terms[0].factor);
      collect_factors(side->terms[0].atom, factors);
    } else {
      factors.push_back(side->expr());
    }
  }
  return product(factors) * factor;
}

Expr operator/(const SizeArgument &left_side, const SizeArgument &right_side) {
  OperatorLine here(left_side);
  const Expr &lhs = left_side.size(), &rhs = right_side.size();
  check_divisor(rhs);
  if (lhs.same(rhs))
    return 1;
  Division parts = divide(lhs, rhs);
  return parts.whole + divide_rest(parts.rest, rhs);
}

Expr operator%(const SizeArgument &left_side, const SizeArgument &right_side) {
  OperatorLine here(left_side);
  const Expr &lhs = left_side.size(), &rhs = right_side.size();
  check_divisor(rhs);
  Sum rest = divide(lhs, rhs).rest;
  if (rest.terms.empty() && (rhs.as_constant() || rest.constant == 0))
    return rest.constant;
  if (auto number = rhs.as_constant(); number && *number == 1)
    return 0;
  return make_expr(Kind::mod, rest.expr(), rhs);
}

Expr cdiv(const SizeArgument &lhs, const SizeArgument &rhs) {
  OperatorLine here(lhs);
  return (lhs.size() + rhs.size() - 1) / rhs.size();
}

// min(x, max(x, y)) and max(x, min(x, y)) are x.
static bool absorbs(const Expr &x, const Expr &inner, Kind kind) {
  return inner.kind() == kind && (inner.lhs().same(x) || inner.rhs().same(x));
}

Expr min(const SizeArgument &left_side, const SizeArgument &right_side) {
  OperatorLine here(left_side);
  const Expr &lhs = left_side.size(), &rhs = right_side.size();
  // A constant difference decides, whatever the symbols are.
  Expr difference = rhs - lhs;
  if (auto number = difference.as_constant())
    return *number >= 0 ? lhs : rhs;
  if (is_nonnegative(difference) || absorbs(lhs, rhs, Kind::max))
    return lhs;
  if (is_nonnegative(lhs - rhs) || absorbs(rhs, lhs, Kind::max))
    return rhs;
  return order(lhs, rhs) < 0 ? make_expr(Kind::min, lhs, rhs)
                             : make_expr(Kind::min, rhs, lhs);
}

Expr max(const SizeArgument &left_side, const SizeArgument &right_side) {
  OperatorLine here(left_side);
  const Expr &lhs = left_side.size(), &rhs = right_side.size();
  Expr difference = lhs - rhs;
  if (auto number = difference.as_constant())
    return *number >= 0 ? lhs : rhs;
  if (is_nonnegative(difference) || absorbs(lhs, rhs, Kind::min))
    return lhs;
  if (is_nonnegative(rhs - lhs) || absorbs(rhs, lhs, Kind::min))
    return rhs;
  return order(lhs, rhs) < 0 ? make_expr(Kind::max, lhs, rhs)
                             : make_expr(Kind::max, rhs, lhs);
}

Expr element(int operand, Expr at) {
  return Expr(Symbol{SymbolKind::element, operand, -1, "",
                     std::make_shared<const Expr>(std::move(at))});
}

static Expr
substituted(const Symbol &symbol,
            const std::function<std::optional<Expr>(const Symbol &)> &map) {
  if (std::optional<Expr> by = map(symbol))
    return *by;
  if (symbol.kind == SymbolKind::element)
    return element(symbol.operand, symbol.at->substitute(map));
  return Expr(symbol);
}

Expr Expr::substitute(
    const std::function<std::optional<Expr>(const Symbol &)> &map) const {
  switch (kind()) {
  case Kind::constant:
    return *this;
  case Kind::symbol:
    return substituted(symbol(), map);
  default:
    break;
  }
  return combined(kind(), lhs().substitute(map), rhs().substitute(map));
}

Expr combined(Kind operation, const Expr &left, const Expr &right) {
  switch (operation) {
  case Kind::add:
    return left + right;
  case Kind::mul:
    return left * right;
  case Kind::floordiv:
    return left / right;
  case Kind::mod:
    return left % right;
  case Kind::min:
    return girih::min(left, right);
  default:
    return girih::max(left, right);
  }
}

// Sizes are known when this runs: what goes wrong is the call's matter.
static std::int64_t evaluated(Kind kind, std::int64_t lhs, std::int64_t rhs) {
  std::int64_t out = 0;
  switch (kind) {
  case Kind::add:
  case Kind::mul:
    if (kind == Kind::add ? __builtin_add_overflow(lhs, rhs, &out)
                          : __builtin_mul_overflow(lhs, rhs, &out))
      throw RuntimeError(ErrorId::size,
                         {"an index of an arrangement overflows 64-bit "
                          "integers for these sizes",
                          "use smaller sizes, or less padding and smaller "
                          "strides in the arrangement"});
    return out;
  case Kind::floordiv: // a size may be 0; then nothing is looked at
    return floordiv(lhs, std::max<std::int64_t>(rhs, 1));
  case Kind::mod:
    return mod(lhs, std::max<std::int64_t>(rhs, 1));
  case Kind::min:
    return std::min(lhs, rhs);
  default:
    return std::max(lhs, rhs);
  }
}

std::int64_t
Expr::evaluate(const std::function<std::int64_t(const Symbol &)> &value) const {
  if (kind() == Kind::constant)
    return node_->value;
  if (kind() == Kind::symbol)
    return value(symbol());
  return evaluated(kind(), lhs().evaluate(value), rhs().evaluate(value));
}

void Expr::for_each_symbol(
    const std::function<void(const Symbol &)> &visit) const {
  if (kind() == Kind::symbol)
    visit(symbol());
  if (kind() == Kind::symbol && symbol().at)
    symbol().at->for_each_symbol(visit);
  for (const Expr &each : node_->operands)
    each.for_each_symbol(visit);
}

} // namespace girih
