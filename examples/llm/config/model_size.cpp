// SPDX-License-Identifier: Apache-2.0
// How many numbers a model has, and how many bytes of cache a token takes.
#include "girih/examples/llm/config/model_config.h"

namespace girih::llm {
namespace {

using Int = std::int64_t;

Int attention_numbers(const ModelConfig &m) {
  if (m.latent.kv_rank > 0) {
    const LatentConfig &l = m.latent;
    const Int q_out = m.heads * (l.nope_dim + l.rope_dim);
    const Int queries = l.q_rank == 0
                            ? q_out * m.hidden
                            : l.q_rank * (m.hidden + 1) + q_out * l.q_rank;
    return queries + (l.kv_rank + l.rope_dim) * m.hidden + l.kv_rank +
           m.heads * (l.nope_dim + l.v_dim) * l.kv_rank +
           m.hidden * m.heads * l.v_dim;
  }
  const Int q = m.heads * m.head_dim, kv = m.kv_heads * m.head_dim;
  Int sum = (q + 2 * kv) * m.hidden + m.hidden * q;
  sum += m.qkv_bias ? q + 2 * kv : 0;
  sum += m.out_bias ? m.hidden : 0;
  return sum + (m.head_norms ? 2 * m.head_dim : 0);
}

Int expert_numbers(const ModelConfig &m, Int experts) {
  const ExpertsConfig &e = m.experts;
  const Int each = 3 * m.hidden * e.intermediate;
  const Int router = e.experts * m.hidden + (e.sigmoid ? e.experts : 0);
  return router + (experts + e.shared) * each;
}

// `experts` of each mixture are counted, and so many rows of the embedding.
Int numbers(const ModelConfig &m, Int experts, Int embedding_rows) {
  const Int dense = 3 * m.hidden * m.intermediate +
                    (m.mlp_bias ? 2 * m.intermediate + m.hidden : 0);
  Int sum = embedding_rows * m.hidden + m.hidden;
  for (Int layer = 0; layer < m.layers; ++layer)
    sum += 2 * m.hidden + attention_numbers(m) +
           (m.has_experts(layer) ? expert_numbers(m, experts) : dense);
  return sum;
}

} // namespace

std::int64_t ModelConfig::parameters() const {
  return numbers(*this, experts.experts,
                 tied_embeddings ? vocabulary : 2 * vocabulary);
}

std::int64_t ModelConfig::parameters_of_token() const {
  return numbers(*this, experts.per_token, vocabulary + 1);
}

std::int64_t ModelConfig::cache_bytes_of_token(DType dtype) const {
  const std::int64_t numbers = latent.kv_rank > 0
                                   ? latent.kv_rank + latent.rope_dim
                                   : 2 * kv_heads * head_dim;
  return numbers * layers * bytes(dtype);
}

} // namespace girih::llm
