// SPDX-License-Identifier: Apache-2.0
// The kernels of order.h.
#pragma once

#include "girih/runtime/kernel.h"

namespace girih::ops::order {

/// x[kept..., R] -> values, indices[kept..., k]: in one tile.
const Kernel &tile_kernel(bool descending, bool columns);
/// x[kept..., R] -> keys, places[kept..., P, k]: the first k of each of P
/// tiles; past the end of x the last keys there are.
const Kernel &pieces_kernel(bool descending, bool columns);
/// keys, places[rows, N] -> keys, places[rows, P, k]
const Kernel &again_kernel();
/// x[kept..., R], keys, places[kept..., N] -> values, indices[kept..., k]
const Kernel &last_kernel(int kept);

} // namespace girih::ops::order
