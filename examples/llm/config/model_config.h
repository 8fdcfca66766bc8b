// SPDX-License-Identifier: Apache-2.0
// config.json of a model, as transformers 4 and 5 write it.
#pragma once

#include "girih/dsl/dtype.h"
#include "girih/ops/attention.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace girih::llm {

enum class Family { qwen2, llama, qwen3, qwen3_moe, deepseek_v3 };

/// "qwen2", "deepseek_v3": the model_type of config.json.
std::string_view name(Family family);

/// How positions turn heads: rope_parameters (5) or rope_theta and
/// rope_scaling (4).
struct RopeConfig {
  double theta = 10000;
  std::string kind = "default"; // default, linear, llama3, yarn
  ops::RotaryScaling scaling;   // its `kind` is a literal of the same name
  bool interleaved = false;     // pairs (2i, 2i + 1): DeepSeek
};

/// Mixture of experts; `experts` 0: none.
struct ExpertsConfig {
  std::int64_t experts = 0, per_token = 0, intermediate = 0, shared = 0;
  std::int64_t groups = 1, top_groups = 1;
  bool sigmoid = false;     // scores; softmax otherwise
  bool renormalize = false; // norm_topk_prob
  double routed_scale = 1;
  std::vector<std::int64_t> dense_layers; // sorted: layers without experts
};

/// Latent attention of DeepSeek-V3; `kv_rank` 0: none.
struct LatentConfig {
  std::int64_t q_rank = 0; // 0: q_proj is one product
  std::int64_t kv_rank = 0, nope_dim = 0, rope_dim = 0, v_dim = 0;
};

/// fp8 weights with a scale for each block; `block_rows` 0: none.
struct BlockScalesConfig {
  std::int64_t block_rows = 0, block_columns = 0;
  bool ue8m0 = false; // scale_fmt
};

struct ModelConfig {
  Family family{};
  std::string architecture; // as the file says it
  std::int64_t hidden = 0, intermediate = 0, layers = 0, heads = 0,
               kv_heads = 0, head_dim = 0, vocabulary = 0, max_positions = 0;
  double norm_eps = 1e-6;
  DType dtype = DType::bf16; // torch_dtype or dtype
  bool tied_embeddings = false;
  bool qkv_bias = false, out_bias = false, mlp_bias = false;
  bool head_norms = false; // q_norm and k_norm of each head: Qwen3
  RopeConfig rope;
  /// Of each layer: how many of the last keys it sees; 0: all.
  std::vector<std::int64_t> windows;
  ExpertsConfig experts;
  LatentConfig latent;
  BlockScalesConfig block_scales;
  /// Layers after the last one that predict further tokens; not used here.
  std::int64_t extra_layers = 0;
  std::optional<std::int64_t> bos;
  std::vector<std::int64_t> eos; // number or list; may be empty

  bool has_experts(std::int64_t layer) const;
  /// Numbers that the whole model has, without extra layers and scales; and
  /// those of them that a token needs, one row of the embedding among them.
  std::int64_t parameters() const;
  std::int64_t parameters_of_token() const;
  /// Bytes of keys and values of one token at `dtype`, all layers.
  std::int64_t cache_bytes_of_token(DType dtype) const;
};

/// Reads and checks config.json: ranges (layers, heads <= 1024, vocabulary <=
/// 2^22, head_dim <= 1024, ...), what divides what, and that the architecture
/// is known. A missing dtype is bf16. Throws ModelError.
ModelConfig read_model_config(const std::filesystem::path &directory);
/// The same of text; `file` is for messages.
ModelConfig parse_model_config(std::string_view text, const std::string &file);

} // namespace girih::llm
