// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/signature.h"

#include "girih/dsl/support/diagnostics.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace girih::ops {

namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  return text;
}

/// Pieces between commas that are outside of brackets.
std::vector<std::string_view> pieces(std::string_view text) {
  std::vector<std::string_view> found;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && text[at] != ',') {
      depth += text[at] == '(' || text[at] == '[';
      depth -= text[at] == ')' || text[at] == ']';
      continue;
    }
    if (at < text.size() && depth > 0)
      continue;
    if (const auto piece = trimmed(text.substr(begin, at - begin));
        !piece.empty())
      found.push_back(piece);
    begin = at + 1;
  }
  return found;
}

constexpr std::string_view types[] = {"array", "arrays", "number",     "int",
                                      "float", "bool",   "str",        "ints",
                                      "dtype", "device", "ints or str"};

Parameter parse_parameter(std::string_view text) {
  Parameter out;
  if (const auto equals = text.find('='); equals != std::string_view::npos) {
    out.default_text = trimmed(text.substr(equals + 1));
    text = trimmed(text.substr(0, equals));
  }
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    out.type = trimmed(text.substr(colon + 1));
    text = trimmed(text.substr(0, colon));
  }
  if (out.type.ends_with('?')) {
    out.optional = true;
    out.type.pop_back();
    if (out.default_text.empty())
      out.default_text = "None";
  }
  out.name = text;
  if (out.name.empty() || std::ranges::find(types, out.type) == std::end(types))
    throw InternalError("a parameter of an operator is `" + std::string(text) +
                        ": " + out.type + "`");
  return out;
}

} // namespace

bool Signature::only_arrays() const {
  return std::ranges::all_of(parameters, [](const Parameter &each) {
    return each.type == "array" && !each.optional;
  });
}

Signature parse_signature(std::string_view text) {
  const auto open = text.find('('), close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos ||
      close < open)
    throw InternalError("the signature of an operator is `" +
                        std::string(text) + "`");
  Signature out;
  out.name = text.substr(0, open);
  bool named_only = false;
  for (const auto piece : pieces(text.substr(open + 1, close - open - 1))) {
    if (piece == "*") {
      named_only = true;
      continue;
    }
    out.parameters.push_back(parse_parameter(piece));
    out.parameters.back().named_only = named_only;
  }
  const auto arrow = text.find("->", close);
  if (arrow != std::string_view::npos)
    for (const auto piece : pieces(text.substr(arrow + 2)))
      out.results.emplace_back(piece);
  return out;
}

Value parse_default(std::string_view text) {
  if (text == "None")
    return {};
  if (text == "True" || text == "False")
    return text == "True";
  if (text.starts_with('\''))
    return std::string(text.substr(1, text.size() - 2));
  if (text == "inf" || text == "-inf") {
    const double inf = std::numeric_limits<double>::infinity();
    return text.starts_with('-') ? -inf : inf;
  }
  if (text.starts_with('(') || text.starts_with('[')) {
    std::vector<std::int64_t> all;
    for (const auto piece : pieces(text.substr(1, text.size() - 2)))
      all.push_back(std::get<std::int64_t>(parse_default(piece)));
    return all;
  }
  const char *end = text.data() + text.size();
  std::int64_t integer = 0;
  if (auto read = std::from_chars(text.data(), end, integer);
      read.ec == std::errc() && read.ptr == end)
    return integer;
  double real = 0;
  if (auto read = std::from_chars(text.data(), end, real);
      read.ec == std::errc() && read.ptr == end)
    return real;
  throw InternalError("a default of an operator is `" + std::string(text) +
                      "`");
}

} // namespace girih::ops
