// SPDX-License-Identifier: Apache-2.0
// paged_attention: softmax(scale q k^T) v of one token of each sequence, whose
// keys and values are in pages: decoding.
//
// Shapes: q[B, Hq, D], key_cache[pages, S, H, D], value_cache[pages, S, H, Dv],
// block_table[B, P] and lengths[B] of i32 or i64 -> out[B, Hq, Dv]; Hq is a
// multiple of H. Key j of sequence b is in page block_table[b, j / S], and is
// visible if j < lengths[b] and, with a window w > 0, j >= lengths[b] - w. The
// query is that of the last key. soft_cap c > 0 makes a score c tanh(score /
// c); sinks[Hq] are scores of keys without values. A sequence without keys
// gives 0. Lengths beyond the table are cut; a page that is none reads as
// zeros. Dtypes: bf16 f32 f16 f64; computed in f32 (f64 for f64), with weights
// rounded to the dtype of v. Errors: [device] [dtype] [shape] [argument]
// [overlap]. Source: Kwon et al., "PagedAttention", 2023; FlashDecoding for the
// splits.
#include "girih/ops/attention.h"
#include "girih/ops/attention/paged_kernel.h"

#include <cmath>

namespace girih::ops {

Shaped check_paged_attention(const Call &call, const Array &q,
                             const Array &keys, const Array &values,
                             const Array &table, const Array &lengths,
                             const PagedOptions &options) {
  const Argument query{"q", q}, key{"key_cache", keys},
      value{"value_cache", values}, pages{"block_table", table},
      length{"lengths", lengths}, sink{"sinks", options.sinks};
  call.check_same_device({query, key, value, pages, length, sink});
  check_caches(call, key, value);
  call.check_same_dtype(query, key);
  call.check_rank(query, 3);
  call.check_shape(query, {-1, -1, keys.size(3)}, {key});
  check_groups(call, query, q.size(1), key, keys.size(2));
  call.check_shape(query, {check_table(call, table, lengths), -1, -1}, {pages});
  call.require(options.window >= 0, "window must not be negative");
  call.require(options.soft_cap >= 0, "soft_cap must not be negative");
  if (options.sinks) {
    call.check_dtype(sink, attention_floats);
    call.check_shape(sink, {q.size(1)}, {query});
  }
  Dims shape = dims_of(q.shape());
  shape.sizes[2] = values.size(3);
  return {shape, q.dtype()};
}

PagedCall paged_call(const Array &q, const Array &keys, const Array &values,
                     const Array &table, const Array &lengths,
                     const PagedOptions &options, const Array &out) {
  const std::int64_t group = q.size(1) / keys.size(2);
  const Array none = Array::scalar(0, f32);
  PagedCall paged{.q = split_dim(q, 1, group),
                  .keys = keys,
                  .values = values,
                  .q_rope = none,
                  .keys_rope = none,
                  .block_table = table,
                  .lengths = lengths,
                  .scale = options.scale.value_or(
                      1 / std::sqrt(static_cast<double>(q.size(2)))),
                  .soft_cap = options.soft_cap,
                  .window = options.window,
                  .sinks = {},
                  .out = split_dim(out, 1, group)};
  if (options.sinks)
    paged.sinks = split_dim(*options.sinks, 0, group);
  return paged;
}

namespace {

struct PagedAttention {
  static constexpr std::string_view signature =
      "paged_attention(q, key_cache, value_cache, block_table, lengths, *, "
      "scale: float? = None, window: int = 0, soft_cap: float = 0.0, "
      "sinks: array? = None) -> out";

  static Shaped result(const Call &call, const Array &q, const Array &keys,
                       const Array &values, const Array &table,
                       const Array &lengths, std::optional<double> scale,
                       std::int64_t window, double soft_cap,
                       const std::optional<Array> &sinks) {
    return check_paged_attention(call, q, keys, values, table, lengths,
                                 {scale, window, soft_cap, sinks});
  }

  static void launch(const Call &call, const Array &q, const Array &keys,
                     const Array &values, const Array &table,
                     const Array &lengths, std::optional<double> scale,
                     std::int64_t window, double soft_cap,
                     const std::optional<Array> &sinks, const Array &out) {
    launch_paged(call, paged_call(q, keys, values, table, lengths,
                                  {scale, window, soft_cap, sinks}, out));
  }
};

} // namespace

Array paged_attention(const Array &q, const Array &key_cache,
                      const Array &value_cache, const Array &block_table,
                      const Array &lengths, const PagedOptions &options,
                      const Stream &stream, std::source_location where) {
  return compute<PagedAttention>(
      stream, where, q, key_cache, value_cache, block_table, lengths,
      options.scale, options.window, options.soft_cap, options.sinks);
}

void paged_attention_out(const Array &q, const Array &key_cache,
                         const Array &value_cache, const Array &block_table,
                         const Array &lengths, const Array &out,
                         const PagedOptions &options, const Stream &stream,
                         std::source_location where) {
  compute_into<PagedAttention>(stream, where, std::tie(out), q, key_cache,
                               value_cache, block_table, lengths, options.scale,
                               options.window, options.soft_cap, options.sinks);
}

OpEntry entry_of_paged_attention() {
  return op_entry<PagedAttention>(
      {"attention",
       "softmax(scale q k^T) v over keys and values in pages",
       {std::begin(attention_floats), std::end(attention_floats)},
       paged_entries(false)});
}

} // namespace girih::ops
