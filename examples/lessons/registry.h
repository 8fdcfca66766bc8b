// SPDX-License-Identifier: Apache-2.0
// The kernels of the lessons by name, for inspect and the benches.
#pragma once

#include "girih/ops/registry.h"

#include <span>

namespace lessons {

/// Each with the sizes that the benches use.
std::span<const girih::ops::KernelEntry> all_kernels();

} // namespace lessons
