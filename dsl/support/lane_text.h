// SPDX-License-Identifier: Apache-2.0
// How programs, lanes and elements are written, by print() and in messages: the
// same on every executor.
#pragma once

#include "girih/dsl/dtype.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace girih {

/// `program 3, lane [1, 5]`; without a lane's coordinates `program 3`.
std::string lane_place(std::int64_t program,
                       std::span<const std::int64_t> lane);

/// Decimal digits that tell every number of so many significant bits from its
/// neighbours: 17 for f64, 9 for f32, 5 for f16, 4 for bf16.
constexpr int decimal_digits(int significant_bits) {
  return 2 + significant_bits * 30103 / 100000; // log10(2)
}

/// The element of `type` with these storage bits: floats as printf's %g has
/// them with decimal_digits(), `nan`, `inf`, `true`.
std::string number_text(DType type, std::uint64_t bits);

/// A line of print(): `program 3, lane [1, 5]: x = 1.5`, with its end.
/// Without a value just the text.
std::string print_line(std::int64_t program, std::span<const std::int64_t> lane,
                       std::string_view text, std::string_view value);

} // namespace girih
