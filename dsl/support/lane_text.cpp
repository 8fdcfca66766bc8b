// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/support/lane_text.h"

#include "girih/dsl/support/float_formats.h"

#include <cmath>
#include <cstdio>

namespace girih {
namespace {

int significant_bits(DType type) {
  switch (type) {
  case DType::f64:
    return 53;
  case DType::f16:
    return 11;
  case DType::bf16:
    return 8;
  case DType::e4m3:
    return 4;
  case DType::e5m2:
    return 3;
  case DType::e2m1:
    return 2;
  case DType::ue8m0:
    return 1;
  default:
    return 24;
  }
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
  // As a GPU's printf has it, which knows no shorter way.
  char text[32];
  const int end = std::snprintf(text, sizeof(text), "%.*g",
                                decimal_digits(significant_bits(type)), value);
  return {text, text + end};
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
