// SPDX-License-Identifier: Apache-2.0
// Walking over the lanes of a tile.
#pragma once

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace girih::compiler {

/// Calls `visit(number, lane)` for each lane of `shape` in row-major order.
template <typename Visit>
void forEachLane(llvm::ArrayRef<std::int64_t> shape, Visit visit) {
  std::vector<std::int64_t> lane(shape.size(), 0);
  std::int64_t count = 1;
  for (std::int64_t size : shape)
    count *= size;
  for (std::int64_t number = 0; number < count; ++number) {
    visit(number, lane);
    for (std::size_t dim = shape.size(); dim-- > 0;) {
      if (++lane[dim] < shape[dim])
        break;
      lane[dim] = 0;
    }
  }
}

/// The row-major number of a lane of `shape`.
inline std::int64_t laneNumber(llvm::ArrayRef<std::int64_t> shape,
                               llvm::ArrayRef<std::int64_t> lane) {
  std::int64_t number = 0;
  for (std::size_t dim = 0; dim < shape.size(); ++dim)
    number = number * shape[dim] + lane[dim];
  return number;
}

} // namespace girih::compiler
