// SPDX-License-Identifier: Apache-2.0
// varlen_attention: scaled_dot_product_attention of sequences of differing
// lengths, one after the other.
//
// Shapes: q[T, Hq, D], k[N, H, D], v[N, H, Dv], q_offsets[B + 1] and
// k_offsets[B + 1] of i32 or i64 -> out[T, Hq, Dv]: the queries of sequence b
// are from q_offsets[b] to q_offsets[b + 1]. Queries and keys of a sequence end
// together (lower_right). max_length is not below the longest sequence of
// queries; the fewer it is above it, the fewer programs have nothing to do.
// What is in no sequence, or beyond max_length in one, is not computed. Errors:
// [device] [dtype] [shape] [argument] [overlap]. Source:
// flash_attn_varlen_func.
#include "girih/ops/attention/varlen.h"

namespace girih::ops {

namespace {

struct VarlenAttention {
  static constexpr std::string_view signature =
      "varlen_attention(q, k, v, q_offsets, k_offsets, *, "
      "is_causal: bool = True, scale: float? = None, "
      "max_length: int? = None, window_left: int? = None, "
      "window_right: int? = None, alibi_slopes: array? = None, "
      "soft_cap: float = 0.0, sinks: array? = None) -> out";

  static Shaped
  result(const Call &call, const Array &q, const Array &k, const Array &v,
         const Array &q_offsets, const Array &k_offsets, bool causal,
         std::optional<double> scale, std::optional<std::int64_t> longest,
         std::optional<std::int64_t> left, std::optional<std::int64_t> right,
         const std::optional<Array> &slopes, double cap,
         const std::optional<Array> &sinks) {
    const Argument query{"q", q}, key{"k", k}, value{"v", v},
        first{"q_offsets", q_offsets}, second{"k_offsets", k_offsets};
    call.check_same_device({query, key, value, first, second});
    call.check_dtype(query, attention_floats);
    call.check_same_dtype(query, key);
    call.check_same_dtype(query, value);
    call.check_rank(query, 3);
    call.check_shape(key, {-1, -1, q.size(2)}, {query});
    call.check_shape(value, {k.size(0), k.size(1), -1}, {key});
    call.check_shape(second, {check_offsets(call, first) + 1}, {first});
    check_offsets(call, second);
    check_varlen(call, query, key, k.size(1),
                 {causal, scale, longest, left, right, slopes, cap, sinks});
    Dims shape = dims_of(q.shape());
    shape.sizes[2] = v.size(2);
    return {shape, q.dtype()};
  }

  static void
  launch(const Call &call, const Array &q, const Array &k, const Array &v,
         const Array &q_offsets, const Array &k_offsets, bool causal,
         std::optional<double> scale, std::optional<std::int64_t> longest,
         std::optional<std::int64_t> left, std::optional<std::int64_t> right,
         const std::optional<Array> &slopes, double cap,
         const std::optional<Array> &sinks, const Array &out) {
    BlockedCall blocked = varlen_call(
        q, k.size(1), q_offsets,
        {causal, scale, longest, left, right, slopes, cap, sinks}, out);
    blocked.kind = BlockedForm::Keys::jagged;
    blocked.k = k;
    blocked.v = v;
    blocked.k_offsets = k_offsets;
    launch_blocked(call, blocked);
  }
};

} // namespace

Array varlen_attention(const Array &q, const Array &k, const Array &v,
                       const Array &q_offsets, const Array &k_offsets,
                       const VarlenOptions &options, const Stream &stream,
                       std::source_location where) {
  return compute<VarlenAttention>(stream, where, q, k, v, q_offsets, k_offsets,
                                  options.is_causal, options.scale,
                                  options.max_length, options.window_left,
                                  options.window_right, options.alibi_slopes,
                                  options.soft_cap, options.sinks);
}

void varlen_attention_out(const Array &q, const Array &k, const Array &v,
                          const Array &q_offsets, const Array &k_offsets,
                          const Array &out, const VarlenOptions &options,
                          const Stream &stream, std::source_location where) {
  compute_into<VarlenAttention>(
      stream, where, std::tie(out), q, k, v, q_offsets, k_offsets,
      options.is_causal, options.scale, options.max_length, options.window_left,
      options.window_right, options.alibi_slopes, options.soft_cap,
      options.sinks);
}

OpEntry entry_of_varlen_attention() {
  return op_entry<VarlenAttention>(
      {"attention",
       "scaled_dot_product_attention of sequences one after the other",
       {std::begin(attention_floats), std::end(attention_floats)},
       blocked_entries(BlockedForm::Keys::jagged)});
}

} // namespace girih::ops
