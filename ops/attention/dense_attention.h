// SPDX-License-Identifier: Apache-2.0
// Attention of queries[B, Hq, M, D] to keys[B, H, N, D]: checks and launch of
// the operators that give its result, and of those that give its sums too.
#pragma once

#include "girih/ops/attention.h"
#include "girih/ops/op.h"

namespace girih::ops {

/// Checks all arguments; the result's shape: that of q with the last size of v.
Shaped check_attention(const Call &call, const Array &q, const Array &k,
                       const Array &v, const AttentionOptions &options);
/// `log_sum`, where it is there, is f32 (f64 for f64) of q's shape without D.
void launch_attention(const Call &call, const Array &q, const Array &k,
                      const Array &v, const AttentionOptions &options,
                      const Array &out, const Array *log_sum);

} // namespace girih::ops
