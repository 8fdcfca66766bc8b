// SPDX-License-Identifier: Apache-2.0
// Tiles of rows taken apart into runs of neighbours, of which a reduction keeps
// one part each: a thread of a GPU that reads 16 bytes has a run, and combines
// it without others.
#pragma once

#include "girih/dsl/dsl.h"
#include "girih/runtime/array.h"

#include <algorithm>
#include <cstdint>

namespace girih::ops {

/// Whether a thread of a GPU reads 16 bytes of such rows at once.
inline bool reads_runs(const Array &rows) {
  bool whole = rows.device().kind == Device::Kind::cuda &&
               reinterpret_cast<std::uintptr_t>(rows.data()) % 16 == 0 &&
               rows.stride(-1) == 1 && rows.size(-1) % 8 == 0;
  for (int dim = 0; dim + 1 < rows.rank(); ++dim)
    whole &= rows.size(dim) == 1 || rows.stride(dim) % 8 == 0;
  return whole;
}

struct Runs {
  Shape parts;    // [BM, BK / length]; without runs that of the tile
  Shape elements; // [BM, BK / length, length]
  std::int64_t length = 1;

  /// Of tiles [BM, BK] of x; `wanted` says whether there are to be any.
  Runs(const In &x, bool wanted) : parts(x.shape()) {
    const std::int64_t most = 128 / std::max(bits(x.dtype()), 8);
    if (!wanted || parts[1] % most != 0)
      return;
    length = most;
    parts[1] /= length;
    elements = {parts[0], parts[1], length};
  }

  Tile of(const Tile &tile) const {
    return length > 1 ? reshape(tile, elements) : tile;
  }
};

} // namespace girih::ops
