// SPDX-License-Identifier: Apache-2.0
// How kernels go over rows: a tile has BM of them, of one place in all
// dimensions before that.
#pragma once

#include "girih/dsl/dsl.h"

#include <algorithm>
#include <vector>

namespace girih::ops::arrange {

/// What [kept..., R] is cut by along its kept dimensions: BM of the last one, 1
/// of those before. Without any there is one, of one place.
struct RowTiles {
  explicit RowTiles(int kept) {
    for (int d = 0; d < std::max(kept, 1); ++d) {
      const bool last = d + 1 >= kept;
      sizes.emplace_back(last ? Extent(block_size("BM")) : Extent(1));
      dims.push_back(d);
      if (!last)
        leading.push_back(d);
    }
  }

  /// The sizes, and `depth` of the last dimension.
  [[nodiscard]] Extents with(const Extent &depth) const {
    return and_then(sizes, depth);
  }
  /// A level of single tiles along kept dimensions, and `count` along the last.
  [[nodiscard]] Extents level(const Extent &count) const {
    return and_then(Extents(dims.size(), Extent(1)), count);
  }

  Extents sizes;
  std::vector<int> dims, leading; // all kept ones; those before the last

private:
  static Extents and_then(Extents extents, const Extent &last) {
    extents.push_back(last);
    return extents;
  }
};

} // namespace girih::ops::arrange
