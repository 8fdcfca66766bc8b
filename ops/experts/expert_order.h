// SPDX-License-Identifier: Apache-2.0
// The order in which rows lie for experts: a stable sort of choices, in two
// kernels whatever their number. The first sorts chunks of choices, notes how
// many of each choice's chunk come before it, and where each expert ends in its
// chunk. From those ends each program of the second finds where the choices of
// its chunk begin for each expert. Few choices are one chunk and one kernel.
#pragma once

#include "girih/ops/op.h"

namespace girih::ops {

/// Where the choices experts[T, k] come to lie. counts, offsets[E]: how many an
/// expert has and where they end; places[T, k]. All but experts are i32.
struct ExpertOrder {
  Array experts, counts, offsets, places;
};

void launch_expert_order(const Call &call, const ExpertOrder &order);

std::vector<KernelEntry> expert_order_entries();

} // namespace girih::ops
