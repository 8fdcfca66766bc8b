// SPDX-License-Identifier: Apache-2.0
// Expressions as text: printing and its inverse.
#include "girih/dsl/expr.h"
#include "girih/dsl/expr_operation.h"
#include "girih/dsl/support/text_scanner.h"

#include <algorithm>

namespace girih {
namespace {

using Kind = Expr::Kind;
using Names = std::vector<std::string>;

// Bounds on what is read: texts come from caches and from users.
constexpr int max_depth = max_expr_nesting + 2;
constexpr int max_leaves = max_expr_nodes;

std::string text_of(const Symbol &symbol, const Names &names) {
  std::string dim = std::to_string(symbol.dim);
  auto operand = [&] {
    auto number = static_cast<std::size_t>(symbol.operand);
    return number < names.size() ? names[number]
                                 : "op" + std::to_string(symbol.operand);
  };
  switch (symbol.kind) {
  case SymbolKind::block:
    return symbol.name;
  case SymbolKind::size:
    return operand() + ".n" + dim;
  case SymbolKind::element:
    return operand() + "[" + symbol.at->to_string(names) + "]";
  case SymbolKind::program:
    return "p" + dim;
  case SymbolKind::level:
    return "i" + dim;
  case SymbolKind::lane:
    return "t" + dim;
  }
  return "?";
}

// The side of a product or quotient that needs parentheses.
std::string operand_text(const Expr &expr, const Names &names, bool right) {
  bool negative = expr.kind() == Kind::constant && expr.constant() < 0;
  bool factor = expr.kind() == Kind::mul || expr.kind() == Kind::floordiv ||
                expr.kind() == Kind::mod;
  std::string text = expr.to_string(names);
  if (expr.kind() == Kind::add || (right && factor) || (negative && !right))
    return "(" + text + ")";
  return text;
}

std::string sum_text(const Expr &expr, const Names &names) {
  std::string left = expr.lhs().to_string(names);
  const Expr &right = expr.rhs();
  auto number = right.as_constant();
  // The lowest integer has no positive counterpart to print.
  if (number && *number < 0 && *number != INT64_MIN)
    return left + " - " + std::to_string(-*number);
  if (right.kind() == Kind::mul) {
    auto factor = right.rhs().as_constant();
    if (factor && *factor < 0 && *factor != INT64_MIN) {
      std::string atom = operand_text(right.lhs(), names, *factor == -1);
      return left + " - " + atom +
             (*factor == -1 ? "" : " * " + std::to_string(-*factor));
    }
  }
  return left + " + " + right.to_string(names);
}

class Parser {
public:
  Parser(TextScanner &scanner, const Names &names)
      : scanner_(scanner), names_(names) {}

  Expr sum() {
    if (++depth_ > max_depth)
      scanner_.fail("the expression is nested too deeply");
    Expr out = product();
    for (;;) {
      if (scanner_.accept("+"))
        out = out + product();
      else if (scanner_.peek() == '-' && scanner_.accept("-"))
        out = out - product();
      else
        break;
    }
    --depth_;
    return out;
  }

private:
  Expr product() {
    Expr out = leaf();
    for (;;) {
      if (scanner_.accept("*"))
        out = out * leaf();
      else if (scanner_.accept("/"))
        out = out / divisor();
      else if (scanner_.accept("%"))
        out = out % divisor();
      else
        return out;
    }
  }

  Expr divisor() {
    Expr out = leaf();
    if (auto number = out.as_constant(); number && *number <= 0)
      scanner_.fail("a divisor must be positive");
    return out;
  }

  Expr leaf() {
    if (++leaves_ > max_leaves)
      scanner_.fail("the expression is too long");
    if (scanner_.accept("(")) {
      Expr out = sum();
      scanner_.expect(")");
      return out;
    }
    if (!scanner_.at_identifier())
      return scanner_.integer();
    std::string word(scanner_.identifier());
    if ((word == "min" || word == "max") && scanner_.accept("(")) {
      Expr left = sum();
      scanner_.expect(",");
      Expr right = sum();
      scanner_.expect(")");
      return word == "min" ? min(left, right) : max(left, right);
    }
    if (scanner_.accept("."))
      return size_symbol(word);
    if (scanner_.accept("[")) {
      int operand = operand_number(word);
      Expr at = sum();
      scanner_.expect("]");
      return element(operand, at);
    }
    return symbol(word);
  }

  int operand_number(const std::string &operand) {
    auto found = std::find(names_.begin(), names_.end(), operand);
    if (found == names_.end())
      scanner_.fail("no operand is called `" + operand + "`");
    return static_cast<int>(found - names_.begin());
  }

  Expr size_symbol(const std::string &word) {
    int operand = operand_number(word);
    auto dim = number_after('n', scanner_.identifier());
    if (dim < 0)
      scanner_.fail("expected n0, n1, ... after the operand's name");
    return Expr(Symbol{SymbolKind::size, operand, dim, ""});
  }

  Expr symbol(const std::string &word) {
    struct {
      char letter;
      SymbolKind kind;
    } const kinds[] = {{'p', SymbolKind::program},
                       {'i', SymbolKind::level},
                       {'t', SymbolKind::lane}};
    for (auto [letter, kind] : kinds)
      if (int dim = number_after(letter, word); dim >= 0)
        return Expr(Symbol{kind, -1, dim, ""});
    return Expr(Symbol{SymbolKind::block, -1, -1, word});
  }

  // D of "pD", or -1.
  static int number_after(char letter, std::string_view word) {
    if (word.size() < 2 || word.size() > 4 || word[0] != letter)
      return -1;
    int out = 0;
    for (char c : word.substr(1)) {
      if (c < '0' || c > '9')
        return -1;
      out = out * 10 + (c - '0');
    }
    return out;
  }

  TextScanner &scanner_;
  const Names &names_;
  int depth_ = 0;
  int leaves_ = 0;
};

} // namespace

std::string Expr::to_string(const Names &names) const {
  switch (kind()) {
  case Kind::constant:
    return std::to_string(constant());
  case Kind::symbol:
    return text_of(symbol(), names);
  case Kind::add:
    return sum_text(*this, names);
  case Kind::mul:
    return operand_text(lhs(), names, false) + " * " +
           operand_text(rhs(), names, true);
  case Kind::floordiv:
    return operand_text(lhs(), names, false) + " / " +
           operand_text(rhs(), names, true);
  case Kind::mod:
    return operand_text(lhs(), names, false) + " % " +
           operand_text(rhs(), names, true);
  case Kind::min:
  case Kind::max:
    return (kind() == Kind::min ? "min(" : "max(") + lhs().to_string(names) +
           ", " + rhs().to_string(names) + ")";
  }
  return "?";
}

Expr scan_expr(TextScanner &scanner, const Names &names) {
  try {
    return Parser(scanner, names).sum();
  } catch (const CompileError &error) {
    if (error.id() == ErrorId::size_arithmetic)
      scanner.fail(error.diagnostic().message);
    throw;
  }
}

Expr parse_expr(std::string_view text, const Names &names) {
  TextScanner scanner(text);
  Expr out = scan_expr(scanner, names);
  if (!scanner.at_end())
    scanner.fail("unexpected text after the expression");
  return out;
}

} // namespace girih
