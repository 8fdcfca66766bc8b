// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/model/forward.h"

#include "girih/ops/ops.h"
#include "girih/ops/views.h"

namespace girih::llm {

Array Model::forward(const Batch &batch, const KvCache &cache) const {
  switch (config.family) {
  case Family::qwen2:
  case Family::llama:
  case Family::qwen3:
  case Family::qwen3_moe:
    return grouped_query_forward(*this, batch, cache);
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

Array normed_product(const Array &h, const Array &norm, const Linear &linear,
                     double eps) {
  if (!linear.scales)
    return ops::rms_norm_linear(h, norm, linear.weight, linear.bias, eps);
  return product(ops::rms_norm(h, {h.size(1)}, norm, eps), linear);
}

Array added_product(const Array &h, const Array &x, const Linear &linear) {
  if (!linear.scales && !linear.bias)
    return ops::addmm(h, x, linear.weight.transpose(0, 1));
  return ops::add(h, product(x, linear));
}

namespace {

/// silu(gate x) * up x: x[T, H] -> [T, I]
Array gated(const Array &x, const Linear &gate_up, std::int64_t intermediate) {
  if (!gate_up.scales && !gate_up.bias)
    return ops::linear_swiglu(x, gate_up.weight);
  const Array both = product(x, gate_up); // gates first, values last
  const std::int64_t all = both.size(1);
  return ops::swiglu(both.slice(1, 0, intermediate),
                     both.slice(1, all - intermediate, all));
}

/// Rows of groups that end at `ends`, each with a matrix of its own.
Array grouped(const Array &rows, const Linear &linear, const Array &ends) {
  if (!linear.scales)
    return ops::grouped_mm(rows, linear.weight.transpose(1, 2), ends);
  const auto [narrow, scales] = ops::act_quant(rows);
  return ops::grouped_fp8_gemm(narrow, scales, linear.weight, *linear.scales,
                               ends, rows.dtype());
}

} // namespace

Array added_mlp(const Array &h, const Array &norm, const Mlp &mlp,
                std::int64_t intermediate, double eps) {
  const Linear &both = mlp.gate_up;
  const Array hidden =
      both.scales || both.bias
          ? gated(ops::rms_norm(h, {h.size(1)}, norm, eps), both, intermediate)
          : ops::rms_norm_linear_swiglu(h, norm, both.weight, eps); // [T, I]
  return added_product(h, hidden, mlp.down);
}

Array added_experts(const Array &h, const Array &norm, const Experts &experts,
                    const ModelConfig &config) {
  const ExpertsConfig &of = config.experts;
  const std::int64_t wide = of.intermediate;
  const Array x = ops::rms_norm(h, {config.hidden}, norm, config.norm_eps);
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
  const Array both = grouped(rows, experts.gate_up, ends); // [T k, 2 I]
  const std::int64_t all = both.size(1);
  const Array hidden = ops::swiglu(both.slice(1, 0, wide),
                                   both.slice(1, all - wide, all)); // [T k, I]
  const Array out = grouped(hidden, experts.down, ends);            // [T k, H]
  const Array sum = ops::expert_sum(out, places, weights);          // [T, H]
  if (!experts.shared)
    return ops::add(h, sum);
  const Mlp &shared = *experts.shared;
  return ops::add(
      added_product(h, gated(x, shared.gate_up, of.shared * wide), shared.down),
      sum);
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

Array logits_of(const Model &model, const Batch &batch, const Array &h) {
  const Array rows = batch.rows ? ops::index_select(h, 0, *batch.rows) : h;
  return ops::rms_norm_linear(rows, model.norm, model.head, {},
                              model.config.norm_eps);
}

} // namespace girih::llm
