// SPDX-License-Identifier: Apache-2.0
// How long two chained products, as those of attention, take on a GPU.
#pragma once

#include "girih/compiler/cost_model.h"

namespace girih::compiler {

/// Seconds of a launch whose programs multiply twice a round and take powers in
/// between: the programs of a multiprocessor share its units, each waits for
/// its own steps, and all of them read from the second cache.
Cost estimate_chained(const Config &config, const BlockRoles &roles,
                      const Work &work, const Machine &machine);

} // namespace girih::compiler
