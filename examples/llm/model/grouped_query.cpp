// SPDX-License-Identifier: Apache-2.0
// Families whose queries share keys and values in groups. Each half of a layer
// adds to `h` what it makes of the norm of `h`. Qwen2 has biases of queries,
// keys and values; Llama 3 none, and scales the turning of slow dimensions;
// Qwen3 has none either, but a norm of each head of queries and of keys;
// Qwen3-MoE is Qwen3 with experts, of which each token has a few.
#include "girih/examples/llm/model/forward.h"
#include "girih/ops/ops.h"

namespace girih::llm {

Array grouped_query_forward(const Model &model, const Batch &batch,
                            const KvCache &cache) {
  const ModelConfig &c = model.config;
  const std::int64_t width = c.heads * c.head_dim, // of all queries
      kv_width = c.kv_heads * c.head_dim;
  Array h = ops::embedding(batch.tokens, model.embedding); // [T, H]
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
    const Array turned = ops::rope_kv_write(
        q, k, v, batch.positions, model.frequencies, batch.slots, keys, values,
        c.rope.interleaved, model.rotary_factor); // [T, Hq, D]
    const Array seen =
        attend(model, layer, batch, turned, keys, values); // [T, Hq, D]
    h = added_product(h, joined(seen), layer.out);         // [T, H]
    h = layer.experts ? added_experts(h, layer.mlp_norm, *layer.experts, c)
                      : added_mlp(h, layer.mlp_norm, layer.mlp, c.intermediate,
                                  c.norm_eps); // [T, H]
  }
  return logits_of(model, batch, h); // [rows, V]
}

} // namespace girih::llm
