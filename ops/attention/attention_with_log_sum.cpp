// SPDX-License-Identifier: Apache-2.0
// attention_with_log_sum: scaled_dot_product_attention and, for each query, the
// logarithm of the sum of the exponentials of its scores, sinks included: minus
// infinity for a query that sees no key.
//
// Shapes: as there, and log_sum[B, Hq, M] of f32 (f64 for f64).
// Errors: [device] [dtype] [shape] [argument] [overlap].
#include "girih/ops/attention/blocked_attention.h"
#include "girih/ops/attention/dense_attention.h"

namespace girih::ops {

namespace {

struct AttentionWithSums {
  static constexpr std::string_view signature =
      "attention_with_log_sum(q, k, v, "
      "attn_mask: array? = None, *, is_causal: bool = False, "
      "scale: float? = None, enable_gqa: bool = False, "
      "causal_variant: str = 'upper_left', window_left: int? = None, "
      "window_right: int? = None, alibi_slopes: array? = None, "
      "soft_cap: float = 0.0, sinks: array? = None) -> out, log_sum";

  static std::array<Shaped, 2>
  result(const Call &call, const Array &q, const Array &k, const Array &v,
         const std::optional<Array> &mask, bool causal,
         std::optional<double> scale, bool gqa, std::string_view variant,
         std::optional<std::int64_t> left, std::optional<std::int64_t> right,
         const std::optional<Array> &slopes, double cap,
         const std::optional<Array> &sinks) {
    const Shaped out = check_attention(
        call, q, k, v,
        {mask, causal, variant, scale, gqa, left, right, slopes, cap, sinks});
    Shaped sums{out.shape, accumulated(q.dtype())};
    --sums.shape.rank;
    return {out, sums};
  }

  static void launch(const Call &call, const Array &q, const Array &k,
                     const Array &v, const std::optional<Array> &mask,
                     bool causal, std::optional<double> scale, bool gqa,
                     std::string_view variant, std::optional<std::int64_t> left,
                     std::optional<std::int64_t> right,
                     const std::optional<Array> &slopes, double cap,
                     const std::optional<Array> &sinks, const Array &out,
                     const Array &log_sum) {
    launch_attention(
        call, q, k, v,
        {mask, causal, variant, scale, gqa, left, right, slopes, cap, sinks},
        out, &log_sum);
  }
};

} // namespace

std::array<Array, 2> attention_with_log_sum(const Array &q, const Array &k,
                                            const Array &v,
                                            const AttentionOptions &options,
                                            const Stream &stream,
                                            std::source_location where) {
  return compute<AttentionWithSums>(
      stream, where, q, k, v, options.attn_mask, options.is_causal,
      options.scale, options.enable_gqa, options.causal_variant,
      options.window_left, options.window_right, options.alibi_slopes,
      options.soft_cap, options.sinks);
}

void attention_with_log_sum_out(const Array &q, const Array &k, const Array &v,
                                const Array &out, const Array &log_sum,
                                const AttentionOptions &options,
                                const Stream &stream,
                                std::source_location where) {
  compute_into<AttentionWithSums>(
      stream, where, std::tie(out, log_sum), q, k, v, options.attn_mask,
      options.is_causal, options.scale, options.enable_gqa,
      options.causal_variant, options.window_left, options.window_right,
      options.alibi_slopes, options.soft_cap, options.sinks);
}

OpEntry entry_of_attention_with_log_sum() {
  return op_entry<AttentionWithSums>(
      {"attention",
       "the same, and the log of the sum of exponentials",
       {std::begin(attention_floats), std::end(attention_floats)},
       {}});
}

} // namespace girih::ops
