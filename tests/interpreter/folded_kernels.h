// SPDX-License-Identifier: Apache-2.0
// Kernels whose operations canonicalisation turns into others, so that what
// runs is not what was recorded.
#pragma once

#include "one_tile.h"

#include <random>

namespace girih::testing {

struct FoldedKernel {
  const char *name;
  DType in, out;
  void (*apply)(In, In, Out);
};

/// The upper half of x * y, as it is recorded.
inline Tile upper_half(const Located &x, const Located &y, DType wide,
                       int width, DType narrow) {
  return cast((cast(x, wide) * cast(y, wide)) >> width, narrow);
}

inline std::vector<FoldedKernel> folded_kernels() {
  return {
      {"upper half of i32", i32, i32,
       [](In x, In y, Out z) { z = upper_half(x, y, i64, 32, i32); }},
      {"upper half of i16", i16, i16,
       [](In x, In y, Out z) { z = upper_half(x, y, i32, 16, i16); }},
      {"upper half of i8", i8, i8,
       [](In x, In y, Out z) { z = upper_half(x, y, i16, 8, i8); }},
      {"upper half of u8", u8, u8,
       [](In x, In y, Out z) { z = upper_half(x, y, i16, 8, u8); }},
      {"both halves", i32, i32,
       [](In x, In y, Out z) { z = upper_half(x, y, i64, 32, i32) ^ (x * y); }},
      {"rounded twice", i32, bf16,
       [](In x, In y, Out z) {
         z = where(x < y, cast(cast(x, f32), bf16), cast(cast(y, f32), bf16));
       }},
      {"rounded twice to f16", i32, f16,
       [](In x, In, Out z) { z = cast(cast(x >> 8, f32), f16); }},
      {"naturals to floats", u8, f32,
       [](In x, In y, Out z) { z = cast(cast(x, i32), f32) - cast(y, f32); }},
      {"a float limit of integers", i16, i32,
       [](In x, In y, Out z) {
         z = where(cast(x, f32) < 2.5F, cast(y, i32), 7);
       }},
      {"bools as numbers", i32, i32,
       [](In x, In y, Out z) {
         z = cast(x < y, i32) - cast(y < x, i32) * 3 + where(x == y, -1, 0);
       }},
      {"widened before they are compared", u8, i32,
       [](In x, In y, Out z) {
         z = where(cast(x, i32) < cast(y, i32), cast(x, i32), cast(y, i32) + 1);
       }},
      {"narrowed after and", i32, i8,
       [](In x, In y, Out z) { z = cast((x & 255) | (y & ~255), i8); }},
      {"negated twice", i32, i32,
       [](In x, In y, Out z) { z = -(-x) - (y ^ -1) * -1; }},
  };
}

/// Bits of every kind: the least, the largest, ties between 16-bit floats,
/// then random ones.
inline void fill_chosen_bits(TestArray &array, unsigned seed) {
  std::mt19937_64 random(seed);
  const int width = bits(array.dtype());
  const std::uint64_t top = std::uint64_t{1} << (width - 1);
  const std::uint64_t chosen[] = {
      0,   1,       2,       3,
      top, top - 1, top + 1, ~std::uint64_t{0},
      255, 256,     65535,   (1U << 30) + (1U << 22) + 1};
  for (std::int64_t i = 0; i < array.numel(); ++i) {
    const std::uint64_t bits = random() % 2 ? chosen[random() % 12] : random();
    array.set_code(i, width == 64 ? bits : bits & ((top << 1) - 1));
  }
}

} // namespace girih::testing
