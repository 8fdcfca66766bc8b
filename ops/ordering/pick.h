// SPDX-License-Identifier: Apache-2.0
// What median and quantile share: an array in order, and elements of it.
#pragma once

#include "girih/ops/op.h"
#include "girih/ops/reductions/lane_views.h"

#include <optional>

namespace girih::ops::order {

/// All elements as one dimension: a view where they lie like that.
Array flattened(const Call &call, const Array &x);

/// x in order along a dimension, or all of its elements as one.
struct Ordered {
  Array values, indices; // as x, or [N]
  int dim = 0;

  std::int64_t depth() const {
    return values.rank() == 0 ? 1 : values.size(dim);
  }
  /// The element at a place of each lane; without the dimension.
  Array values_at(std::int64_t place) const;
  Array indices_at(std::int64_t place) const;
};
Ordered in_order(const Call &call, const Array &x,
                 const std::optional<std::int64_t> &dim);

/// Checks that x has elements along dim, and gives the shape without it.
Dims picked_shape(const Call &call, const Array &x,
                  const std::optional<std::int64_t> &dim, bool keepdim);

/// The same array without a dimension of size 1 that keepdim has left, or
/// without all of them.
Array without(const Array &out, const std::optional<int> &dim);

} // namespace girih::ops::order
