// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/support/text_scanner.h"

#include <algorithm>
#include <charconv>

namespace girih {
namespace {

// <cctype> depends on the locale and is undefined for negative char values.
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_letter(c) || is_digit(c); }
bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

} // namespace

bool is_identifier(std::string_view text) {
  return !text.empty() && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), is_word);
}

void TextScanner::fail(std::string_view message) const {
  auto before = text_.substr(0, std::min(at_, text_.size()));
  auto line = 1 + std::count(before.begin(), before.end(), '\n');
  auto last = before.rfind('\n');
  auto column =
      before.size() - (last == std::string_view::npos ? 0 : last + 1) + 1;
  throw CompileError(ErrorId::parse, {}, {line, column, message});
}

void TextScanner::skip_space() {
  while (at_ < text_.size() && is_space(text_[at_]))
    ++at_;
}

bool TextScanner::at_end() {
  skip_space();
  return at_ == text_.size();
}

char TextScanner::peek() { return at_end() ? '\0' : text_[at_]; }

bool TextScanner::accept(std::string_view token) {
  skip_space();
  if (text_.substr(at_, token.size()) != token)
    return false;
  auto end = at_ + token.size();
  if (is_word(token.back()) && end < text_.size() && is_word(text_[end]))
    return false;
  at_ = end;
  return true;
}

void TextScanner::expect(std::string_view token) {
  if (!accept(token))
    fail("expected `" + std::string(token) + "`");
}

void TextScanner::skip_character() {
  if (at_ < text_.size())
    ++at_;
}

bool TextScanner::at_identifier() { return is_letter(peek()); }

std::string_view TextScanner::identifier() {
  if (!at_identifier())
    fail("expected a name");
  auto begin = at_;
  while (at_ < text_.size() && is_word(text_[at_]))
    ++at_;
  return text_.substr(begin, at_ - begin);
}

std::int64_t TextScanner::integer() {
  skip_space();
  std::int64_t value = 0;
  auto [end, error] =
      std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
  if (error == std::errc::result_out_of_range)
    fail("the integer does not fit 64 bits");
  if (error != std::errc())
    fail("expected an integer");
  at_ = static_cast<std::size_t>(end - text_.data());
  return value;
}

std::int64_t TextScanner::integer(std::int64_t low, std::int64_t high) {
  auto begin = at_;
  auto value = integer();
  if (value < low || value > high) {
    at_ = begin;
    fail("expected an integer from " + std::to_string(low) + " to " +
         std::to_string(high));
  }
  return value;
}

double TextScanner::number() {
  skip_space();
  double value = 0;
  auto [end, error] =
      std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
  if (error != std::errc())
    fail("expected a number");
  at_ = static_cast<std::size_t>(end - text_.data());
  return value;
}

std::string TextScanner::quoted() {
  expect("\"");
  auto begin = at_;
  while (at_ < text_.size() && text_[at_] != '"') {
    if (static_cast<unsigned char>(text_[at_]) < ' ' || text_[at_] == '\\')
      fail("control character or backslash in a quoted text");
    ++at_;
  }
  if (at_ == text_.size())
    fail("the quoted text does not end");
  return std::string(text_.substr(begin, at_++ - begin));
}

std::string TextScanner::escaped() {
  auto digit = [&]() -> int {
    char c = at_ < text_.size() ? text_[at_++] : ' ';
    if (c >= '0' && c <= '9')
      return c - '0';
    if (c >= 'a' && c <= 'f')
      return c - 'a' + 10;
    fail("expected a hexadecimal digit");
  };
  expect("\"");
  std::string out;
  while (at_ < text_.size() && text_[at_] != '"') {
    char c = text_[at_++];
    if (static_cast<unsigned char>(c) < ' ')
      fail("control character in a quoted text");
    if (c == '\\') {
      if (at_ == text_.size() || text_[at_++] != 'x')
        fail("expected `x` after a backslash");
      int high = digit();
      c = static_cast<char>(high * 16 + digit());
    }
    out += c;
  }
  if (at_ == text_.size())
    fail("the quoted text does not end");
  ++at_;
  return out;
}

} // namespace girih
