// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/analysis/hilbert.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

namespace girih::compiler {
namespace {

void expect_curve(std::int64_t rows, std::int64_t columns) {
  SCOPED_TRACE(std::to_string(rows) + "x" + std::to_string(columns));
  std::set<std::array<std::int64_t, 2>> seen;
  std::array<std::int64_t, 2> before{0, 0};
  int jumps = 0;
  for (std::int64_t number = 0; number < rows * columns; ++number) {
    const auto place = hilbertPlace(number, rows, columns);
    ASSERT_TRUE(place[0] >= 0 && place[0] < rows && place[1] >= 0 &&
                place[1] < columns)
        << number;
    EXPECT_TRUE(seen.insert(place).second) << number;
    const std::int64_t steps =
        std::abs(place[0] - before[0]) + std::abs(place[1] - before[1]);
    if (number > 0 && steps != 1)
      ++jumps;
    before = place;
  }
  // One step is diagonal where the longer side is odd and the other even.
  EXPECT_LE(jumps, std::max(rows, columns) % 2);
}

TEST(HilbertTest, GoesThroughEveryPlaceOnceFromNeighbourToNeighbour) {
  for (std::int64_t rows = 1; rows <= 24; ++rows)
    for (std::int64_t columns = 1; columns <= 24; ++columns)
      expect_curve(rows, columns);
  expect_curve(64, 32);
  expect_curve(7, 151);
  expect_curve(200, 3);
}

TEST(HilbertTest, KeepsNeighboursInTimeWithinASquare) {
  // Of 64x32, 64 places in a row that begin at a multiple of 64 are 8x8.
  for (std::int64_t first = 0; first < 64 * 32; first += 64) {
    std::array<std::int64_t, 2> low{64, 64}, high{0, 0};
    for (std::int64_t number = first; number < first + 64; ++number) {
      const auto place = hilbertPlace(number, 64, 32);
      for (std::size_t dim : {0U, 1U}) {
        low[dim] = std::min(low[dim], place[dim]);
        high[dim] = std::max(high[dim], place[dim]);
      }
    }
    EXPECT_EQ(high[0] - low[0], 7) << first;
    EXPECT_EQ(high[1] - low[1], 7) << first;
  }
}

} // namespace
} // namespace girih::compiler
