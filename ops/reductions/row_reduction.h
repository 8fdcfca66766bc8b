// SPDX-License-Identifier: Apache-2.0
// Reductions of rows that a tile holds: each is read once, by all loads at
// once, and there is no loop to keep parts for.
#pragma once

#include "girih/ops/reductions/reduction.h"

namespace girih::ops {

/// x, numbers... -> results...; `masked`: x has no `other` that leaves no
/// trace. The constants KEPT and INNER say how many dimensions of x are kept
/// and reduced, where that is not one.
Kernel make_row_kernel(const Reduction &reduction, bool masked);

/// Whether such a kernel is the one for these views: on a GPU.
bool reduces_rows(const Reduction &reduction, const LaneViews &views,
                  DType dtype, Device device);

/// Runs it on such views: x, numbers..., results....
void run_rows(const Call &call, const Kernel &kernel, const LaneViews &views,
              std::span<const Array *const> operands);

} // namespace girih::ops
