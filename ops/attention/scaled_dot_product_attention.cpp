// SPDX-License-Identifier: Apache-2.0
// scaled_dot_product_attention: softmax(scale q k^T + mask) v
//
// Shapes: q[B, Hq, M, D], k[B, H, N, D], v[B, H, N, Dv] -> out[B, Hq, M, Dv],
// or all without heads; Hq is H, or a multiple of it with enable_gqa.
// attn_mask, bool (true: visible) or of floats (added), broadcasts to [B, Hq,
// M, N]. A query i is at position i, or with lower_right at i + N - M;
// is_causal hides later keys, a window those more than window_left before or
// window_right after it. ALiBi adds -slope |key - position|; soft_cap c > 0
// makes a score c tanh(score / c); sinks are scores of keys without values. A
// query that sees no key gives 0. Dtypes: bf16 f32 f16 f64; computed in f32
// (f64 for f64), with weights rounded to the dtype of v. Errors: [device]
// [dtype] [shape] [argument] [overlap]. Source:
// torch.nn.functional.scaled_dot_product_attention; Dao et al.,
// "FlashAttention", 2022.
#include "girih/ops/attention/blocked_attention.h"
#include "girih/ops/attention/dense_attention.h"

namespace girih::ops {

namespace {

struct Attention {
  static constexpr std::string_view signature =
      "scaled_dot_product_attention(q, k, v, "
      "attn_mask: array? = None, *, is_causal: bool = False, "
      "scale: float? = None, enable_gqa: bool = False, "
      "causal_variant: str = 'upper_left', window_left: int? = None, "
      "window_right: int? = None, alibi_slopes: array? = None, "
      "soft_cap: float = 0.0, sinks: array? = None) -> out";

  static Shaped result(const Call &call, const Array &q, const Array &k,
                       const Array &v, const std::optional<Array> &mask,
                       bool causal, std::optional<double> scale, bool gqa,
                       std::string_view variant,
                       std::optional<std::int64_t> left,
                       std::optional<std::int64_t> right,
                       const std::optional<Array> &slopes, double cap,
                       const std::optional<Array> &sinks) {
    return check_attention(
        call, q, k, v,
        {mask, causal, variant, scale, gqa, left, right, slopes, cap, sinks});
  }

  static void launch(const Call &call, const Array &q, const Array &k,
                     const Array &v, const std::optional<Array> &mask,
                     bool causal, std::optional<double> scale, bool gqa,
                     std::string_view variant, std::optional<std::int64_t> left,
                     std::optional<std::int64_t> right,
                     const std::optional<Array> &slopes, double cap,
                     const std::optional<Array> &sinks, const Array &out) {
    launch_attention(
        call, q, k, v,
        {mask, causal, variant, scale, gqa, left, right, slopes, cap, sinks},
        out, nullptr);
  }
};

} // namespace

Array scaled_dot_product_attention(const Array &q, const Array &k,
                                   const Array &v,
                                   const AttentionOptions &options,
                                   const Stream &stream,
                                   std::source_location where) {
  return compute<Attention>(
      stream, where, q, k, v, options.attn_mask, options.is_causal,
      options.scale, options.enable_gqa, options.causal_variant,
      options.window_left, options.window_right, options.alibi_slopes,
      options.soft_cap, options.sinks);
}

void scaled_dot_product_attention_out(const Array &q, const Array &k,
                                      const Array &v, const Array &out,
                                      const AttentionOptions &options,
                                      const Stream &stream,
                                      std::source_location where) {
  compute_into<Attention>(
      stream, where, std::tie(out), q, k, v, options.attn_mask,
      options.is_causal, options.scale, options.enable_gqa,
      options.causal_variant, options.window_left, options.window_right,
      options.alibi_slopes, options.soft_cap, options.sinks);
}

OpEntry entry_of_scaled_dot_product_attention() {
  return op_entry<Attention>(
      {"attention",
       "softmax(scale q k^T + mask) v",
       {std::begin(attention_floats), std::end(attention_floats)},
       blocked_entries(BlockedForm::Keys::dense)});
}

} // namespace girih::ops
