// SPDX-License-Identifier: Apache-2.0
// DeepSeek-V3: latent attention, absorbed. A key is a latent of L numbers that
// all heads share and R turned ones; heads differ in what they make of it,
// which is moved over to the queries, and for the values to the result:
//   q k = (q_nope k_up) c + q_rope k_rope,  sum p v = (sum p c) v_up
// `h` is what layers add to, `x` the norm of it.
#include "girih/examples/llm/model/forward.h"
#include "girih/ops/ops.h"

namespace girih::llm {

namespace {

/// Queries of all heads, [T, Hq, N + R], and what there is of keys,
/// [T, L + R]. One product has the first step of both.
struct Projected {
  Array q, keys;
};

Projected project(const ModelConfig &c, const LatentAttention &w,
                  const Array &x) {
  const LatentConfig &l = c.latent;
  const std::int64_t dim = l.nope_dim + l.rope_dim;
  const Array down = product(x, w.down); // [T, Lq | L + R]
  const Array keys =
      down.slice(1, w.keys_at, w.keys_at + l.kv_rank + l.rope_dim);
  if (l.q_rank == 0)
    return {heads_of(down, 0, c.heads, dim), keys};
  const Array rank = ops::rms_norm(down.slice(1, 0, l.q_rank), {l.q_rank},
                                   w.q_norm, c.norm_eps); // [T, Lq]
  return {heads_of(product(rank, w.q_up), 0, c.heads, dim), keys};
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

Array attention(const Model &model, const Layer &layer, const Batch &batch,
                const KvCache &cache, std::size_t at, const Array &x) {
  const ModelConfig &c = model.config;
  const LatentConfig &l = c.latent;
  const LatentAttention &w = *layer.latent;
  const std::int64_t tokens = x.size(0), width = l.kv_rank + l.rope_dim;
  const auto [heads, keys] = project(c, w, x);
  const Array latent = ops::rms_norm(keys.slice(1, 0, l.kv_rank), {l.kv_rank},
                                     w.kv_norm, c.norm_eps); // [T, L]
  // [T, Hq, L + R]: both parts are written where they are to be
  const Array q = Array::empty({tokens, c.heads, width}, x.dtype(), x.device());
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
      Array::empty({tokens, c.heads, l.v_dim}, x.dtype(), x.device());
  ops::bmm_out(seen.transpose(0, 1),         // [Hq, T, L]
               w.v_up.transpose(1, 2),       // [Hq, L, Dv]
               values.transpose(0, 1));      // [Hq, T, Dv]
  return product(joined(values), layer.out); // [T, H]
}

} // namespace

Array deepseek_v3_forward(const Model &model, const Batch &batch,
                          const KvCache &cache) {
  const ModelConfig &c = model.config;
  Array h = ops::embedding(batch.tokens, model.embedding); // [T, H]
  Array x = ops::rms_norm(h, {c.hidden}, model.layers[0].attention_norm,
                          c.norm_eps); // [T, H]
  for (std::size_t at = 0; at < model.layers.size(); ++at) {
    const Layer &layer = model.layers[at];
    add_and_norm(x, h, attention(model, layer, batch, cache, at, x),
                 layer.mlp_norm, c.norm_eps); // [T, H]
    const Array out = layer.experts
                          ? mixture(x, *layer.experts, c)
                          : feed_forward(x, layer.mlp, c.intermediate);
    add_and_norm(x, h, out, norm_after(model, at), c.norm_eps); // [T, H]
  }
  return logits_of(model, batch, x); // [rows, V]
}

} // namespace girih::llm
