// SPDX-License-Identifier: Apache-2.0
// Puts the parts of split sequences together: out is the mean of the parts,
// weighed by their sums of exponentials.
#pragma once

#include "girih/ops/attention/kernels.h"
#include "girih/ops/op.h"

namespace girih::ops {

/// parts[B, H, S, G, D] and the log2 of their sums[B, H, S, G] -> out[B, H, G,
/// D]. A part without a key has a sum of minus infinity.
void launch_combine(const Call &call, const Array &parts, const Array &sums,
                    const Array &out);
KernelEntry combine_entry();

} // namespace girih::ops
