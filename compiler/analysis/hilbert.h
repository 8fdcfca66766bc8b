// SPDX-License-Identifier: Apache-2.0
// A Hilbert curve through a grid of any two sizes.
#pragma once

#include <array>
#include <cstdint>

namespace girih::compiler {

/// A rectangle that a curve goes through from one corner to the next one along
/// its first side: where that corner is, the lengths of the sides, and one step
/// along each, as rows and columns.
///
/// A rectangle of which the first side is longer than 1.5 of the other is cut
/// into two along it; another one into three: a turned one, one that goes on
/// along the first side, and a turned one back. Steps go to a neighbour, but
/// for one where both sides are odd.
struct HilbertPart {
  std::array<std::int64_t, 2> corner{0, 0};
  std::int64_t along = 1, across = 1;
  std::array<std::int64_t, 2> ahead{0, 1}, aside{1, 0};
};

/// Row and column of place `number` of the curve through `rows` x `columns`.
std::array<std::int64_t, 2> hilbertPlace(std::int64_t number, std::int64_t rows,
                                         std::int64_t columns);

} // namespace girih::compiler
