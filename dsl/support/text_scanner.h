// SPDX-License-Identifier: Apache-2.0
// Reads the tokens of our text formats, with places for messages. Not public.
#pragma once

#include "girih/dsl/support/diagnostics.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace girih {

/// A cursor over a text. Every failure throws CompileError [parse] with line
/// and column; nothing here recurses.
class TextScanner {
public:
  explicit TextScanner(std::string_view text) : text_(text) {}

  [[noreturn]] void fail(std::string_view message) const;
  bool at_end();
  /// The next character after white space, or 0.
  char peek();
  /// Takes `token` if it comes next. A word must end where `token` ends.
  bool accept(std::string_view token);
  void expect(std::string_view token);
  /// Steps over one character, whatever it is.
  void skip_character();
  /// Whether an identifier comes next.
  bool at_identifier();
  std::string_view identifier();
  /// An integer with an optional minus sign.
  std::int64_t integer();
  std::int64_t integer(std::int64_t low, std::int64_t high);
  /// A floating-point number, inf or nan.
  double number();
  /// Text between double quotes; no quote, backslash or control character
  /// inside.
  std::string quoted();
  /// Text between double quotes in which `\xHH` is the byte HH.
  std::string escaped();

private:
  void skip_space();

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Whether `text` is a letter or underscore, then letters, digits, underscores.
bool is_identifier(std::string_view text);

class Expr;

/// Reads an expression, stopping at what cannot continue it.
Expr scan_expr(TextScanner &scanner,
               const std::vector<std::string> &operand_names);

} // namespace girih
