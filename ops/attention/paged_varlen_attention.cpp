// SPDX-License-Identifier: Apache-2.0
// paged_varlen_attention: varlen_attention whose keys and values are in pages:
// prefilling in chunks, with what earlier chunks have written.
//
// Shapes: q[T, Hq, D], key_cache[pages, S, H, D], value_cache[pages, S, H, Dv],
// block_table[B, P], q_offsets[B + 1] and lengths[B] of i32 or i64 ->
// out[T, Hq, Dv]. Sequence b has lengths[b] keys, the last of which are those
// of its queries; pages are as for paged_attention, max_length as for
// varlen_attention. The keys of the queries have to be in the cache already.
// Errors: [device] [dtype] [shape] [argument] [overlap].
#include "girih/ops/attention/varlen.h"

namespace girih::ops {

namespace {

struct PagedVarlen {
  static constexpr std::string_view signature =
      "paged_varlen_attention(q, key_cache, value_cache, block_table, "
      "q_offsets, lengths, *, "
      "is_causal: bool = True, scale: float? = None, "
      "max_length: int? = None, window_left: int? = None, "
      "window_right: int? = None, alibi_slopes: array? = None, "
      "soft_cap: float = 0.0, sinks: array? = None) -> out";

  static Shaped
  result(const Call &call, const Array &q, const Array &keys,
         const Array &values, const Array &table, const Array &q_offsets,
         const Array &lengths, bool causal, std::optional<double> scale,
         std::optional<std::int64_t> longest, std::optional<std::int64_t> left,
         std::optional<std::int64_t> right, const std::optional<Array> &slopes,
         double cap, const std::optional<Array> &sinks) {
    const Argument query{"q", q}, key{"key_cache", keys},
        value{"value_cache", values}, pages{"block_table", table},
        first{"q_offsets", q_offsets}, length{"lengths", lengths};
    call.check_same_device({query, key, value, pages, first, length});
    check_caches(call, key, value);
    call.check_same_dtype(query, key);
    call.check_rank(query, 3);
    call.check_shape(query, {-1, -1, keys.size(3)}, {key});
    const std::int64_t sequences = check_table(call, table, lengths);
    check_offsets(call, first);
    call.check_shape(first, {sequences + 1}, {pages});
    check_varlen(call, query, key, keys.size(2),
                 {causal, scale, longest, left, right, slopes, cap, sinks});
    Dims shape = dims_of(q.shape());
    shape.sizes[2] = values.size(3);
    return {shape, q.dtype()};
  }

  static void
  launch(const Call &call, const Array &q, const Array &keys,
         const Array &values, const Array &table, const Array &q_offsets,
         const Array &lengths, bool causal, std::optional<double> scale,
         std::optional<std::int64_t> longest, std::optional<std::int64_t> left,
         std::optional<std::int64_t> right, const std::optional<Array> &slopes,
         double cap, const std::optional<Array> &sinks, const Array &out) {
    BlockedCall blocked = varlen_call(
        q, keys.size(2), q_offsets,
        {causal, scale, longest, left, right, slopes, cap, sinks}, out);
    blocked.kind = BlockedForm::Keys::paged;
    blocked.k = keys;
    blocked.v = values;
    blocked.block_table = table;
    blocked.k_offsets = lengths;
    launch_blocked(call, blocked);
  }
};

} // namespace

Array paged_varlen_attention(const Array &q, const Array &key_cache,
                             const Array &value_cache, const Array &block_table,
                             const Array &q_offsets, const Array &lengths,
                             const VarlenOptions &options, const Stream &stream,
                             std::source_location where) {
  return compute<PagedVarlen>(
      stream, where, q, key_cache, value_cache, block_table, q_offsets, lengths,
      options.is_causal, options.scale, options.max_length, options.window_left,
      options.window_right, options.alibi_slopes, options.soft_cap,
      options.sinks);
}

void paged_varlen_attention_out(const Array &q, const Array &key_cache,
                                const Array &value_cache,
                                const Array &block_table,
                                const Array &q_offsets, const Array &lengths,
                                const Array &out, const VarlenOptions &options,
                                const Stream &stream,
                                std::source_location where) {
  compute_into<PagedVarlen>(
      stream, where, std::tie(out), q, key_cache, value_cache, block_table,
      q_offsets, lengths, options.is_causal, options.scale, options.max_length,
      options.window_left, options.window_right, options.alibi_slopes,
      options.soft_cap, options.sinks);
}

OpEntry entry_of_paged_varlen_attention() {
  return op_entry<PagedVarlen>(
      {"attention",
       "varlen_attention over keys and values in pages",
       {std::begin(attention_floats), std::end(attention_floats)},
       blocked_entries(BlockedForm::Keys::paged)});
}

} // namespace girih::ops
