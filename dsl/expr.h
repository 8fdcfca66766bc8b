// SPDX-License-Identifier: Apache-2.0
// Symbolic integers: sizes, grids and index maps of arrangements.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace girih {

/// What a symbol stands for. `operand` and `dim` are used where noted.
enum class SymbolKind : std::uint8_t {
  block,   // a block size, by name; replaced by a number when recorded
  size,    // size of source dimension `dim` of operand number `operand`
  program, // coordinate `dim` of the program in the grid
  level,   // index number `dim` into the middle levels, outer first
  lane,    // coordinate `dim` within the innermost tile
  element, // element `at` of operand number `operand`, a vector of integers; 0
           // outside it
};

class Expr;

struct Symbol {
  SymbolKind kind;
  int operand = -1;
  int dim = -1;
  std::string name; // block: the user's name. Others: see Expr::to_string
  std::shared_ptr<const Expr> at = {}; // element
  bool operator==(const Symbol &other) const;
};

/// An immutable integer expression; a cheap value handle. Building simplifies:
/// constants fold, x+0, x*1, x*0, (x*c)/c, (x*c)%c and sums of like terms.
/// Division rounds towards minus infinity; divisors are positive. Constants
/// that overflow and constant divisors below 1 throw CompileError
/// [size-arithmetic].
class Expr {
public:
  enum class Kind : std::uint8_t {
    constant,
    symbol,
    add,
    mul,
    floordiv,
    mod,
    min,
    max
  };

  Expr() : Expr(0) {}
  Expr(std::int64_t value); // NOLINT: implicit by design
  Expr(int value) : Expr(static_cast<std::int64_t>(value)) {}
  explicit Expr(Symbol symbol);

  Kind kind() const;
  std::int64_t constant() const; // Kind::constant
  const Symbol &symbol() const;  // Kind::symbol
  const Expr &lhs() const;       // binary kinds
  const Expr &rhs() const;
  std::optional<std::int64_t> as_constant() const;

  /// Substitutes symbols, those within elements' indices as well; those for
  /// which `map` gives nothing stay.
  Expr substitute(
      const std::function<std::optional<Expr>(const Symbol &)> &map) const;
  /// Evaluates with a value for each symbol; a divisor below 1 counts as 1.
  /// Throws RuntimeError [size] on overflow.
  std::int64_t
  evaluate(const std::function<std::int64_t(const Symbol &)> &value) const;
  /// An element comes before the symbols of its index.
  void for_each_symbol(const std::function<void(const Symbol &)> &visit) const;

  /// Infix text, parsed back by parse_expr: `p0 * 128 + t0`, `cdiv` prints as
  /// `(a.n0 + 127) / 128`. Symbols print as their block name, `NAME.nD` (size
  /// D of operand NAME), `pD`, `iD` (level), `tD` (lane), `NAME[INDEX]`.
  std::string to_string(const std::vector<std::string> &operand_names) const;

  bool
  same(const Expr &other) const; // structural equality after simplification

  struct Node;

private:
  explicit Expr(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
  std::shared_ptr<const Node> node_;
  friend Expr make_expr(Kind, const Expr &, const Expr &);
};

/// An Expr or an integer, with the line it is used in: the parameter type of
/// operators.
class SizeArgument {
public:
  using Where = std::source_location;
  SizeArgument(const Expr &size, Where where = Where::current())
      : size_(&size), where_(where) {}
  template <std::integral T>
  SizeArgument(T number, Where where = Where::current())
      : number_(static_cast<std::int64_t>(number)), size_(&*number_),
        where_(where) {}
  SizeArgument(const SizeArgument &) = delete;
  SizeArgument &operator=(const SizeArgument &) = delete;

  const Expr &size() const { return *size_; }
  const Where &where() const { return where_; }

private:
  std::optional<Expr> number_;
  const Expr *size_; // lives as long as the expression that the operator is in
  Where where_;
};

Expr operator+(const SizeArgument &lhs, const SizeArgument &rhs);
Expr operator-(const SizeArgument &lhs, const SizeArgument &rhs);
Expr operator*(const SizeArgument &lhs, const SizeArgument &rhs);
/// Division and remainder round towards minus infinity.
Expr operator/(const SizeArgument &lhs, const SizeArgument &rhs);
Expr operator%(const SizeArgument &lhs, const SizeArgument &rhs);
/// (lhs + rhs - 1) / rhs
Expr cdiv(const SizeArgument &lhs, const SizeArgument &rhs);
Expr min(const SizeArgument &lhs, const SizeArgument &rhs);
Expr max(const SizeArgument &lhs, const SizeArgument &rhs);

/// Element `at` of operand number `operand`.
Expr element(int operand, Expr at);
/// Whether the expression mentions a symbol of this kind.
bool mentions(const Expr &expr, SymbolKind kind);

/// Whether the value is never negative: sizes, blocks, programs and lanes are
/// not; level indices and elements may be anything.
bool is_nonnegative(const Expr &expr);

/// The divisor with which every value of `expr` is divisible, as far as can be
/// seen; 0 for the constant 0. `divisor` gives that of a symbol.
std::int64_t
known_divisor(const Expr &expr,
              const std::function<std::int64_t(const Symbol &)> &divisor);

/// Parses what to_string prints. Throws CompileError [parse] with the column.
Expr parse_expr(std::string_view text,
                const std::vector<std::string> &operand_names);

} // namespace girih
