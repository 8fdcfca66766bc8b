// SPDX-License-Identifier: Apache-2.0
// Two products of one matrix, of which one scales the other.
#pragma once

#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

/// out = silu(a gate) * (a up), in one launch: a[..., M, K], gate and up [...,
/// K, N], out[..., M, N], with the same leading dimensions, repeated ones with
/// stride 0.
void launch_gated_product(const Call &call, const Array &a, const Array &gate,
                          const Array &up, const Array &out);

std::vector<KernelEntry> gated_product_entries();

} // namespace girih::ops
