// SPDX-License-Identifier: Apache-2.0
// Arithmetic on sizes that the choice of blocks needs.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace girih::ops {

/// The least power of two that is at least `size`; 1 for 0.
inline std::int64_t power_of_two(std::int64_t size) {
  return static_cast<std::int64_t>(std::bit_ceil(
      static_cast<std::uint64_t>(std::max<std::int64_t>(size, 1))));
}

/// How many blocks cover `size`, the last one perhaps in part.
inline std::int64_t pieces_of(std::int64_t size, std::int64_t block) {
  return (size + block - 1) / block;
}

} // namespace girih::ops
