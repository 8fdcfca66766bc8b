// SPDX-License-Identifier: Apache-2.0
// The kernel of the README, with everything a user includes.
#include "girih/dsl/dsl.h"
using namespace girih;

auto arrangement(Tensor a, Tensor b, Tensor c) {
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
void application(In a, In b, Out c) {
  Tile acc = zeros(c.shape(), f32);
  for (Index k : range(a.size(0)))
    acc += dot(a[k], b[k]);
  c = acc;
}
const auto matmul = make_source("matmul", arrangement, application);
