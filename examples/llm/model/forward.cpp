// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/model/forward.h"

#include "girih/ops/ops.h"
#include "girih/ops/views.h"

namespace girih::llm {

Array Model::forward(const Batch &batch, const KvCache &cache) const {
  switch (config.family) {
  case Family::qwen2:
    return qwen2_forward(*this, batch, cache);
  case Family::llama:
    return llama_forward(*this, batch, cache);
  case Family::qwen3:
    return qwen3_forward(*this, batch, cache);
  case Family::qwen3_moe:
    return qwen3_moe_forward(*this, batch, cache);
  case Family::deepseek_v3:
    return deepseek_v3_forward(*this, batch, cache);
  }
  return {};
}

Array product(const Array &x, const Linear &linear) {
  if (!linear.scales)
    return ops::linear(x, linear.weight, linear.bias);
  const auto [narrow, scales] = ops::act_quant(x);
  const Array made =
      ops::fp8_gemm(narrow, scales, linear.weight, *linear.scales, x.dtype());
  return linear.bias ? ops::add(made, *linear.bias) : made;
}

Array gated(const Array &x, const Linear &gate_up, std::int64_t intermediate) {
  if (!gate_up.scales && !gate_up.bias)
    return ops::linear_swiglu(x, gate_up.weight);
  const Array both = product(x, gate_up);
  const std::int64_t all = both.size(1);
  return ops::swiglu(both.slice(1, 0, intermediate),
                     both.slice(1, all - intermediate, all));
}

Array feed_forward(const Array &x, const Mlp &mlp, std::int64_t intermediate) {
  return product(gated(x, mlp.gate_up, intermediate), mlp.down);
}

Array mixture(const Array &x, const Experts &experts,
              const ModelConfig &config) {
  const ExpertsConfig &of = config.experts;
  const std::int64_t wide = of.intermediate;
  // [T, E]; in f32 where the router is
  const Array scores =
      ops::linear(experts.router.dtype() == x.dtype() ? x : ops::cast(x, f32),
                  experts.router);
  // [T, k] of f32 and of i64
  const auto [weights, chosen] =
      ops::expert_gating(scores, of.per_token, experts.correction,
                         of.sigmoid ? "sigmoid" : "softmax", of.groups,
                         of.top_groups, of.renormalize, of.routed_scale);
  // [T k, H] in the order of experts; where they end; where each choice is
  const auto [rows, counts, ends, places] =
      ops::expert_permute(x, chosen, of.experts);
  const Array both = ops::grouped_mm(rows, experts.gate_up.transpose(1, 2),
                                     ends); // [T k, 2 I]
  const Array hidden = ops::swiglu(both.slice(1, 0, wide),
                                   both.slice(1, wide, 2 * wide)); // [T k, I]
  const Array out = ops::grouped_mm(hidden, experts.down.transpose(1, 2),
                                    ends);                 // [T k, H]
  const Array sum = ops::expert_sum(out, places, weights); // [T, H]
  if (!experts.shared)
    return sum;
  return ops::add(sum, feed_forward(x, *experts.shared, of.shared * wide));
}

Array heads_of(const Array &x, std::int64_t begin, std::int64_t heads,
               std::int64_t dim) {
  return ops::split_dim(x.slice(1, begin, begin + heads * dim), 1, dim);
}

Array joined(const Array &heads) { return heads.reshape({heads.size(0), -1}); }

Array attend(const Model &model, const Layer &layer, const Batch &batch,
             const Array &q, const Array &keys, const Array &values) {
  if (!batch.cuts)
    return ops::paged_attention(
        q, keys, values, batch.block_table, batch.lengths,
        {.scale = model.attention_scale, .window = layer.window});
  ops::VarlenOptions options;
  options.scale = model.attention_scale;
  options.max_length = batch.longest;
  if (layer.window > 0)
    options.window_left = layer.window - 1;
  return ops::paged_varlen_attention(q, keys, values, batch.block_table,
                                     *batch.cuts, batch.lengths, options);
}

void add_and_norm(Array &x, Array &h, const Array &added, const Array &weight,
                  double eps) {
  auto [normed, sum] = ops::fused_add_rms_norm(added, h, weight, eps);
  x = std::move(normed);
  h = std::move(sum);
}

Array logits_of(const Model &model, const Batch &batch, const Array &x) {
  const Array rows = batch.rows ? ops::index_select(x, 0, *batch.rows) : x;
  return ops::linear(rows, model.head);
}

const Array &norm_after(const Model &model, std::size_t at) {
  return at + 1 < model.layers.size() ? model.layers[at + 1].attention_norm
                                      : model.norm;
}

} // namespace girih::llm
