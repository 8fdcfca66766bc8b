// SPDX-License-Identifier: Apache-2.0
// The kernels that tests of the runtime launch.
#pragma once

#include "girih/girih.h"

namespace girih::testing {

inline Arrangement add_arrangement(Tensor a, Tensor b, Tensor c) {
  auto size = block_size("BLOCK");
  return arranged(a.tile({size}), b.tile({size}), c.tile({size}));
}

inline void add_application(In a, In b, Out c) { c = a + b; }

inline Kernel make_add() {
  return make("add", add_arrangement, add_application);
}

inline Config add_config(std::int64_t block = 4) {
  Config config;
  config.blocks["BLOCK"] = block;
  return config;
}

/// add as the fake toolchain runs it: what the parameters say, with BLOCK 4.
inline void add_entry(const std::int64_t *params, std::int64_t begin,
                      std::int64_t end, void *) {
  const auto at = [&](int operand, std::int64_t index) {
    const std::int64_t *own = params + 3 * operand;
    return reinterpret_cast<float *>(own[0]) + index * own[2];
  };
  for (std::int64_t index = 4 * begin; index < 4 * end; ++index)
    if (index < params[1])
      *at(2, index) = *at(0, index) + *at(1, index);
}

inline Arrangement matmul_arrangement(Tensor a, Tensor b, Tensor c) {
  auto m = block_size("BM"), n = block_size("BN"), k = block_size("BK");
  auto ct = c.tile({m, n});
  auto at = a.tile({m, k})
                .tile({1, whole})
                .expand({keep, ct.size(1)})
                .at(1, squeeze(0));
  auto bt = b.tile({k, n})
                .tile({whole, 1})
                .expand({ct.size(0), keep})
                .at(1, squeeze(1));
  return arranged(at, bt, ct);
}

inline void matmul_application(In a, In b, Out c) {
  Tile sum = zeros(c.shape(), f32);
  for (Index k : range(a.size(0)))
    sum += dot(a[k], b[k]);
  c = sum;
}

inline Kernel make_matmul() {
  return make("matmul", matmul_arrangement, matmul_application);
}

} // namespace girih::testing
