// SPDX-License-Identifier: Apache-2.0
// latent_attention: paged_attention of one head of keys, whose first part is
// the values, too: decoding with multi-head latent attention, absorbed.
//
// Shapes: q_latent[B, H, L] (queries times the up-projection of keys),
// q_rope[B, H, R], cache[pages, S, L + R] of latents and rotated keys,
// block_table[B, P] and lengths[B] of i32 or i64 -> out[B, H, L]:
// softmax(scale (q_latent c^T + q_rope k^T)) c. The scale is that of the heads
// before they were absorbed.
// Errors: [device] [dtype] [shape] [argument] [overlap].
// Source: DeepSeek-AI, "DeepSeek-V2", 2024; FlashMLA.
#include "girih/ops/attention.h"
#include "girih/ops/attention/paged_kernel.h"

namespace girih::ops {

namespace {

struct LatentAttention {
  static constexpr std::string_view signature =
      "latent_attention(q_latent, q_rope, cache, block_table, lengths, *, "
      "scale: float) -> out";

  static Shaped result(const Call &call, const Array &latent, const Array &rope,
                       const Array &cache, const Array &table,
                       const Array &lengths, double) {
    const Argument first{"q_latent", latent}, second{"q_rope", rope},
        keys{"cache", cache}, pages{"block_table", table};
    call.check_same_device({first, second, keys, pages, {"lengths", lengths}});
    call.check_dtype(first, attention_floats);
    call.check_same_dtype(first, second);
    call.check_same_dtype(first, keys);
    call.check_rank(first, 3);
    call.check_shape(first, {check_table(call, table, lengths), -1, -1},
                     {pages});
    call.check_shape(second, {latent.size(0), latent.size(1), -1}, {first});
    call.check_shape(keys, {-1, -1, latent.size(2) + rope.size(2)},
                     {first, second});
    call.require(rope.size(2) > 0, "q_rope must not be empty", {second});
    return {dims_of(latent.shape()), latent.dtype()};
  }

  static void launch(const Call &call, const Array &latent, const Array &rope,
                     const Array &cache, const Array &table,
                     const Array &lengths, double scale, const Array &out) {
    const Array pages = unsqueezed(cache, 2);
    const Array values = pages.slice(3, 0, latent.size(2));
    launch_paged(call,
                 {.q = unsqueezed(latent, 1),
                  .keys = values,
                  .values = values,
                  .q_rope = unsqueezed(rope, 1),
                  .keys_rope = pages.slice(3, latent.size(2), cache.size(2)),
                  .block_table = table,
                  .lengths = lengths,
                  .scale = scale,
                  .sinks = {},
                  .out = unsqueezed(out, 1)});
  }
};

} // namespace

Array latent_attention(const Array &q_latent, const Array &q_rope,
                       const Array &cache, const Array &block_table,
                       const Array &lengths, double scale, const Stream &stream,
                       std::source_location where) {
  return compute<LatentAttention>(stream, where, q_latent, q_rope, cache,
                                  block_table, lengths, scale);
}

void latent_attention_out(const Array &q_latent, const Array &q_rope,
                          const Array &cache, const Array &block_table,
                          const Array &lengths, double scale, const Array &out,
                          const Stream &stream, std::source_location where) {
  compute_into<LatentAttention>(stream, where, std::tie(out), q_latent, q_rope,
                                cache, block_table, lengths, scale);
}

OpEntry entry_of_latent_attention() {
  return op_entry<LatentAttention>(
      {"attention",
       "softmax(scale (q_latent c^T + q_rope k^T)) c over a cache in pages",
       {std::begin(attention_floats), std::end(attention_floats)},
       paged_entries(true)});
}

} // namespace girih::ops
