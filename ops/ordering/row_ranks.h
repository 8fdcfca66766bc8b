// SPDX-License-Identifier: Apache-2.0
// Elements by their place in order, of rows that fit a tile, without sorting
// them: the key of that place is bisected (first_lanes.h), in a program to each
// row.
//
// 16384 x 4096 bf16: ten rounds of some 6 instructions an element, and 30 more:
// 67 M elements take 200 us on 132 multiprocessors, of which 32 are reading.
#pragma once

#include "girih/ops/op.h"
#include "girih/ops/reductions/lane_views.h"

namespace girih::ops::order {

/// Whether rows of `depth` elements are better gone over so than sorted.
bool ranks_rows(std::int64_t depth, DType dtype, Device device);
Config row_config(const LaneViews &lanes, Device device);

/// [kept..., R]: a program to each row, as a tile.
Tensor rows_of(Tensor t, int kept);
/// [kept...]: an element of each of these programs' own.
Tensor elements_of(Tensor t, int kept);

/// A program's row.
class Row {
public:
  Row(const In &x, int kept);

  /// The key (i32 or i64) of the element at this place in order, from 1 on (a
  /// scalar, i32).
  Tile key_at(const Tile &number) const;
  /// The key at the place after the one at `number`, which has `key`; where
  /// there is none, `key`.
  Tile key_behind(const Tile &key, const Tile &number) const;
  /// The first element that has a key, i32; of several the one at this place in
  /// order.
  Tile place_of(const Tile &key) const;
  Tile place_of(const Tile &key, const Tile &number) const;
  /// `place`, or where the first NaN is, if there is one.
  Tile unless_nan(const Tile &place) const;
  Tile element(const Tile &place) const;

private:
  Tile first_where(const Tile &holds) const;

  const In &x_;
  int kept_;
  std::int64_t lanes_;
  Tile lane_, inside_, key_; // keys of lanes outside come last
};

} // namespace girih::ops::order
