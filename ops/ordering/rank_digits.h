// SPDX-License-Identifier: Apache-2.0
// One element of a long row by its place in order, without sorting: its key is
// found 4 bits at a time, the highest first. In each launch every program
// counts, of its part of the row, the keys that begin as the one that is
// searched does, for each of the next digits. The programs of the next launch
// add up what all have counted, and know the digit. A key has as many
// launches as digits; one more makes a value of it.
//
// 4 Mi elements bf16: 5 launches, four of which read 8 MB, mostly from the L2
// cache, with 20 instructions an element: 6 us each.
#pragma once

#include "girih/ops/op.h"

namespace girih::ops::order {

/// The element at `place` in the order of x[N], without the index of it; NaN if
/// there is one. out[]
void launch_rank(const Call &call, const Array &x, std::int64_t place,
                 const Array &out);

std::vector<KernelEntry> rank_entries();

} // namespace girih::ops::order
