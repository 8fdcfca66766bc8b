// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/support/float_formats.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace girih {
namespace {

// A binary format below 64 bits with a sign bit.
struct Format {
  int exponent_bits, mantissa_bits;
  std::uint64_t largest;  // code of the largest finite value
  std::uint64_t infinity; // code that infinity becomes
  std::uint64_t nan;      // code that NaN becomes
  bool has_infinity;      // the top exponent holds infinity and NaNs
};

const Format &format_of(DType type) {
  static constexpr Format f16_format = {5, 10, 0x7bff, 0x7c00, 0x7e00, true};
  static constexpr Format bf16_format = {8, 7, 0x7f7f, 0x7f80, 0x7fc0, true};
  static constexpr Format e4m3_format = {4, 3, 0x7e, 0x7e, 0x7f, false};
  static constexpr Format e5m2_format = {5, 2, 0x7b, 0x7b, 0x7e, true};
  static constexpr Format e2m1_format = {2, 1, 0x7, 0x7, 0x7, false};
  switch (type) {
  case DType::f16:
    return f16_format;
  case DType::bf16:
    return bf16_format;
  case DType::e4m3:
    return e4m3_format;
  case DType::e5m2:
    return e5m2_format;
  default:
    return e2m1_format;
  }
}

std::uint64_t encode_float(const Format &format, DType type, double value) {
  int width = 1 + format.exponent_bits + format.mantissa_bits;
  std::uint64_t sign =
      std::signbit(value) ? std::uint64_t{1} << (width - 1) : 0;
  if (std::isnan(value))
    return format.nan | (type == DType::e2m1 ? 0 : sign);
  double size = std::abs(value);
  if (std::isinf(size))
    return sign | format.infinity;
  if (size == 0)
    return sign;
  int bias = (1 << (format.exponent_bits - 1)) - 1;
  int exponent = 0;
  std::frexp(size, &exponent);
  // Below the smallest normal exponent the spacing stays the same.
  int unit = std::max(exponent - 1, 1 - bias) - format.mantissa_bits;
  // Exact: a double has more bits than any of these formats; rounds to even.
  double scaled = std::nearbyint(std::ldexp(size, -unit));
  auto steps = static_cast<std::uint64_t>(scaled);
  // Codes count up in steps through all exponents, so that a carry just works.
  int first = unit + format.mantissa_bits + bias; // biased exponent
  std::uint64_t code =
      steps + (static_cast<std::uint64_t>(first - 1) << format.mantissa_bits);
  return sign | (code > format.largest ? format.infinity : code);
}

double decode_float(const Format &format, DType type, std::uint64_t bits) {
  int width = 1 + format.exponent_bits + format.mantissa_bits;
  bool negative = (bits >> (width - 1)) & 1;
  std::uint64_t code = bits & ((std::uint64_t{1} << (width - 1)) - 1);
  std::uint64_t mantissa =
      code & ((std::uint64_t{1} << format.mantissa_bits) - 1);
  auto exponent = static_cast<int>(code >> format.mantissa_bits);
  int bias = (1 << (format.exponent_bits - 1)) - 1;
  double size = 0;
  bool top = exponent == (1 << format.exponent_bits) - 1;
  if (format.has_infinity && top)
    size = mantissa ? std::numeric_limits<double>::quiet_NaN()
                    : std::numeric_limits<double>::infinity();
  else if (type == DType::e4m3 && code == 0x7f)
    size = std::numeric_limits<double>::quiet_NaN();
  else if (exponent == 0)
    size = std::ldexp(static_cast<double>(mantissa),
                      1 - bias - format.mantissa_bits);
  else
    size = std::ldexp(static_cast<double>(mantissa + (std::uint64_t{1}
                                                      << format.mantissa_bits)),
                      exponent - bias - format.mantissa_bits);
  return negative ? -size : size;
}

std::uint64_t encode_integer(DType type, double value) {
  int width = bits(type);
  std::uint64_t mask =
      width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
  if (std::isnan(value))
    return 0;
  value = std::trunc(value);
  int magnitude = width - (is_signed(type) ? 1 : 0);
  double limit = std::ldexp(1.0, magnitude);
  if (value >= limit)
    return mask >> (is_signed(type) ? 1 : 0);
  if (!is_signed(type))
    return value <= 0 ? 0 : static_cast<std::uint64_t>(value);
  if (value <= -limit)
    return std::uint64_t{1} << (width - 1);
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value)) & mask;
}

double decode_integer(DType type, std::uint64_t bits) {
  int unused = 64 - girih::bits(type);
  if (is_signed(type))
    return static_cast<double>(static_cast<std::int64_t>(bits << unused) >>
                               unused);
  return static_cast<double>((bits << unused) >> unused);
}

std::uint64_t encode_scale(double value) {
  if (std::isnan(value))
    return 0xff;
  if (value <= 0)
    return 0;
  if (std::isinf(value))
    return 0xfe;
  int exponent = 0;
  double fraction = std::frexp(value, &exponent); // in [0.5, 1)
  int code = exponent - 1 + 127 + (fraction >= 0.75 ? 1 : 0);
  return static_cast<std::uint64_t>(std::min(std::max(code, 0), 0xfe));
}

} // namespace

std::uint64_t encode(DType type, double value) {
  switch (type) {
  case DType::f64:
    return std::bit_cast<std::uint64_t>(value);
  case DType::f32:
    return std::bit_cast<std::uint32_t>(static_cast<float>(value));
  case DType::b1:
    return value != 0;
  case DType::ue8m0:
    return encode_scale(value);
  default:
    return is_float(type) ? encode_float(format_of(type), type, value)
                          : encode_integer(type, value);
  }
}

double decode(DType type, std::uint64_t bits) {
  switch (type) {
  case DType::f64:
    return std::bit_cast<double>(bits);
  case DType::f32:
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  case DType::b1:
    return (bits & 0xff) != 0;
  case DType::ue8m0:
    return (bits & 0xff) == 0xff
               ? std::numeric_limits<double>::quiet_NaN()
               : std::ldexp(1.0, static_cast<int>(bits & 0xff) - 127);
  default:
    return is_float(type) ? decode_float(format_of(type), type, bits)
                          : decode_integer(type, bits);
  }
}

} // namespace girih
