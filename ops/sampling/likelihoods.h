// SPDX-License-Identifier: Apache-2.0
// Log-softmax of single tokens: of a row of logits only the largest and the sum
// of exponentials are made, no row of results.
#pragma once

#include "girih/ops/op.h"

#include <vector>

namespace girih::ops::sampling {

/// The largest logit of each row, and the sum of e^(logit - largest): f32, of
/// f64 logits f64, without the last dimension.
struct RowSums {
  Array largest, total;
};
RowSums row_sums(const Call &call, const Array &logits);

/// log_softmax(logits)[row..., token] of tokens, NaN where there is no such
/// token, in a kernel whose logits are reached by gather.
Tile likelihood_of(const In &logits, std::vector<Located> row,
                   const Tile &token, const Tile &largest, const Tile &total);

} // namespace girih::ops::sampling
