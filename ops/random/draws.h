// SPDX-License-Identifier: Apache-2.0
// Numbers from random bits. What needs one or two words of 32 bits shares the
// four of a counter: elements 4k to 4k + 3 of a result, in row-major order,
// have those of random_bits(seed, offset + k). What is f64 has a counter of its
// own for each element.
#pragma once

#include "girih/dsl/dsl.h"

#include <array>
#include <optional>

namespace girih::ops {

/// An element's random bits.
struct Bits {
  /// All that a counter has.
  std::array<Tile, 4> words;
  /// 0 to 3, i32: which of the words is the element's. Empty where all are.
  std::optional<Tile> number;
};

/// The bits of elements at `places`, i64: of their own where `whole`, else
/// shared by four.
Bits bits_at(const Tile &seed, const Tile &offset, const Tile &places,
             bool whole);

/// f32 in [0, 1) of the element's word, or the first: a multiple of 2^-24.
Tile unit(const Bits &bits);
/// How many numbers that unit() may be are below `number`, which is compared in
/// f32, or f64 where `out` is that.
double units_below(double number, DType out);
/// Whether unit() is one of the first `count`, [] of f32, in fewer instructions
/// than unit() takes.
Tile is_below(const Bits &bits, const Tile &count);
/// In [0, 1) and exact in `type`: of f64 a multiple of 2^-53 from two words, of
/// f16 and bf16, as f32, unit() rounded down to one of 2^-11 and 2^-8.
Tile unit_of(const Bits &bits, DType type);
/// Standard normal. f32 by Box and Muller's method: elements 2k and 2k + 1 are
/// the two numbers of two words; what becomes f16 or bf16 a GPU makes by its
/// own functions, to 2^-17. f64 from all words.
Tile standard_normal(const Bits &bits, DType type);
/// Exponential of rate 1: -ln(1 - unit), which is never 0: unit() = 0 counts as
/// 2^-25, or of f64 2^-54.
Tile standard_exponential(const Bits &bits, DType type);

} // namespace girih::ops
