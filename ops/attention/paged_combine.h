// SPDX-License-Identifier: Apache-2.0
// Puts the parts of split sequences together: out is the mean of the parts,
// weighed by their sums of exponentials.
//
// The last program to end does it where one program has read all parts in a few
// microseconds: a launch of its own takes longer, and programs without a part
// need not even say so. Else a kernel of its own has programs enough.
#pragma once

#include "girih/ops/attention/kernels.h"
#include "girih/ops/attention/paged_blocks.h"
#include "girih/ops/op.h"

namespace girih::ops {

/// For each program of the grid [B, H, R, S] all parts of its sequence, of
/// parts[B, H, S, G, Dv] and sums[B, H, S, G], and its counter of [B, H, R].
Tensor arrange_all_parts(const Tensor &parts, const PagedForm &form);
Tensor arrange_all_sums(const Tensor &sums, const PagedForm &form);
Tensor arrange_counters(const Tensor &counters, const Size &splits);

/// Operands arranged so, and the result.
struct PagedOutputs {
  const InOut &parts, &sums, &counters, &out;
};
/// Writes this program's part; the last one then writes the result. `meanwhile`
/// is what else is to be done, by programs with a part: nobody waits for that.
void combine_last(
    const PagedForm &form, const PagedPart &part, const PagedOutputs &to,
    const std::function<void()> &meanwhile = [] {});

/// Parts of a sequence at most, so that one tile has room for all.
inline constexpr std::int64_t most_parts = 128;

/// parts[B, H, S, G, D] and the log2 of their sums[B, H, S, G] -> out[B, H, G,
/// D]. A part without a key has a sum of minus infinity.
void launch_combine(const Call &call, const Array &parts, const Array &sums,
                    const Array &out);
KernelEntry combine_entry();

} // namespace girih::ops
