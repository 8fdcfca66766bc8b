// SPDX-License-Identifier: Apache-2.0
// What attention of sequences of differing lengths shares: q[T, Hq, D] has them
// one after the other, q_offsets[B + 1] says where each begins.
#pragma once

#include "girih/ops/attention.h"
#include "girih/ops/attention/blocked_attention.h"
#include "girih/ops/op.h"

namespace girih::ops {

/// Checks offsets[B + 1] of i32 or i64; gives B.
std::int64_t check_offsets(const Call &call, const Argument &offsets);
/// Checks everything but keys and values, whose heads are `kv_heads`.
void check_varlen(const Call &call, const Argument &q, const Argument &k,
                  std::int64_t kv_heads, const VarlenOptions &options);
/// The call without its keys and values.
BlockedCall varlen_call(const Array &q, std::int64_t kv_heads,
                        const Array &q_offsets, const VarlenOptions &options,
                        const Array &out);

} // namespace girih::ops
