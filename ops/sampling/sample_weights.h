// SPDX-License-Identifier: Apache-2.0
// How many tokens of a part are likelier than some, and what they weigh.
#pragma once

#include "girih/ops/sampling/filters.h"
#include "girih/ops/sampling/sample_records.h"

namespace girih::ops::sampling {

/// The lanes of a part [N]; those outside have the least key and weigh nothing.
struct Weights {
  Tile keys, masses, scaled;
};
/// What they are made of, which can be asked for before all else.
struct PartLogits {
  Tile values, inside;
  int idle;
};
PartLogits logits_of(const In &logits);
Weights weights_of(const PartLogits &part, const Filters &filters,
                   const Tile &top);

/// For each of keys[N], N a multiple of 8, how many lanes have larger ones
/// (i32), and their mass. What is not asked for, the lowest keys, fills up; its
/// numbers mean nothing.
Tiles above(const Weights &part, const Tile &keys);

} // namespace girih::ops::sampling
