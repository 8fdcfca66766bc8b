// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/random/draws.h"

#include <cmath>
#include <numbers>

namespace girih::ops {

namespace {

// The upper `count` bits of a word.
Tile upper_bits(const Tile &word, int count) {
  return (word >> (32 - count)) & ((std::int64_t{1} << count) - 1);
}

// The same as a number of a float type.
Tile upper(const Tile &word, int count, DType type) {
  return cast(upper_bits(word, count), type);
}

// 53 bits of two words.
Tile wide(const Tile &high, const Tile &low) {
  return (upper(high, 27, f64) * 0x1p26 + upper(low, 26, f64)) * 0x1p-53;
}

// The word of an element that has one.
Tile own_word(const Bits &bits) {
  if (!bits.number)
    return bits.words[0];
  const Tile &number = *bits.number;
  return where(number < 2, where(number < 1, bits.words[0], bits.words[1]),
               where(number < 3, bits.words[2], bits.words[3]));
}

// The hardware's functions, whose errors are absolute: 2^-20.
Tile quick_cos(const Tile &x) {
  return inline_ptx("cos.approx.ftz.f32 $0, $1;", {x}, f32,
                    [](Tiles lane) { return cos(lane[0]); });
}
Tile quick_sin(const Tile &x) {
  return inline_ptx("sin.approx.ftz.f32 $0, $1;", {x}, f32,
                    [](Tiles lane) { return sin(lane[0]); });
}
Tile quick_root(const Tile &x) {
  return inline_ptx("sqrt.approx.ftz.f32 $0, $1;", {x}, f32,
                    [](Tiles lane) { return sqrt(lane[0]); });
}

// Of x in (0, 1]; near 1 by the series of 1 - x, which is exact, as the
// hardware's root of what it makes there would be far off.
Tile quick_log(const Tile &x) {
  const Tile power = inline_ptx("lg2.approx.ftz.f32 $0, $1;", {x}, f32,
                                [](Tiles lane) { return log2(lane[0]); });
  const Tile less = 1 - x;
  Tile series = less * (1.0 / 6) + 0.2;
  for (double next : {0.25, 1.0 / 3, 0.5, 1.0})
    series = series * less + next;
  return where(less < 0.0625, -(less * series), power * std::numbers::ln2);
}

} // namespace

Bits bits_at(const Tile &seed, const Tile &offset, const Tile &places,
             bool whole) {
  if (whole)
    return {random_bits(seed, offset + places), {}};
  return {random_bits(seed, offset + (places >> 2)), cast(places & 3, i32)};
}

Tile unit(const Bits &bits) { return upper(own_word(bits), 24, f32) * 0x1p-24; }

double units_below(double number, DType out) {
  const double compared = out == f64 ? number : static_cast<float>(number);
  return std::ceil(compared * 0x1p24);
}

Tile is_below(const Bits &bits, const Tile &count) {
  return upper_bits(own_word(bits), 24) < cast(count, i32);
}

Tile unit_of(const Bits &bits, DType type) {
  if (type == f64)
    return wide(bits.words[0], bits.words[1]);
  const int count = type == f16 ? 11 : type == bf16 ? 8 : 24;
  return upper(own_word(bits), count, f32) * std::ldexp(1.0, -count);
}

Tile standard_normal(const Bits &bits, DType type) {
  // 1 - unit is in (0, 1]: the logarithm is finite.
  constexpr double turn = 2 * std::numbers::pi;
  const auto &words = bits.words;
  if (type == f64)
    return sqrt(log(1 - wide(words[0], words[1])) * -2) *
           cos(wide(words[2], words[3]) * turn);
  const Tile &number = *bits.number;
  const Tile length = where(number < 2, words[0], words[2]);
  const Tile angle = where(number < 2, words[1], words[3]);
  const Tile above = (upper(length, 24, f32) + 1) * 0x1p-24;
  // Of an angle in [-1/2, 1/2) turns the cosine, and for the odd one the sine.
  const Tile turned = cast(angle >> 8, f32) * (turn * 0x1p-24);
  const Tile is_even = (number & 1) == 0;
  if (type != f32)
    return quick_root(quick_log(above) * -2) *
           where(is_even, quick_cos(turned), quick_sin(turned));
  return sqrt(log(above) * -2) * where(is_even, cos(turned), sin(turned));
}

Tile standard_exponential(const Bits &bits, DType type) {
  if (type == f64)
    return max(-log(1 - wide(bits.words[0], bits.words[1])), 0x1p-54);
  return max(-log(1 - unit(bits)), 0x1p-25);
}

} // namespace girih::ops
