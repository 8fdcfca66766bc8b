// SPDX-License-Identifier: Apache-2.0
// The order of values: what sorts and selections have to find.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

namespace girih::testing {

/// Where the elements of `lane` in order come from: stable, NaN above all
/// numbers.
inline std::vector<std::size_t> order_of(const std::vector<double> &lane,
                                         bool descending) {
  const auto before = [](double a, double b) {
    return a < b || (!std::isnan(a) && std::isnan(b));
  };
  std::vector<std::size_t> order(lane.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const double x = lane[descending ? b : a], y = lane[descending ? a : b];
    return before(x, y) || (!before(y, x) && a < b);
  });
  return order;
}

} // namespace girih::testing
