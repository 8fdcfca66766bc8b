// SPDX-License-Identifier: Apache-2.0
// DeepSeek-V3: latent attention, absorbed. A key is a latent of L numbers that
// all heads share and R turned ones; heads differ in what they make of it,
// which is moved over to the queries, and for the values to the result:
//   q k = (q_nope k_up) c + q_rope k_rope,  sum p v = (sum p c) v_up
// Each half of a layer adds to `h` what it makes of the norm of `h`.
#include "girih/examples/llm/model/forward.h"
#include "girih/ops/ops.h"

namespace girih::llm {

namespace {

/// Queries of all heads, [T, Hq, N + R], and what there is of keys,
/// [T, L + R]. One product has the first step of both.
struct Projected {
  Array q, keys;
};

Projected project(const ModelConfig &c, const Layer &layer, const Array &h) {
  const LatentAttention &w = *layer.latent;
  const LatentConfig &l = c.latent;
  const std::int64_t dim = l.nope_dim + l.rope_dim;
  const Array down = normed_product(h, layer.attention_norm, w.down,
                                    c.norm_eps); // [T, Lq | L + R]
  const Array keys =
      down.slice(1, w.keys_at, w.keys_at + l.kv_rank + l.rope_dim);
  if (l.q_rank == 0)
    return {heads_of(down, 0, c.heads, dim), keys};
  const Array q = normed_product(down.slice(1, 0, l.q_rank), w.q_norm, w.q_up,
                                 c.norm_eps); // [T, Hq (N + R)]
  return {heads_of(q, 0, c.heads, dim), keys};
}

/// Attention over the latents, [T, Hq, L].
Array attend_latents(const Model &model, const Layer &layer, const Batch &batch,
                     const KvCache &cache, std::size_t at, const Array &q) {
  const std::int64_t rank = model.config.latent.kv_rank, width = q.size(2);
  if (!batch.cuts)
    return ops::latent_attention(q.slice(2, 0, rank), q.slice(2, rank, width),
                                 cache.latents(at), batch.block_table,
                                 batch.lengths, model.attention_scale);
  const Array &all = cache.latents(at); // [pages, 16, L + R]
  return attend(model, layer, batch, q,
                all.reshape({all.size(0), all.size(1), 1, width}),
                cache.values(at));
}

/// What attention adds to h[T, H], before its last product: [T, Hq Dv].
Array attention(const Model &model, const Batch &batch, const KvCache &cache,
                std::size_t at, const Array &h) {
  const Layer &layer = model.layers[at];
  const ModelConfig &c = model.config;
  const LatentConfig &l = c.latent;
  const LatentAttention &w = *layer.latent;
  const std::int64_t tokens = h.size(0), width = l.kv_rank + l.rope_dim;
  const auto [heads, keys] = project(c, layer, h);
  const Array latent = ops::rms_norm(keys.slice(1, 0, l.kv_rank), {l.kv_rank},
                                     w.kv_norm, c.norm_eps); // [T, L]
  // [T, Hq, L + R]: both parts are written where they are to be
  const Array q = Array::empty({tokens, c.heads, width}, h.dtype(), h.device());
  ops::bmm_out(heads.slice(2, 0, l.nope_dim).transpose(0, 1), // [Hq, T, N]
               w.k_up,                                        // [Hq, N, L]
               q.slice(2, 0, l.kv_rank).transpose(0, 1));     // [Hq, T, L]
  ops::rope_kv_write_out(
      heads.slice(2, l.nope_dim, l.nope_dim + l.rope_dim), // [T, Hq, R]
      heads_of(keys, l.kv_rank, 1, l.rope_dim),            // [T, 1, R]
      heads_of(latent, 0, 1, l.kv_rank),                   // [T, 1, L]
      batch.positions, model.frequencies, batch.slots, cache.keys(at),
      cache.values(at), q.slice(2, l.kv_rank, width), c.rope.interleaved,
      model.rotary_factor);
  const Array seen =
      attend_latents(model, layer, batch, cache, at, q); // [T, Hq, L]
  const Array values =
      Array::empty({tokens, c.heads, l.v_dim}, h.dtype(), h.device());
  ops::bmm_out(seen.transpose(0, 1),    // [Hq, T, L]
               w.v_up.transpose(1, 2),  // [Hq, L, Dv]
               values.transpose(0, 1)); // [Hq, T, Dv]
  return joined(values);
}

} // namespace

Array deepseek_v3_forward(const Model &model, const Batch &batch,
                          const KvCache &cache) {
  const ModelConfig &c = model.config;
  Array h = ops::embedding(batch.tokens, model.embedding); // [T, H]
  for (std::size_t at = 0; at < model.layers.size(); ++at) {
    const Layer &layer = model.layers[at];
    const Array values = attention(model, batch, cache, at, h); // [T, Hq Dv]
    h = added_product(h, values, layer.out);                    // [T, H]
    h = layer.experts ? added_experts(h, layer.mlp_norm, *layer.experts, c)
                      : added_mlp(h, layer.mlp_norm, layer.mlp, c.intermediate,
                                  c.norm_eps); // [T, H]
  }
  return logits_of(model, batch, h); // [rows, V]
}

} // namespace girih::llm
