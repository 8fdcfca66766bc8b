// SPDX-License-Identifier: Apache-2.0
// The families' passes, and the parts that they are put together from.
#pragma once

#include "girih/examples/llm/model/model.h"

namespace girih::llm {

/// Qwen2, Llama 3, Qwen3 and Qwen3-MoE.
Array grouped_query_forward(const Model &model, const Batch &batch,
                            const KvCache &cache);
Array deepseek_v3_forward(const Model &model, const Batch &batch,
                          const KvCache &cache);

/// x[T, K] -> [T, N]
Array product(const Array &x, const Linear &linear);
/// The same of the norm of h[T, K].
Array normed_product(const Array &h, const Array &norm, const Linear &linear,
                     double eps);
/// h[T, N] + the product of x[T, K].
Array added_product(const Array &h, const Array &x, const Linear &linear);
/// h + down(silu(gate x) * up x) of the norm x of h[T, H].
Array added_mlp(const Array &h, const Array &norm, const Mlp &mlp,
                std::int64_t intermediate, double eps);
/// h + what the experts that each token chooses say of the norm of h[T, H].
Array added_experts(const Array &h, const Array &norm, const Experts &experts,
                    const ModelConfig &config);

/// Heads of x[T, ...]: columns from `begin` on as [T, heads, D], a view.
Array heads_of(const Array &x, std::int64_t begin, std::int64_t heads,
               std::int64_t dim);
/// [T, heads, D] -> [T, heads D], a view.
Array joined(const Array &heads);
/// softmax(scale q k^T) v of q[T, Hq, D] over the cache, which has the keys of
/// this batch already: [T, Hq, D].
Array attend(const Model &model, const Layer &layer, const Batch &batch,
             const Array &q, const Array &keys, const Array &values);
/// h[T, H] after the last layer -> logits [rows, V] of the rows asked for.
Array logits_of(const Model &model, const Batch &batch, const Array &h);

} // namespace girih::llm
