// SPDX-License-Identifier: Apache-2.0
// The fields of config.json, generation_config.json and the index of shards.
#include "girih/examples/llm/fuzz/config_vocabulary.h"

#include "girih/examples/llm/config/config_parts.h"

namespace girih::llm {

namespace {

using Kind = FuzzField::Kind;

std::vector<FuzzField> size_fields() {
  return {
      {"hidden_size", Kind::integer, 1, most_hidden},
      {"intermediate_size", Kind::integer, 1, most_intermediate},
      {"moe_intermediate_size", Kind::integer, 1, most_intermediate},
      {"num_hidden_layers", Kind::integer, 1, most_layers},
      {"num_attention_heads", Kind::integer, 1, most_heads},
      {"num_key_value_heads", Kind::integer, 1, most_heads},
      {"head_dim", Kind::integer, 1, most_head_dim},
      {"vocab_size", Kind::integer, 1, most_vocabulary},
      {"max_position_embeddings", Kind::integer, 1, most_positions},
      {"num_experts", Kind::integer, 1, most_experts},
      {"n_routed_experts", Kind::integer, 1, most_experts},
      {"num_experts_per_tok", Kind::integer, 1, 64},
      {"n_shared_experts", Kind::integer, 0, 64},
      {"n_group", Kind::integer, 1, 16},
      {"topk_group", Kind::integer, 1, 16},
      {"first_k_dense_replace", Kind::integer, 0, 8},
      {"decoder_sparse_step", Kind::integer, 1, 8},
      {"mlp_only_layers", Kind::integers, 0, 8},
      {"q_lora_rank", Kind::integer, 1, most_hidden},
      {"kv_lora_rank", Kind::integer, 1, most_hidden},
      {"qk_nope_head_dim", Kind::integer, 1, most_head_dim},
      {"qk_rope_head_dim", Kind::integer, 2, most_head_dim},
      {"v_head_dim", Kind::integer, 1, most_head_dim},
      {"num_nextn_predict_layers", Kind::integer, 0, 4},
      {"sliding_window", Kind::integer, 1, most_positions},
      {"max_window_layers", Kind::integer, 0, 8},
  };
}

std::vector<FuzzField> rope_fields() {
  std::vector<FuzzField> fields{
      {"rope_theta", Kind::real, 1.001, 1e15},
      {"partial_rotary_factor", Kind::real, 0, 1},
  };
  for (const char *block : {"rope_parameters.", "rope_scaling."}) {
    const auto field = [&](const char *name, double least, double most) {
      fields.push_back({std::string(block) + name, Kind::real, least, most});
    };
    field("factor", 1, 1e6);
    field("rope_theta", 1.001, 1e15);
    field("low_freq_factor", 1e-3, 1e6);
    field("high_freq_factor", 1e-3, 1e6);
    field("original_max_position_embeddings", 1, most_positions);
    field("beta_fast", 1e-3, 1e6);
    field("beta_slow", 1e-3, 1e6);
    field("mscale", 0, 100);
    field("mscale_all_dim", 0, 100);
    field("attention_factor", 0, 100);
  }
  return fields;
}

std::vector<FuzzField> other_fields() {
  return {
      {"rms_norm_eps", Kind::real, 0, 1},
      {"routed_scaling_factor", Kind::real, 1e-6, 1e6},
      {"tie_word_embeddings", Kind::flag},
      {"attention_bias", Kind::flag},
      {"mlp_bias", Kind::flag},
      {"use_sliding_window", Kind::flag},
      {"norm_topk_prob", Kind::flag},
      {"rope_interleave", Kind::flag},
      {"dtype", Kind::text, 0, 0, {"bfloat16", "float16", "torch.float32"}},
      {"layer_types",
       Kind::texts,
       0,
       0,
       {"full_attention", "sliding_attention", "chunked_attention"}},
      {"bos_token_id", Kind::integer, 0, most_vocabulary},
      {"eos_token_id", Kind::integer, 0, most_vocabulary},
      {"eos_token_id", Kind::integers, 0, 320},
      {"temperature", Kind::real, 0, 1000},
      {"top_p", Kind::real, 0, 1},
      {"min_p", Kind::real, 0, 1},
      {"top_k", Kind::integer, 0, most_vocabulary},
      {"repetition_penalty", Kind::real, 0.01, 100},
      {"quantization_config.weight_block_size", Kind::integers, 1, 4096},
      {"weight_map.model.norm",
       Kind::text,
       0,
       0,
       {"a.safetensors", "model-00001-of-00002.safetensors", "../a.safetensors",
        "/a.safetensors", "a\\b.safetensors", ".bin"}},
  };
}

} // namespace

const FuzzVocabulary &config_vocabulary() {
  static const FuzzVocabulary all = [] {
    FuzzVocabulary made;
    for (const auto &part : {size_fields(), rope_fields(), other_fields()})
      made.fields.insert(made.fields.end(), part.begin(), part.end());
    made.blocks = {
        {R"({"architectures": ["Qwen2ForCausalLM"]})"},
        {R"({"architectures": ["LlamaForCausalLM"], "mlp_bias": true})"},
        {R"({"architectures": ["Qwen3ForCausalLM"], "head_dim": 128})"},
        {R"({"architectures": ["Qwen3MoeForCausalLM"], "num_experts": 8,
             "num_experts_per_tok": 2, "moe_intermediate_size": 96})"},
        {R"({"architectures": ["DeepseekV3ForCausalLM"], "num_experts": null,
             "attention_bias": false, "num_attention_heads": 4,
             "num_key_value_heads": 4, "q_lora_rank": 144, "kv_lora_rank": 144,
             "qk_nope_head_dim": 32, "qk_rope_head_dim": 16, "v_head_dim": 32,
             "n_routed_experts": 8, "num_experts_per_tok": 2, "n_group": 4,
             "topk_group": 2, "moe_intermediate_size": 160})"},
        {R"({"rope_parameters": {"rope_type": "yarn", "factor": 8,
             "original_max_position_embeddings": 64, "mscale": 1,
             "mscale_all_dim": 1, "beta_fast": 32, "beta_slow": 1}})"},
        {R"({"rope_parameters": null, "rope_scaling": {"type": "llama3",
             "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
             "original_max_position_embeddings": 64}})"},
        {R"({"rope_parameters": null,
             "rope_scaling": {"type": "linear", "factor": 4}})"},
        {R"({"quantization_config": {"quant_method": "fp8", "fmt": "e4m3",
             "weight_block_size": [128, 128], "scale_fmt": "ue8m0"}})"},
        {R"({"num_hidden_layers": 1024, "n_routed_experts": 8192,
             "num_experts": 8192, "hidden_size": 131072,
             "moe_intermediate_size": 262144, "intermediate_size": 262144})"},
        {R"({"use_sliding_window": true, "sliding_window": 16})"},
        {R"({"weight_map": {"model.norm.weight": "a.safetensors"}})"},
    };
    return made;
  }();
  return all;
}

} // namespace girih::llm
