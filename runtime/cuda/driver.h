// SPDX-License-Identifier: Apache-2.0
// The CUDA driver, opened when first asked for.
#pragma once

#include "girih/runtime/cuda/driver_api.h"

#include <string>

namespace girih::cuda {

/// What opening the driver gave: a table, or the reason why there is none.
struct DriverLookup {
  const DriverTable *table = nullptr; // initialised by cuInit
  int version = 0;                    // 12040 for 12.4
  std::string reason;
};

/// Opens libcuda.so.1 on the first call; thread-safe, never throws. The library
/// is never closed: static destructors of others may run after ours.
const DriverLookup &driver();

/// "CUDA_ERROR_INVALID_VALUE (1): invalid argument"
std::string error_text(const DriverTable &table, Result result);

} // namespace girih::cuda
