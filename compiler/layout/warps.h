// SPDX-License-Identifier: Apache-2.0
// Which warps share what lies along a dimension.
#pragma once

#include "girih/compiler/layout/layout.h"

namespace girih::compiler {

/// A digit of the warp number that counts along a dimension.
struct WarpDigit {
  int64_t weight, count; // of the warp number
};

inline llvm::SmallVector<WarpDigit> warpDigits(const Layout &layout, int dim) {
  llvm::SmallVector<WarpDigit> digits;
  int64_t weight = 1;
  for (const Coords &basis : layout.bases(Axis::warp)) {
    if (basis[dim] != 0)
      digits.push_back({weight, 2});
    weight *= 2;
  }
  for (const Repeat &repeat : layout.repeats()) {
    if (repeat.axis != Axis::warp)
      continue;
    if (repeat.dim == dim)
      digits.push_back({weight, repeat.count});
    weight *= repeat.count;
  }
  return digits;
}

/// Warps that share a line along the dimension.
inline int64_t warpsAlong(const Layout &layout, int dim) {
  int64_t warps = 1;
  for (const WarpDigit &digit : warpDigits(layout, dim))
    warps *= digit.count;
  return warps;
}

} // namespace girih::compiler
