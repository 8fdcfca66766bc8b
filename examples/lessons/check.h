// SPDX-License-Identifier: Apache-2.0
// Random inputs and comparisons, for the lessons.
#pragma once

#include <girih/girih.h>

#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

namespace lessons {

using Values = std::vector<double>;

/// Normally distributed numbers, the same for the same seed.
inline Values random_values(std::int64_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal;
  Values values(static_cast<std::size_t>(count));
  for (double &each : values)
    each = normal(generator);
  return values;
}

/// An array of random numbers; on the GPU where there is one.
inline girih::Array random_array(std::initializer_list<std::int64_t> shape,
                                 girih::DType dtype, unsigned seed) {
  std::int64_t count = 1;
  for (std::int64_t size : shape)
    count *= size;
  return girih::Array::from(random_values(count, seed), shape, dtype);
}

/// An output whose every byte is wrong until a kernel writes it.
inline girih::Array poisoned(std::initializer_list<std::int64_t> shape,
                             girih::DType dtype) {
  girih::Array array = girih::Array::empty(shape, dtype);
  array.fill_bytes(0xff); // NaN, or -1
  return array;
}

/// Whether all elements are within `tolerance` of what they should be, relative
/// to the larger of 1 and that. Says so on standard output.
inline bool agrees(const char *what, const girih::Array &array,
                   const Values &wanted, double tolerance) {
  const Values got = array.to_vector();
  double worst = 0;
  bool right = got.size() == wanted.size();
  for (std::size_t i = 0; right && i < got.size(); ++i) {
    const double scale = std::max(1.0, std::abs(wanted[i]));
    const double error = std::abs(got[i] - wanted[i]) / scale;
    right = error <= tolerance; // false for NaN
    worst = std::max(worst, error);
  }
  std::printf("%s %s: %s (largest error %.2g)\n", what,
              array.to_string().c_str(), right ? "Success" : "FAILED", worst);
  return right;
}

} // namespace lessons
