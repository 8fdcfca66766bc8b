// SPDX-License-Identifier: Apache-2.0
// Going along dimensions of row-major values: references of reductions, scans
// and sorts.
#pragma once

#include <cstdint>
#include <vector>

namespace girih::testing {

using Sizes = std::vector<std::int64_t>;

/// The values of each lane along `dims` (all where there is none), in the order
/// of the result.
inline std::vector<std::vector<double>>
lanes_along(const std::vector<double> &values, const Sizes &shape,
            const std::vector<std::int64_t> &dims) {
  std::vector<bool> goes(shape.size(), dims.empty());
  for (std::int64_t d : dims)
    goes[static_cast<std::size_t>(
        d < 0 ? d + static_cast<std::int64_t>(shape.size()) : d)] = true;
  std::int64_t rows = 1;
  for (std::size_t d = 0; d < shape.size(); ++d)
    rows *= goes[d] ? 1 : shape[d];
  std::vector<std::vector<double>> lanes(static_cast<std::size_t>(rows));
  for (std::size_t flat = 0; flat < values.size(); ++flat) {
    std::size_t rest = flat, row = 0, factor = 1;
    for (std::size_t d = shape.size(); d-- > 0;) {
      const auto size = static_cast<std::size_t>(shape[d]);
      if (!goes[d]) {
        row += rest % size * factor;
        factor *= size;
      }
      rest /= size;
    }
    lanes[row].push_back(values[flat]);
  }
  return lanes;
}

/// The inverse for one dimension: lanes back to row-major values.
inline std::vector<double>
from_lanes(const std::vector<std::vector<double>> &lanes, const Sizes &shape,
           std::int64_t dim) {
  const auto at = static_cast<std::size_t>(
      dim < 0 ? dim + static_cast<std::int64_t>(shape.size()) : dim);
  std::size_t inner = 1, outer = 1;
  for (std::size_t d = 0; d < shape.size(); ++d)
    (d < at ? outer : inner) *=
        d == at ? 1 : static_cast<std::size_t>(shape[d]);
  std::vector<double> values;
  const std::size_t depth = lanes.empty() ? 0 : lanes[0].size();
  for (std::size_t i = 0; i < outer; ++i)
    for (std::size_t r = 0; r < depth; ++r)
      for (std::size_t j = 0; j < inner; ++j)
        values.push_back(lanes[i * inner + j][r]);
  return values;
}

} // namespace girih::testing
