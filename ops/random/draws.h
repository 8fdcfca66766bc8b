// SPDX-License-Identifier: Apache-2.0
// Numbers from random bits. Element i of a result, in row-major order, has the
// bits random_bits(seed, offset + i): the first of the four words makes what
// the tile operation rand() makes, the first two what randn() does.
#pragma once

#include "girih/dsl/dsl.h"

#include <array>

namespace girih::ops {

using Bits = std::array<Tile, 4>;

/// f32 in [0, 1): a multiple of 2^-24, as rand().
Tile unit(const Bits &bits);
/// In [0, 1) and exact in `type`: of f64 a multiple of 2^-53 from two words, of
/// f16 and bf16, as f32, unit() rounded down to one of 2^-11 and 2^-8.
Tile unit_of(const Bits &bits, DType type);
/// Standard normal: f32 as randn(), f64 from all words.
Tile standard_normal(const Bits &bits, DType type);
/// Exponential of rate 1: -ln(1 - unit), which is never 0: unit() = 0 counts as
/// 2^-25, or of f64 2^-54.
Tile standard_exponential(const Bits &bits, DType type);

} // namespace girih::ops
