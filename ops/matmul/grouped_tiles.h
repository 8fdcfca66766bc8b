// SPDX-License-Identifier: Apache-2.0
// Tiles of rows that are in groups, for products of each group with a matrix of
// its own.
#pragma once

#include "girih/ops/op.h"

namespace girih::ops {

/// Checks that `offs` says where each group ends, of as many as the first
/// dimension of `groups`. [dtype] [shape]
void check_group_ends(const Call &call, const Argument &offs,
                      const Argument &groups);

/// A kernel cuts the groups into tiles of `height` rows: tile t has rows from
/// rows[2 t] to rows[2 t + 1], and is of group slabs[2 t], with slabs[2 t + 1]
/// one more; or both are equal, where it is of no group. Tiles that are not
/// needed have no rows. As offsets of jagged dimensions they are all that a
/// product needs; nothing of it is ever on the host.
struct GroupedTiles {
  GroupedTiles(const Call &call, const Array &offs, std::int64_t row_count);

  std::int64_t height; // a power of two from 16 to 128
  Array rows, slabs;   // i32, as long as each other
};

} // namespace girih::ops
