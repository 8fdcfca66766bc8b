// SPDX-License-Identifier: Apache-2.0
// The matrix product: grids brought together by expand(), a level to loop over.
#pragma once

#include <girih/girih.h>

namespace lessons {

using namespace girih;

// [kernel]
inline auto matmul_arrangement(Tensor a, Tensor b, Tensor c) {
  auto BM = block_size("BM"), BN = block_size("BN"), BK = block_size("BK");
  auto ct = c.tile({BM, BN});
  auto at = a.tile({BM, BK})
                .tile({1, whole})
                .expand({keep, ct.size(1)})
                .at(1, squeeze(0));
  auto bt = b.tile({BK, BN})
                .tile({whole, 1})
                .expand({ct.size(0), keep})
                .at(1, squeeze(1));
  return arranged(at, bt, ct);
}

// acc is carried from one turn of the loop to the next. The store casts it to
// the dtype of c.
inline void matmul_application(In a, In b, Out c) {
  Tile acc = zeros(c.shape(), f32);
  for (Index k : range(a.size(0)))
    acc += dot(a[k], b[k]);
  c = acc;
}
// [/kernel]

/// a[M, K], b[K, N], c[M, N].
inline Kernel matmul() {
  return make("matmul", matmul_arrangement, matmul_application,
              {"a", "b", "c"});
}

} // namespace lessons
