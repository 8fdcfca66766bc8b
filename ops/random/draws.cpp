// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/random/draws.h"

#include <cmath>
#include <numbers>

namespace girih::ops {

namespace {

// The upper `count` bits of a word, as a number of a float type.
Tile upper(const Tile &word, int count, DType type) {
  const Tile bits = (word >> (32 - count)) & ((std::int64_t{1} << count) - 1);
  return cast(bits, type);
}

// 53 bits of two words.
Tile wide(const Tile &high, const Tile &low) {
  return (upper(high, 27, f64) * 0x1p26 + upper(low, 26, f64)) * 0x1p-53;
}

} // namespace

Tile unit(const Bits &bits) { return upper(bits[0], 24, f32) * 0x1p-24; }

Tile unit_of(const Bits &bits, DType type) {
  if (type == f64)
    return wide(bits[0], bits[1]);
  const int count = type == f16 ? 11 : type == bf16 ? 8 : 24;
  return upper(bits[0], count, f32) * std::ldexp(1.0, -count);
}

Tile standard_normal(const Bits &bits, DType type) {
  // Box and Muller. 1 - unit is in (0, 1]: the logarithm is finite.
  constexpr double turn = 2 * std::numbers::pi;
  if (type == f64)
    return sqrt(log(1 - wide(bits[0], bits[1])) * -2) *
           cos(wide(bits[2], bits[3]) * turn);
  const Tile above = (upper(bits[0], 24, f32) + 1) * 0x1p-24;
  return sqrt(log(above) * -2) *
         cos(upper(bits[1], 24, f32) * (turn * 0x1p-24));
}

Tile standard_exponential(const Bits &bits, DType type) {
  if (type == f64)
    return max(-log(1 - wide(bits[0], bits[1])), 0x1p-54);
  return max(-log(1 - unit(bits)), 0x1p-25);
}

} // namespace girih::ops
