// SPDX-License-Identifier: Apache-2.0
// The largest element and the sum of exponentials relative to it, in one pass
// with one exponential an element: what softmax, logsumexp and cross_entropy
// need of a row. Each lane keeps both, and corrects its sum when a larger
// element comes.
#pragma once

#include "girih/ops/reductions/reduction.h"

#include <string>

namespace girih::ops {

/// e^x, as the cheaper power of two.
Tile exponential(const Tile &x, Subnormals subnormals = Subnormals::keep);

/// The reduction: to log(total) + largest, or to both, (largest, total).
Reduction exponential_sums(std::string name, bool logarithm);

} // namespace girih::ops
