// SPDX-License-Identifier: Apache-2.0
// Philox 4x32-10 once more, for references, and what its words are made into.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace girih::testing {

using Words = std::array<std::uint32_t, 4>;

/// The block cipher of a 64-bit counter under a 64-bit key.
inline Words philox(std::uint64_t seed, std::uint64_t counter) {
  Words c{static_cast<std::uint32_t>(counter),
          static_cast<std::uint32_t>(counter >> 32), 0, 0};
  auto k0 = static_cast<std::uint32_t>(seed),
       k1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * c[0],
                        b = std::uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<std::uint32_t>(b >> 32) ^ c[1] ^ k0,
         static_cast<std::uint32_t>(b),
         static_cast<std::uint32_t>(a >> 32) ^ c[3] ^ k1,
         static_cast<std::uint32_t>(a)};
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return c;
}

/// 53 bits of two words, in [0, 1).
inline double unit_of_two(std::uint32_t high, std::uint32_t low) {
  return ((high >> 5) * 0x1p26 + (low >> 6)) * 0x1p-53;
}
/// The upper bits of one.
inline double unit_of_one(std::uint32_t word, int count) {
  return std::ldexp(static_cast<double>(word >> (32 - count)), -count);
}

/// sum((seen - expected)^2 / expected) over classes that are expected five
/// times at least, less its bound, which in 250000 tests is exceeded once by
/// chance (Wilson and Hilferty, 1931). Infinite where something is seen that is
/// expected never.
inline double chi_square_excess(const std::vector<double> &seen,
                                const std::vector<double> &expected) {
  double sum = 0, rest_seen = 0, rest_expected = 0;
  int classes = -1;
  const auto add = [&](double s, double e) {
    sum += (s - e) * (s - e) / e;
    ++classes;
  };
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (expected[i] == 0 && seen[i] > 0)
      return HUGE_VAL;
    if (expected[i] >= 5) {
      add(seen[i], expected[i]);
    } else {
      rest_seen += seen[i];
      rest_expected += expected[i];
    }
  }
  if (rest_expected >= 5)
    add(rest_seen, rest_expected);
  if (classes < 1)
    return 0;
  const double ninth = 2.0 / (9.0 * classes);
  return sum - classes * std::pow(1 - ninth + 4.5 * std::sqrt(ninth), 3);
}

} // namespace girih::testing
