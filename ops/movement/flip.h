// SPDX-License-Identifier: Apache-2.0
// Views that run backwards.
#pragma once

#include "girih/ops/views.h"

namespace girih::ops {

/// The view of x with dimension `dim` from its end to its beginning.
inline Array backwards(const Array &x, int dim) {
  Dims strides = dims_of(x.strides());
  std::int64_t &stride = strides.sizes[static_cast<std::size_t>(dim)];
  const std::int64_t last = x.numel() == 0 ? 0 : (x.size(dim) - 1) * stride;
  stride = -stride;
  return view_of(x, x.shape(), strides, last);
}

} // namespace girih::ops
