// SPDX-License-Identifier: Apache-2.0
// The first few elements of long rows, without sorting them.
//
// A row is cut into groups of neighbours, and the first in order of each group,
// its top, is found: one read of the row at the speed of memory. Of the k
// groups whose tops come first (of equal tops the first groups) the elements
// hold the k first of the row: any element elsewhere comes after k tops. That
// is so whatever the data are, so there is no other path for ties, sorted rows,
// NaN or infinities. Few elements are left, and the first k of those are found
// by bisection of a bound (first_lanes.h), and only these are sorted.
//
//   group_tops: R elements -> R / L tops, for as many programs as there are.
//   select_groups: a program to each row; from the tops k groups, from their
//     k L elements the first k.
// Rows up to a tile are selected from at once (select_row). Where there are too
// many tops for a tile they are grouped again, and the groups narrowed down
// level by level: top_groups, narrow_groups, select_narrow.
//
// 2048 x 151936 bf16, k = 50: L = 64. group_tops reads 622 MB and writes 10:
// 150 us at 4.2 TB/s. select_groups reads 10 MB of tops and 13 MB of elements,
// about 1500 instructions a thread and row: 40 to 60 us on 132
// multiprocessors. One such row: about 2 us and 10 us.
#pragma once

#include "girih/ops/op.h"
#include "girih/ops/reductions/lane_views.h"

namespace girih::ops::order {

/// Whether the first `count` of lanes of `depth` elements are better selected
/// than sorted.
bool selects(std::int64_t depth, std::int64_t count, DType dtype,
             Device device);

/// The first k elements of x[kept..., R] in order, into values and
/// indices[kept..., k].
void launch_selection(const Call &call, const Array &x, const LaneViews &lanes,
                      bool descending, const Array &values,
                      const Array &indices);

std::vector<KernelEntry> select_entries();

} // namespace girih::ops::order
