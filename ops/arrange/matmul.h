// SPDX-License-Identifier: Apache-2.0
// The arrangement of matrix products.
#pragma once

#include "girih/dsl/dsl.h"

namespace girih::ops::arrange {

/// c[M, N] from a[M, K] and b[K, N]: a program makes one BM x BN tile of c, and
/// sees the row of BM x BK tiles of a and the column of BK x BN tiles of b that
/// meet in it.
inline auto matmul(Tensor a, Tensor b, Tensor c) {
  auto BM = block_size("BM"), BN = block_size("BN"), BK = block_size("BK");
  auto ct = c.tile({BM, BN});
  auto at = a.tile({BM, BK})
                .tile({1, whole})
                .expand({keep, ct.size(1)})
                .at(1, girih::squeeze(0));
  auto bt = b.tile({BK, BN})
                .tile({whole, 1})
                .expand({ct.size(0), keep})
                .at(1, girih::squeeze(1));
  return arranged(at, bt, ct);
}

} // namespace girih::ops::arrange
