// SPDX-License-Identifier: Apache-2.0
// The families' passes, and the parts that they are put together from.
#pragma once

#include "girih/examples/llm/model/model.h"

namespace girih::llm {

Array qwen2_forward(const Model &model, const Batch &batch,
                    const KvCache &cache);
Array llama_forward(const Model &model, const Batch &batch,
                    const KvCache &cache);
Array qwen3_forward(const Model &model, const Batch &batch,
                    const KvCache &cache);
Array qwen3_moe_forward(const Model &model, const Batch &batch,
                        const KvCache &cache);
Array deepseek_v3_forward(const Model &model, const Batch &batch,
                          const KvCache &cache);

/// x[T, K] -> [T, N]
Array product(const Array &x, const Linear &linear);
/// silu(x gate^T) * (x up^T): x[T, H] -> [T, I]
Array gated(const Array &x, const Linear &gate_up, std::int64_t intermediate);
/// The whole layer: x[T, H] -> [T, H]
Array feed_forward(const Array &x, const Mlp &mlp, std::int64_t intermediate);
/// The same of the experts that each token chooses.
Array mixture(const Array &x, const Experts &experts,
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
/// h becomes h + added, and x the norm of that, all [T, H].
void add_and_norm(Array &x, Array &h, const Array &added, const Array &weight,
                  double eps);
/// x[T, H] after the last norm -> logits [rows, V] of the rows asked for.
Array logits_of(const Model &model, const Batch &batch, const Array &x);
/// The norm behind layer `at`: that of the next layer's attention, or the last.
const Array &norm_after(const Model &model, std::size_t at);

} // namespace girih::llm
