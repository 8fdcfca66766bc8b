// SPDX-License-Identifier: Apache-2.0
// Elements of every dtype to and from double, for the host side and tests.
#pragma once

#include "girih/dsl/dtype.h"

#include <bit>
#include <cstdint>

namespace girih {

/// The storage bits of `value` as an element of `type`, in the low bits of the
/// result. Floats round to nearest even; e4m3, e5m2 and e2m1 saturate, infinity
/// included; integers truncate and saturate, NaN gives 0 (e2m1: 6, which is
/// what the hardware gives); bool is whether the value is not 0; ue8m0 rounds
/// to the nearest power of two, ties up.
std::uint64_t encode(DType type, double value);

/// The value of an element. Integers beyond 2^53 lose bits.
double decode(DType type, std::uint64_t bits);

/// Rounds to `type` and back.
inline double round_to(DType type, double value) {
  return decode(type, encode(type, value));
}

/// The fast way for bf16: its bits are the upper half of a float's.
inline float bf16_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}
inline std::uint16_t float_to_bf16(float value) {
  auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffU) > 0x7f800000U)
    return static_cast<std::uint16_t>((bits >> 16) | 0x40U); // keep it a NaN
  return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16) & 1U)) >>
                                    16);
}

} // namespace girih
