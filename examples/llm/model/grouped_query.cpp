// SPDX-License-Identifier: Apache-2.0
// Families whose queries share keys and values in groups. Each half of a layer
// adds to `h` what it makes of the norm of `h`. Qwen2 has biases of queries,
// keys and values; Llama 3 none, and scales the turning of slow dimensions;
// Qwen3 has none either, but a norm of each head of queries and of keys;
// Qwen3-MoE is Qwen3 with experts, of which each token has a few.
#include "girih/examples/llm/model/forward.h"
#include "girih/ops/ops.h"

#include <array>
#include <optional>

namespace girih::llm {

namespace {

// Rotary embeddings of q and k, keys and values into the cache, attention:
// [T, Hq, D]. `tables` are of the batch's tokens; none where a sequence has
// several.
Array turn_and_attend(const Model &model, const Layer &layer,
                      const Batch &batch,
                      const std::optional<std::array<Array, 2>> &tables,
                      const Array &q, const Array &k, const Array &v,
                      const Array &keys, const Array &values) {
  const bool interleaved = model.config.rope.interleaved;
  if (tables)
    return ops::rope_paged_attention({q, k, v, (*tables)[0], (*tables)[1],
                                      batch.slots, keys, values,
                                      batch.block_table, batch.lengths},
                                     {.scale = model.attention_scale,
                                      .window = layer.window,
                                      .interleaved = interleaved});
  const Array turned = ops::rope_kv_write(
      q, k, v, batch.positions, model.frequencies, batch.slots, keys, values,
      interleaved, model.rotary_factor); // [T, Hq, D]
  return attend(model, layer, batch, turned, keys, values);
}

} // namespace

Array grouped_query_forward(const Model &model, const Batch &batch,
                            const KvCache &cache) {
  const ModelConfig &c = model.config;
  const std::int64_t width = c.heads * c.head_dim, // of all queries
      kv_width = c.kv_heads * c.head_dim;
  Array h = ops::embedding(batch.tokens, model.embedding); // [T, H]
  std::optional<std::array<Array, 2>> tables;
  if (!batch.cuts)
    tables = ops::rotary_tables(batch.positions, model.frequencies,
                                model.rotary_factor);
  for (std::size_t at = 0; at < model.layers.size(); ++at) {
    const Layer &layer = model.layers[at];
    const Array &keys = cache.keys(at), &values = cache.values(at);
    // [T, (Hq + 2 Hk) D], seen as [T, Hq, D] and twice [T, Hk, D]
    const Array qkv =
        normed_product(h, layer.attention_norm, layer.qkv, c.norm_eps);
    const Array v = heads_of(qkv, width + kv_width, c.kv_heads, c.head_dim);
    Array q = heads_of(qkv, 0, c.heads, c.head_dim);
    Array k = heads_of(qkv, width, c.kv_heads, c.head_dim);
    if (c.head_norms) {
      q = ops::rms_norm(q, {c.head_dim}, layer.q_norm, c.norm_eps);
      k = ops::rms_norm(k, {c.head_dim}, layer.k_norm, c.norm_eps);
    }
    const Array seen =
        turn_and_attend(model, layer, batch, tables, q, k, v, keys, values);
    h = added_product(h, joined(seen), layer.out); // [T, H]
    h = layer.experts ? added_experts(h, layer.mlp_norm, *layer.experts, c)
                      : added_mlp(h, layer.mlp_norm, layer.mlp, c.intermediate,
                                  c.norm_eps); // [T, H]
  }
  return logits_of(model, batch, h); // [rows, V]
}

} // namespace girih::llm
