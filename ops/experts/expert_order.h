// SPDX-License-Identifier: Apache-2.0
// The order in which rows lie for experts: a stable counting sort of choices.
//
// Choices are cut into at most 64 chunks. A first kernel counts each expert in
// each chunk; of the second each program adds up what comes before its chunk,
// and walks over it tile by tile: a choice's place is how many choices of lower
// experts there are, how many of its own in earlier tiles, and how many before
// it in its tile. Few choices are one chunk, whose program counts by itself.
#pragma once

#include "girih/ops/op.h"

namespace girih::ops {

/// Where the choices experts[T, k] come to lie. counts, offsets[E]: how many
/// an expert has and where they end; places[T, k]; tokens[T k + 1]: whose row
/// lies at a place, the last element is scratch. All but experts are i32.
struct ExpertOrder {
  Array experts, counts, offsets, places, tokens;
};

void launch_expert_order(const Call &call, const ExpertOrder &order);

std::vector<KernelEntry> expert_order_entries();

} // namespace girih::ops
