// SPDX-License-Identifier: Apache-2.0
// Sizes of published models.
#include "known_configs.h"

#include "girih/examples/llm/config/model_config.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

llm::ModelConfig parse(const nlohmann::json &tree) {
  return llm::parse_model_config(tree.dump(), "config.json");
}

TEST(LlmModelSize, Parameters) {
  EXPECT_EQ(parse(r1_distill_qwen_1_5b()).parameters(), 1'777'088'000);
  EXPECT_EQ(parse(llama_3_8b()).parameters(), 8'030'261'248);
  EXPECT_EQ(parse(qwen3_0_6b()).parameters(), 596'049'920);
  EXPECT_EQ(parse(llama_3_2_1b()).parameters(), 1'235'814'400);
  EXPECT_EQ(parse(qwen3_30b_a3b()).parameters(), 30'532'122'624);
  EXPECT_EQ(parse(deepseek_v3()).parameters(), 671'026'419'200);
}

// 3.09 GB in bf16, as issue 5 counts them; 3.3 of 30 and 37 of 671 milliards.
TEST(LlmModelSize, ParametersOfAToken) {
  EXPECT_EQ(parse(r1_distill_qwen_1_5b()).parameters_of_token(),
            1'777'088'000 - 151'935ll * 1536);
  EXPECT_EQ(parse(llama_3_2_1b()).parameters_of_token(), 1'235'814'400 + 2048);
  EXPECT_NEAR(static_cast<double>(parse(qwen3_30b_a3b()).parameters_of_token()),
              3.0e9, 0.1e9);
  EXPECT_NEAR(static_cast<double>(parse(deepseek_v3()).parameters_of_token()),
              36.6e9, 0.5e9);
}

TEST(LlmModelSize, Cache) {
  EXPECT_EQ(parse(r1_distill_qwen_1_5b()).cache_bytes_of_token(bf16), 28'672);
  EXPECT_EQ(parse(r1_distill_qwen_1_5b()).cache_bytes_of_token(f32), 57'344);
  EXPECT_EQ(parse(deepseek_v3()).cache_bytes_of_token(bf16), 70'272);
}

// The largest values that are allowed must not overflow.
TEST(LlmModelSize, Extremes) {
  nlohmann::json tree = deepseek_v3();
  tree["hidden_size"] = tree["q_lora_rank"] = tree["kv_lora_rank"] = 1 << 17;
  tree["intermediate_size"] = tree["moe_intermediate_size"] = 1 << 18;
  tree["num_hidden_layers"] = 1024;
  tree["num_attention_heads"] = tree["num_key_value_heads"] = 1024;
  tree["qk_nope_head_dim"] = tree["qk_rope_head_dim"] = tree["v_head_dim"] =
      1024;
  tree["n_routed_experts"] = tree["num_experts_per_tok"] = 8192;
  tree["topk_group"] = 8;
  tree["n_shared_experts"] = 64;
  tree["vocab_size"] = 1 << 22;
  const llm::ModelConfig config = parse(tree);
  EXPECT_GT(config.parameters(), std::int64_t{1} << 59);
  EXPECT_GT(config.parameters_of_token(), std::int64_t{1} << 59);
  EXPECT_GT(config.cache_bytes_of_token(f64), 0);
}

} // namespace
} // namespace girih::testing
