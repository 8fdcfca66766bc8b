// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/attention/dense_attention.h"

#include "girih/ops/attention/blocked_attention.h"

#include <algorithm>
#include <cmath>

namespace girih::ops {

namespace {

void check_mask(const Call &call, const Array &q, const Array &k,
                const Array &mask) {
  const Argument given{"attn_mask", mask};
  if (mask.dtype() != b1)
    call.check_dtype(given, attention_floats);
  Dims scores = dims_of(q.shape());
  scores.sizes[static_cast<std::size_t>(scores.rank - 1)] = k.size(-2);
  const auto spread = broadcast_shapes(scores, mask.shape());
  if (!spread || !std::ranges::equal(std::span<const std::int64_t>(*spread),
                                     std::span<const std::int64_t>(scores)))
    call.fail(ErrorId::shape,
              "attn_mask cannot be broadcast to the scores [..., M, N]",
              {given, {"q", q}, {"k", k}});
}

void check_options(const Call &call, const AttentionOptions &options,
                   const Argument &q, std::int64_t heads) {
  call.require(options.causal_variant == "upper_left" ||
                   options.causal_variant == "lower_right",
               "causal_variant must be upper_left or lower_right");
  call.require(options.window_left.value_or(0) >= 0 &&
                   options.window_right.value_or(0) >= 0,
               "the window must not be negative");
  call.require(options.soft_cap >= 0, "soft_cap must not be negative");
  for (const Argument &each : {Argument("alibi_slopes", options.alibi_slopes),
                               Argument("sinks", options.sinks)})
    if (each.array) {
      call.check_dtype(each, attention_floats);
      call.check_shape(each, {heads}, {q});
    }
}

} // namespace

Shaped check_attention(const Call &call, const Array &q, const Array &k,
                       const Array &v, const AttentionOptions &options) {
  const Argument query{"q", q}, key{"k", k}, value{"v", v};
  call.check_same_device({query,
                          key,
                          value,
                          {"attn_mask", options.attn_mask},
                          {"alibi_slopes", options.alibi_slopes},
                          {"sinks", options.sinks}});
  call.check_dtype(query, attention_floats);
  call.check_same_dtype(query, key);
  call.check_same_dtype(query, value);
  call.check_rank(query, 3, 4);
  call.check_rank(key, q.rank());
  call.check_rank(value, q.rank());
  const std::int64_t batch = q.size(0), heads = q.rank() == 4 ? q.size(1) : 1,
                     kv_heads = k.rank() == 4 ? k.size(1) : 1;
  if (q.rank() == 4) {
    call.check_shape(key, {batch, -1, -1, q.size(3)}, {query});
    call.check_shape(value, {batch, kv_heads, k.size(2), -1}, {key});
    check_groups(call, query, heads, key, kv_heads);
    call.require(options.enable_gqa || heads == kv_heads,
                 "q and k must have equal heads unless enable_gqa is set",
                 {query, key});
  } else {
    call.check_shape(key, {batch, -1, q.size(2)}, {query});
    call.check_shape(value, {batch, k.size(1), -1}, {key});
  }
  if (options.attn_mask)
    check_mask(call, q, k, *options.attn_mask);
  check_options(call, options, query, heads);
  Shaped out{dims_of(q.shape()), q.dtype()};
  out.shape.sizes[static_cast<std::size_t>(q.rank() - 1)] = v.size(-1);
  return out;
}

void launch_attention(const Call &call, const Array &q, const Array &k,
                      const Array &v, const AttentionOptions &options,
                      const Array &out, const Array *log_sum) {
  if (q.rank() == 3) {
    AttentionOptions same = options;
    if (same.attn_mask) {
      const std::int64_t shape[] = {q.size(0), q.size(1), k.size(1)};
      same.attn_mask = unsqueezed(same.attn_mask->broadcast_to(shape), 1);
    }
    const Array sums = log_sum ? unsqueezed(*log_sum, 1) : Array();
    return launch_attention(call, unsqueezed(q, 1), unsqueezed(k, 1),
                            unsqueezed(v, 1), same, unsqueezed(out, 1),
                            log_sum ? &sums : nullptr);
  }
  const std::int64_t group = q.size(1) / at_least_one(k.size(1));
  const auto grouped = [&](const Array &array) {
    return split_dim(array, 1, group);
  };
  BlockedCall blocked{.q = grouped(q), .k = k, .v = v, .out = grouped(out)};
  if (options.attn_mask) {
    const std::int64_t shape[] = {q.size(0), q.size(1), q.size(2), k.size(2)};
    blocked.mask = grouped(options.attn_mask->broadcast_to(shape));
  }
  if (options.alibi_slopes)
    blocked.slopes = split_dim(*options.alibi_slopes, 0, group);
  if (options.sinks)
    blocked.sinks = split_dim(*options.sinks, 0, group);
  if (log_sum)
    blocked.log_sum = grouped(*log_sum);
  blocked.scale =
      options.scale.value_or(1 / std::sqrt(static_cast<double>(q.size(3))));
  blocked.soft_cap = options.soft_cap;
  blocked.upper = options.causal_variant == "upper_left";
  blocked.left = options.window_left;
  blocked.right = options.window_right;
  if (options.is_causal)
    blocked.right = 0;
  // One query sees what every head of its group sees: the heads are rows.
  // A window would move from row to row.
  if (q.size(2) == 1 && group > 1 && !blocked.slopes && !blocked.sinks &&
      !blocked.left && !(blocked.upper && blocked.right)) {
    blocked.right.reset();
    blocked.q = blocked.q.transpose(2, 3);
    blocked.out = blocked.out.transpose(2, 3);
    if (blocked.mask)
      blocked.mask = blocked.mask->transpose(2, 3);
    if (blocked.log_sum)
      blocked.log_sum = blocked.log_sum->transpose(2, 3);
  }
  launch_blocked(call, blocked);
}

} // namespace girih::ops
