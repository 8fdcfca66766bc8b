// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "girih/dsl/dsl.h"

namespace girih::ops {

/// Quotients of integers, rounded towards 0; 0 of divisors that are 0.
inline Tile truncated_quotient(const Tile &a, const Tile &b) {
  const Tile quotient = floor_divide(a, b);
  const Tile inexact = (b != 0) & (quotient * b != a);
  return where(inexact & ((a < 0) ^ (b < 0)), quotient + 1, quotient);
}

} // namespace girih::ops
