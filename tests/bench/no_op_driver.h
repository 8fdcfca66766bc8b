// SPDX-License-Identifier: Apache-2.0
// A CUDA driver that does nothing, at once: what is left of a launch's time is
// ours.
#pragma once

#include "girih/runtime/cuda/driver.h"

namespace girih::bench {

/// One sm_90 device; every call succeeds without effect.
cuda::DriverLookup no_op_driver();
/// How many launches have reached it.
std::int64_t no_op_launches();

} // namespace girih::bench
