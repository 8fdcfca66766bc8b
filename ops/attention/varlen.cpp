// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/attention/varlen.h"

#include <algorithm>
#include <cmath>

namespace girih::ops {

std::int64_t check_offsets(const Call &call, const Argument &offsets) {
  static constexpr DType integers[] = {i32, i64};
  call.check_dtype(offsets, integers);
  call.check_rank(offsets, 1);
  call.require(offsets.array->size(0) > 0,
               "offsets have one element more than there are sequences",
               {offsets});
  return offsets.array->size(0) - 1;
}

void check_varlen(const Call &call, const Argument &q, const Argument &k,
                  std::int64_t kv_heads, const VarlenOptions &options) {
  const std::int64_t heads = q.array->size(1);
  check_groups(call, q, heads, k, kv_heads);
  call.require(options.max_length.value_or(0) >= 0 &&
                   options.window_left.value_or(0) >= 0 &&
                   options.window_right.value_or(0) >= 0,
               "max_length and the window must not be negative");
  call.require(options.soft_cap >= 0, "soft_cap must not be negative");
  for (const Argument &each : {Argument("alibi_slopes", options.alibi_slopes),
                               Argument("sinks", options.sinks)})
    if (each.array) {
      call.check_same_device({q, each});
      call.check_dtype(each, attention_floats);
      call.check_shape(each, {heads}, {q});
    }
}

BlockedCall varlen_call(const Array &q, std::int64_t kv_heads,
                        const Array &q_offsets, const VarlenOptions &options,
                        const Array &out) {
  const std::int64_t group = q.size(1) / at_least_one(kv_heads);
  BlockedCall blocked;
  blocked.q = split_dim(q, 1, group);
  blocked.out = split_dim(out, 1, group);
  if (options.alibi_slopes)
    blocked.slopes = split_dim(*options.alibi_slopes, 0, group);
  if (options.sinks)
    blocked.sinks = split_dim(*options.sinks, 0, group);
  blocked.scale =
      options.scale.value_or(1 / std::sqrt(static_cast<double>(q.size(2))));
  blocked.soft_cap = options.soft_cap;
  blocked.left = options.window_left;
  blocked.right = options.window_right;
  if (options.is_causal)
    blocked.right = 0;
  blocked.q_offsets = q_offsets;
  blocked.longest = std::min(options.max_length.value_or(q.size(0)), q.size(0));
  return blocked;
}

} // namespace girih::ops
