// SPDX-License-Identifier: Apache-2.0
// Sorts of rows longer than a tile: by digits of 8 bits, the lowest first.
//
// A row is cut into pieces, for as many programs. For each digit:
//
//   digit_runs: a piece is put in order by that digit alone, in its program,
//     and how many of its elements have a smaller one is written down for each.
//   digit_merge: an element goes behind all that have a smaller digit, and
//     those of the same one in pieces before. Both follow from what was
//     written down, by sums over pieces alone; of elements that are neighbours
//     most go to neighbours.
//
// Where there are many pieces a third launch, between the two, adds up.
// Elements are moved as they are, with their places, so that what has equal
// keys (zeros, NaN) keeps its bits; the last launch writes results.
//
// 64 x 151936 bf16: two digits, 54 bytes an element, 525 MB: 124 us at 4.2
// TB/s, and some 250 instructions an element: 80 us on 132 multiprocessors.
#pragma once

#include "girih/ops/op.h"
#include "girih/ops/reductions/lane_views.h"

namespace girih::ops::order {

/// The first elements of x[kept..., R] in order, into values and
/// indices[kept..., k].
void launch_digit_sort(const Call &call, const Array &x, const LaneViews &lanes,
                       bool descending, const Array &values,
                       const Array &indices);

std::vector<KernelEntry> digit_entries();

} // namespace girih::ops::order
