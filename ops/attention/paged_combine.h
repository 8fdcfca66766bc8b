// SPDX-License-Identifier: Apache-2.0
// Puts the parts of split sequences together: out is the mean of the parts,
// weighed by their sums of exponentials. It is a kernel of its own, whose
// launch overlaps the one that makes the parts: the last program of that one
// would take longer for them than many programs do (docs/decisions.md, 81).
#pragma once

#include "girih/ops/attention/kernels.h"
#include "girih/ops/op.h"

namespace girih::ops {

/// Parts of a sequence at most, so that one tile has room for all.
inline constexpr std::int64_t most_parts = 128;

/// parts[B, H, S, G, D] and the log2 of their sums[B, H, S, G] -> out[B, H, G,
/// D]. A part without a key has a sum of minus infinity.
void launch_combine(const Call &call, const Array &parts, const Array &sums,
                    const Array &out);
KernelEntry combine_entry();

} // namespace girih::ops
