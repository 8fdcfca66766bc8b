// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/model/known_shapes.h"

namespace girih::llm {

const std::vector<KnownShape> &known_shapes() {
  static const std::vector<KnownShape> all{
      {"DeepSeek-R1-Distill-Qwen-1.5B", R"({
  "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2",
  "hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28,
  "num_attention_heads": 12, "num_key_value_heads": 2, "vocab_size": 151936,
  "max_position_embeddings": 131072, "rms_norm_eps": 1e-06,
  "rope_theta": 10000, "tie_word_embeddings": false, "hidden_act": "silu",
  "torch_dtype": "bfloat16", "bos_token_id": 151643, "eos_token_id": 151643})"},
      {"Qwen3-0.6B", R"({
  "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3",
  "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28,
  "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128,
  "vocab_size": 151936, "max_position_embeddings": 40960,
  "rms_norm_eps": 1e-06, "rope_theta": 1000000, "tie_word_embeddings": true,
  "hidden_act": "silu", "torch_dtype": "bfloat16", "eos_token_id": 151645})"},
      {"Llama-3.2-1B", R"({
  "architectures": ["LlamaForCausalLM"], "model_type": "llama",
  "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16,
  "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64,
  "vocab_size": 128256, "max_position_embeddings": 131072,
  "rms_norm_eps": 1e-05, "rope_theta": 500000, "tie_word_embeddings": true,
  "rope_scaling": {"rope_type": "llama3", "factor": 32.0,
    "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192},
  "hidden_act": "silu", "torch_dtype": "bfloat16", "eos_token_id": 128001})"},
      {"Qwen3-30B-A3B", R"({
  "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe",
  "hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 48,
  "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128,
  "num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 768,
  "norm_topk_prob": true, "decoder_sparse_step": 1, "mlp_only_layers": [],
  "vocab_size": 151936, "max_position_embeddings": 40960,
  "rms_norm_eps": 1e-06, "rope_theta": 1000000, "tie_word_embeddings": false,
  "hidden_act": "silu", "torch_dtype": "bfloat16", "eos_token_id": 151645})"},
      {"DeepSeek-V3-4-layers", R"({
  "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3",
  "hidden_size": 7168, "intermediate_size": 18432, "num_hidden_layers": 4,
  "first_k_dense_replace": 3, "moe_intermediate_size": 2048,
  "n_routed_experts": 256, "num_experts_per_tok": 8, "n_shared_experts": 1,
  "n_group": 8, "topk_group": 4, "routed_scaling_factor": 2.5,
  "scoring_func": "sigmoid", "topk_method": "noaux_tc",
  "norm_topk_prob": true, "num_attention_heads": 128,
  "num_key_value_heads": 128, "q_lora_rank": 1536, "kv_lora_rank": 512,
  "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
  "vocab_size": 129280, "max_position_embeddings": 163840,
  "rms_norm_eps": 1e-06, "rope_theta": 10000,
  "rope_scaling": {"type": "yarn", "factor": 40, "beta_fast": 32,
    "beta_slow": 1, "mscale": 1.0, "mscale_all_dim": 1.0,
    "original_max_position_embeddings": 4096},
  "tie_word_embeddings": false, "hidden_act": "silu",
  "torch_dtype": "bfloat16", "bos_token_id": 0, "eos_token_id": 1})"},
  };
  return all;
}

} // namespace girih::llm
