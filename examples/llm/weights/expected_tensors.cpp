// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/weights/expected_tensors.h"

#include <fmt/format.h>

#include <utility>

namespace girih::llm {
namespace {

using Int = std::int64_t;

// Each function tells some tensors under a prefix; nothing more is told once
// the visitor has had enough.
class Teller {
public:
  Teller(const ModelConfig &config,
         const std::function<bool(const ExpectedTensor &)> &visit)
      : m_(config), visit_(visit) {}

  void model() {
    tell("model.embed_tokens.weight", {m_.vocabulary, m_.hidden});
    for (Int layer = 0; layer < m_.layers && more_; ++layer) {
      const std::string prefix = fmt::format("model.layers.{}.", layer);
      tell(prefix + "input_layernorm.weight", {m_.hidden});
      if (m_.latent.kv_rank > 0)
        latent_attention(prefix + "self_attn.");
      else
        attention(prefix + "self_attn.");
      tell(prefix + "post_attention_layernorm.weight", {m_.hidden});
      if (m_.has_experts(layer))
        experts(prefix + "mlp.");
      else
        mlp(prefix + "mlp.", m_.intermediate, m_.mlp_bias);
    }
    tell("model.norm.weight", {m_.hidden});
    if (!m_.tied_embeddings)
      tell("lm_head.weight", {m_.vocabulary, m_.hidden});
  }

private:
  void tell(std::string name, std::vector<Int> shape, bool product = false) {
    more_ = more_ && visit_({std::move(name), std::move(shape), product});
  }

  void product(const std::string &name, Int out, Int in, bool bias = false) {
    tell(name + ".weight", {out, in}, true);
    if (bias)
      tell(name + ".bias", {out});
  }

  void attention(const std::string &prefix) {
    const Int q = m_.heads * m_.head_dim, kv = m_.kv_heads * m_.head_dim;
    product(prefix + "q_proj", q, m_.hidden, m_.qkv_bias);
    product(prefix + "k_proj", kv, m_.hidden, m_.qkv_bias);
    product(prefix + "v_proj", kv, m_.hidden, m_.qkv_bias);
    if (m_.head_norms) {
      tell(prefix + "q_norm.weight", {m_.head_dim});
      tell(prefix + "k_norm.weight", {m_.head_dim});
    }
    product(prefix + "o_proj", m_.hidden, q, m_.out_bias);
  }

  void latent_attention(const std::string &prefix) {
    const LatentConfig &l = m_.latent;
    const Int q = m_.heads * (l.nope_dim + l.rope_dim);
    if (l.q_rank > 0) {
      product(prefix + "q_a_proj", l.q_rank, m_.hidden);
      tell(prefix + "q_a_layernorm.weight", {l.q_rank});
      product(prefix + "q_b_proj", q, l.q_rank);
    } else {
      product(prefix + "q_proj", q, m_.hidden);
    }
    product(prefix + "kv_a_proj_with_mqa", l.kv_rank + l.rope_dim, m_.hidden);
    tell(prefix + "kv_a_layernorm.weight", {l.kv_rank});
    product(prefix + "kv_b_proj", m_.heads * (l.nope_dim + l.v_dim), l.kv_rank);
    product(prefix + "o_proj", m_.hidden, m_.heads * l.v_dim);
  }

  void mlp(const std::string &prefix, Int intermediate, bool bias = false) {
    product(prefix + "gate_proj", intermediate, m_.hidden, bias);
    product(prefix + "up_proj", intermediate, m_.hidden, bias);
    product(prefix + "down_proj", m_.hidden, intermediate, bias);
  }

  void experts(const std::string &prefix) {
    const ExpertsConfig &e = m_.experts;
    // The router is never quantized.
    tell(prefix + "gate.weight", {e.experts, m_.hidden});
    if (e.sigmoid)
      tell(prefix + "gate.e_score_correction_bias", {e.experts});
    for (Int i = 0; i < e.experts && more_; ++i)
      mlp(fmt::format("{}experts.{}.", prefix, i), e.intermediate);
    if (e.shared > 0)
      mlp(prefix + "shared_experts.", e.shared * e.intermediate);
  }

  const ModelConfig &m_;
  const std::function<bool(const ExpectedTensor &)> &visit_;
  bool more_ = true;
};

Int blocks(Int size, Int block) { return (size + block - 1) / block; }

} // namespace

void visit_tensors(const ModelConfig &config,
                   const std::function<bool(const ExpectedTensor &)> &visit) {
  Teller(config, visit).model();
}

std::string scales_name(const std::string &weight) {
  return weight + "_scale_inv";
}

std::vector<Int> scales_shape(const BlockScalesConfig &config,
                              const std::vector<Int> &weight) {
  return {blocks(weight[0], config.block_rows),
          blocks(weight[1], config.block_columns)};
}

} // namespace girih::llm
