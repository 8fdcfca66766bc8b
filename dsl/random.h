// SPDX-License-Identifier: Apache-2.0
// Random numbers: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as
// easy as 1, 2, 3", SC 2011), the same bits on every executor.
#pragma once

#include "girih/dsl/values.h"

#include <array>

namespace girih {

/// Four i32 tiles of random bits: the block cipher's output for the 64-bit
/// counter `offsets` (an integer tile) under the 64-bit key `seed` (a scalar
/// integer tile or a number).
std::array<Tile, 4>
random_bits(const Located &seed, const Located &offsets,
            std::source_location where = std::source_location::current());
/// f32 in [0, 1): the first word's upper 24 bits times 2^-24.
Tile rand(const Located &seed, const Located &offsets,
          std::source_location where = std::source_location::current());
/// Standard normal f32, by Box and Muller's method from the first two words.
Tile randn(const Located &seed, const Located &offsets,
           std::source_location where = std::source_location::current());

} // namespace girih
