// SPDX-License-Identifier: Apache-2.0
// The sign of a number, which is what sign and sgn give.
#pragma once

#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

/// -1, 0 or 1; 0 of NaN. A bool is its own sign.
inline Tile sign_of(const Tile &x) {
  const DType type = x.dtype();
  if (type == b1)
    return x;
  return cast(x > 0, type) - cast(x < 0, type);
}

} // namespace girih::ops
