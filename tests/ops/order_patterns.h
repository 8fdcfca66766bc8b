// SPDX-License-Identifier: Apache-2.0
// Rows that orders, selections and ranks could be wrong about.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <vector>

namespace girih::testing {

inline constexpr double infinite = std::numeric_limits<double>::infinity();
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Values of a row, by what is hard about them.
struct Pattern {
  const char *name;
  std::function<double(std::int64_t i, std::int64_t n, std::mt19937_64 &)> at;
};

inline const std::vector<Pattern> &patterns() {
  using Random = std::mt19937_64;
  static const std::vector<Pattern> all{
      {"all equal", [](auto, auto, Random &) { return 3; }},
      {"two values", [](auto, auto, Random &r) { return r() % 2; }},
      {"few values", [](auto, auto, Random &r) { return double(r() % 9) - 4; }},
      {"ascending", [](auto i, auto, Random &) { return i; }},
      {"descending", [](auto i, auto n, Random &) { return n - i; }},
      // The largest are neighbours, and so are the smallest.
      {"clustered",
       [](auto i, auto n, Random &r) {
         const double noise = double(r() % 100);
         return i >= n / 3 && i < n / 3 + 70   ? 1000 + noise
                : i >= n / 2 && i < n / 2 + 70 ? -1000 - noise
                                               : noise;
       }},
      // One in each group; equal ones behind.
      {"spread", [](auto i, auto n,
                    Random &) { return i % 64 == 5 ? 8 + i / (n / 2) : 0; }},
      {"one of another kind",
       [](auto i, auto n, Random &) { return i == n - 1 ? 5 : 7; }}};
  return all;
}

/// Those that only floats have.
inline const std::vector<Pattern> &float_patterns() {
  using Random = std::mt19937_64;
  static const std::vector<Pattern> all{
      {"normal",
       [](auto, auto, Random &r) { return std::normal_distribution()(r); }},
      {"NaN", [](auto, auto, Random &) { return not_a_number; }},
      {"minus infinity",
       [](auto i, auto, Random &) { return i == 7 ? 1 : -infinite; }},
      {"infinity",
       [](auto i, auto, Random &) { return i == 7 ? -1 : infinite; }},
      {"some NaN",
       [](auto, auto, Random &r) {
         return r() % 20 ? double(r() % 50) : not_a_number;
       }},
      {"some numbers",
       [](auto, auto, Random &r) {
         return r() % 300 ? not_a_number : double(r() % 5);
       }},
      {"zeros", [](auto, auto, Random &r) { return r() % 2 ? 0.0 : -0.0; }},
      {"tiny", [](auto, auto, Random &r) {
         return double(r() % 7) * 0x1p-24 - 0x1p-23;
       }}};
  return all;
}

} // namespace girih::testing
