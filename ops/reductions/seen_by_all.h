// SPDX-License-Identifier: Apache-2.0
// An operand that programs reach through gather() alone.
#pragma once

#include "girih/dsl/dsl.h"

namespace girih::ops {

/// All of `t` for each program of a grid, that of `like`.
inline Tensor seen_by_all(Tensor t, const Tensor &like) {
  Extents ones, wholes, grid;
  for (int d = 0; d < t.rank(); ++d) {
    ones.emplace_back(1);
    wholes.emplace_back(whole);
  }
  t = t.tile(ones).tile(wholes);
  while (t.rank() > like.rank())
    t = t.squeeze(0);
  while (t.rank() < like.rank())
    t = t.unsqueeze(0);
  for (int d = 0; d < like.rank(); ++d)
    grid.emplace_back(like.size(d));
  return t.expand(grid);
}

} // namespace girih::ops
