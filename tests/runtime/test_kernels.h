// SPDX-License-Identifier: Apache-2.0
// The kernels that the dsl tests record, as the tests of the runtime launch
// them.
#pragma once

#include "girih/girih.h"
#include "girih/tests/dsl/kernels.h"

namespace girih::testing {

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

/// The same for the fake driver: all programs of a launch.
inline void fake_add(const std::int64_t *params, unsigned programs) {
  add_entry(params, 0, programs, nullptr);
}

inline Kernel make_matmul() {
  return make("matmul", matmul_arrangement, matmul_application);
}

} // namespace girih::testing
