// SPDX-License-Identifier: Apache-2.0
// config.json of all families, in the spellings of transformers 4 and 5.
#include "known_configs.h"

#include "girih/examples/llm/config/model_config.h"
#include "girih/tests/support/source_root.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using llm::Family;
using llm::ModelConfig;
using nlohmann::json;
using Ints = std::vector<std::int64_t>;

ModelConfig parse(const json &tree) {
  return llm::parse_model_config(tree.dump(), "config.json");
}

ModelConfig fixture(const std::string &folder) {
  return llm::read_model_config(source_root() / folder);
}

TEST(LlmModelConfig, Bard) {
  const ModelConfig c = fixture("examples/llm/data/bard-5m");
  EXPECT_EQ(c.family, Family::qwen2);
  EXPECT_EQ(c.architecture, "Qwen2ForCausalLM");
  EXPECT_EQ(c.hidden, 256);
  EXPECT_EQ(c.intermediate, 768);
  EXPECT_EQ(c.layers, 6);
  EXPECT_EQ(c.heads, 4);
  EXPECT_EQ(c.kv_heads, 2);
  EXPECT_EQ(c.head_dim, 64);
  EXPECT_EQ(c.vocabulary, 1024);
  EXPECT_EQ(c.max_positions, 1024);
  EXPECT_EQ(c.norm_eps, 1e-6);
  EXPECT_EQ(c.dtype, bf16);
  EXPECT_TRUE(c.tied_embeddings);
  EXPECT_TRUE(c.qkv_bias);
  EXPECT_FALSE(c.out_bias || c.mlp_bias || c.head_norms);
  EXPECT_EQ(c.rope.theta, 10000);
  EXPECT_EQ(c.rope.kind, "default");
  EXPECT_EQ(c.windows, Ints(6, 0));
  EXPECT_EQ(c.bos, std::nullopt);
  EXPECT_EQ(c.eos, Ints{1020});
}

TEST(LlmModelConfig, Llama5) {
  const ModelConfig c = fixture("tests/data/llm/llama3");
  EXPECT_EQ(c.family, Family::llama);
  EXPECT_EQ(c.head_dim, 32);
  EXPECT_EQ(c.dtype, f32);
  EXPECT_FALSE(c.qkv_bias);
  EXPECT_EQ(c.rope.theta, 500000);
  EXPECT_EQ(c.rope.kind, "llama3");
  EXPECT_EQ(c.rope.scaling.kind, "llama3");
  EXPECT_EQ(c.rope.scaling.factor, 8);
  EXPECT_EQ(c.rope.scaling.low_freq_factor, 1);
  EXPECT_EQ(c.rope.scaling.high_freq_factor, 4);
  EXPECT_EQ(c.rope.scaling.original_max_position, 64);
  EXPECT_FALSE(c.rope.interleaved);
  EXPECT_EQ(c.bos, 1);
  EXPECT_EQ(c.eos, Ints{2});
}

TEST(LlmModelConfig, Llama4) {
  const ModelConfig c = parse(llama_3_2_1b());
  EXPECT_EQ(c.head_dim, 64);
  EXPECT_EQ(c.rope.theta, 500000);
  EXPECT_EQ(c.rope.scaling.factor, 32);
  EXPECT_EQ(c.rope.scaling.original_max_position, 8192);
  EXPECT_TRUE(c.tied_embeddings);
  EXPECT_EQ(c.dtype, bf16);
  EXPECT_EQ(c.eos, (Ints{128001, 128008, 128009}));
  json biased = llama_3_2_1b();
  biased["attention_bias"] = biased["mlp_bias"] = true;
  const ModelConfig b = parse(biased);
  EXPECT_TRUE(b.qkv_bias && b.out_bias && b.mlp_bias);
}

TEST(LlmModelConfig, Qwen) {
  EXPECT_TRUE(fixture("tests/data/llm/qwen2").eos.empty());
  const ModelConfig c = fixture("tests/data/llm/qwen3");
  EXPECT_EQ(c.family, Family::qwen3);
  EXPECT_EQ(c.head_dim, 64); // heads x head_dim is not the hidden size
  EXPECT_TRUE(c.head_norms);
  EXPECT_FALSE(c.qkv_bias);
  json without = qwen3_0_6b();
  without.erase("head_dim");
  EXPECT_EQ(parse(without).head_dim, 128);
  EXPECT_EQ(parse(r1_distill_qwen_1_5b()).head_dim, 128);
}

TEST(LlmModelConfig, Qwen3Moe) {
  const ModelConfig c = fixture("tests/data/llm/qwen3moe");
  EXPECT_EQ(c.family, Family::qwen3_moe);
  EXPECT_EQ(c.experts.experts, 8);
  EXPECT_EQ(c.experts.per_token, 2);
  EXPECT_EQ(c.experts.intermediate, 96);
  EXPECT_EQ(c.experts.shared, 0);
  EXPECT_FALSE(c.experts.sigmoid);
  EXPECT_TRUE(c.experts.renormalize);
  EXPECT_TRUE(c.has_experts(0) && c.has_experts(1));
  json tree = qwen3_30b_a3b();
  EXPECT_EQ(parse(tree).experts.experts, 128);
  tree["num_hidden_layers"] = 6;
  tree["decoder_sparse_step"] = 2;
  tree["mlp_only_layers"] = {3, 4};
  tree.erase("norm_topk_prob");
  EXPECT_EQ(parse(tree).experts.dense_layers, (Ints{0, 2, 3, 4}));
  EXPECT_FALSE(parse(tree).experts.renormalize);
  EXPECT_FALSE(parse(tree).has_experts(3));
  EXPECT_TRUE(parse(tree).has_experts(5));
  EXPECT_FALSE(parse(qwen3_0_6b()).has_experts(0));
}

TEST(LlmModelConfig, DeepSeek5) {
  const ModelConfig c = fixture("tests/data/llm/deepseek_v3_fp8");
  EXPECT_EQ(c.family, Family::deepseek_v3);
  EXPECT_EQ(c.latent.q_rank, 144);
  EXPECT_EQ(c.latent.kv_rank, 144);
  EXPECT_EQ(c.latent.nope_dim, 32);
  EXPECT_EQ(c.latent.rope_dim, 16);
  EXPECT_EQ(c.latent.v_dim, 32);
  EXPECT_EQ(c.head_dim, 48);
  EXPECT_EQ(c.experts.experts, 8);
  EXPECT_EQ(c.experts.shared, 1);
  EXPECT_EQ(c.experts.groups, 4);
  EXPECT_EQ(c.experts.top_groups, 2);
  EXPECT_EQ(c.experts.routed_scale, 2.5);
  EXPECT_TRUE(c.experts.sigmoid && c.experts.renormalize);
  EXPECT_EQ(c.experts.dense_layers, Ints{0});
  EXPECT_EQ(c.extra_layers, 1);
  EXPECT_EQ(c.rope.kind, "yarn");
  EXPECT_EQ(c.rope.scaling.factor, 8);
  EXPECT_EQ(c.rope.scaling.original_max_position, 64);
  EXPECT_EQ(c.rope.scaling.mscale, 1);
  EXPECT_EQ(c.rope.scaling.mscale_all_dim, 1);
  EXPECT_TRUE(c.rope.interleaved);
  EXPECT_EQ(c.block_scales.block_rows, 128);
  EXPECT_EQ(c.block_scales.block_columns, 128);
  EXPECT_FALSE(c.block_scales.ue8m0);
  EXPECT_EQ(fixture("tests/data/llm/deepseek_v3").block_scales.block_rows, 0);
}

TEST(LlmModelConfig, DeepSeek4) {
  json tree = deepseek_v3();
  const ModelConfig c = parse(tree);
  EXPECT_EQ(c.rope.kind, "yarn");
  EXPECT_EQ(c.rope.scaling.factor, 40);
  EXPECT_EQ(c.rope.scaling.beta_fast, 32);
  EXPECT_EQ(c.rope.scaling.original_max_position, 4096);
  EXPECT_EQ(c.experts.dense_layers, (Ints{0, 1, 2}));
  tree["quantization_config"]["scale_fmt"] = "ue8m0";
  tree["q_lora_rank"] = nullptr;
  tree["rope_interleave"] = false;
  EXPECT_TRUE(parse(tree).block_scales.ue8m0);
  EXPECT_EQ(parse(tree).latent.q_rank, 0);
  EXPECT_FALSE(parse(tree).rope.interleaved);
}

TEST(LlmModelConfig, RopeSpellings) {
  json tree = r1_distill_qwen_1_5b();
  EXPECT_EQ(parse(tree).rope.theta, 10000);
  tree.erase("rope_theta");
  tree["rope_parameters"] = {{"rope_theta", 1e6}, {"rope_type", "default"}};
  EXPECT_EQ(parse(tree).rope.theta, 1e6);
  tree["rope_theta"] = 1e4; // version 5 reads its own
  EXPECT_EQ(parse(tree).rope.theta, 1e6);
  tree.erase("rope_parameters");
  tree["rope_scaling"] = {{"type", "linear"}, {"factor", 2}};
  EXPECT_EQ(parse(tree).rope.kind, "linear");
  EXPECT_EQ(parse(tree).rope.scaling.factor, 2);
  // As Qwen's model cards tell to switch YaRN on; the length may be left out.
  tree["rope_scaling"] = {{"type", "yarn"}, {"factor", 4.0}};
  EXPECT_EQ(parse(tree).rope.scaling.original_max_position, 131072);
  EXPECT_EQ(parse(tree).rope.scaling.mscale, 0);
}

TEST(LlmModelConfig, Dtypes) {
  json tree = r1_distill_qwen_1_5b();
  tree["dtype"] = "float16"; // the newer name is taken
  EXPECT_EQ(parse(tree).dtype, f16);
  tree.erase("dtype");
  tree["torch_dtype"] = "torch.float32";
  EXPECT_EQ(parse(tree).dtype, f32);
  tree.erase("torch_dtype");
  EXPECT_EQ(parse(tree).dtype, bf16);
}

TEST(LlmModelConfig, Windows) {
  json tree = r1_distill_qwen_1_5b();
  tree["num_hidden_layers"] = 4;
  tree["max_window_layers"] = 3;
  EXPECT_EQ(parse(tree).windows, Ints(4, 0)); // switched off
  tree["use_sliding_window"] = true;
  EXPECT_EQ(parse(tree).windows, (Ints{0, 0, 0, 4096}));
  tree["layer_types"] = {"sliding_attention", "full_attention",
                         "full_attention", "full_attention"};
  EXPECT_EQ(parse(tree).windows, (Ints{4096, 0, 0, 0}));
  json moe = qwen3_30b_a3b();
  moe["num_hidden_layers"] = 2;
  moe["sliding_window"] = 100;
  EXPECT_EQ(parse(moe).windows, Ints(2, 0));
  moe["use_sliding_window"] = true; // all layers, as in transformers
  EXPECT_EQ(parse(moe).windows, Ints(2, 100));
  json llama = llama_3_2_1b();
  llama["use_sliding_window"] = true;
  EXPECT_EQ(parse(llama).windows, Ints(16, 0));
}

TEST(LlmModelConfig, FamilyByTypeWhereThereIsNoArchitecture) {
  json tree = qwen3_0_6b();
  tree.erase("architectures");
  EXPECT_EQ(parse(tree).architecture, "Qwen3ForCausalLM");
  tree = deepseek_v3();
  tree["model_type"] = "kimi_k2"; // the architecture is what counts
  EXPECT_EQ(parse(tree).family, Family::deepseek_v3);
  EXPECT_EQ(llm::name(Family::qwen3_moe), "qwen3_moe");
}

TEST(LlmModelConfig, EndsAreSortedOnce) {
  json tree = r1_distill_qwen_1_5b();
  tree["eos_token_id"] = {9, 3, 9};
  tree["bos_token_id"] = nullptr;
  EXPECT_EQ(parse(tree).eos, (Ints{3, 9}));
  EXPECT_EQ(parse(tree).bos, std::nullopt);
}

} // namespace
} // namespace girih::testing
