// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/support/lane_text.h"

#include "girih/dsl/support/float_formats.h"

#include <charconv>
#include <cmath>

namespace girih {
namespace {

template <class Number> std::string shortest(Number value) {
  char text[32];
  auto end = std::to_chars(text, text + sizeof(text), value).ptr;
  return {text, end};
}

} // namespace

std::string lane_place(std::int64_t program,
                       std::span<const std::int64_t> lane) {
  std::string out = "program " + std::to_string(program);
  for (std::size_t dim = 0; dim < lane.size(); ++dim)
    out += (dim ? ", " : ", lane [") + std::to_string(lane[dim]);
  return lane.empty() ? out : out + "]";
}

std::string number_text(DType type, std::uint64_t code) {
  if (type == DType::b1)
    return code ? "true" : "false";
  if (!is_float(type)) {
    int unused = 64 - bits(type);
    return is_signed(type)
               ? std::to_string(static_cast<std::int64_t>(code << unused) >>
                                unused)
               : std::to_string(code);
  }
  double value = decode(type, code);
  if (std::isnan(value))
    return "nan"; // its sign says nothing
  return type == DType::f64 ? shortest(value)
                            : shortest(static_cast<float>(value));
}

std::string print_line(std::int64_t program, std::span<const std::int64_t> lane,
                       std::string_view text, std::string_view value) {
  std::string out = lane_place(program, lane) + ": ";
  out += text;
  if (!text.empty() && !value.empty())
    out += " = ";
  out += value;
  return out + "\n";
}

} // namespace girih
