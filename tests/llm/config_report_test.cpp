// SPDX-License-Identifier: Apache-2.0
// What inspect says of configs.
#include "girih/examples/llm/cli/config_report.h"

#include "known_configs.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using Json = nlohmann::ordered_json;

llm::ModelConfig parse(const nlohmann::json &text) {
  return llm::parse_model_config(text.dump(), "config.json");
}

TEST(LlmConfigReport, EveryPartOfAMixtureWithLatentAttention) {
  const Json all = llm::report(parse(deepseek_v3()));
  EXPECT_EQ(all["family"], "deepseek_v3");
  EXPECT_EQ(all["layers"], 61);
  EXPECT_EQ(all["unused_layers"], 1);
  EXPECT_EQ(all["latent"], Json::parse(R"({"q_rank": 1536, "kv_rank": 512,
    "nope_dim": 128, "rope_dim": 64, "v_dim": 128})"));
  EXPECT_FALSE(all.contains("kv_heads"));
  EXPECT_EQ(all["experts"], Json::parse(R"({"experts": 256, "per_token": 8,
    "shared": 1, "intermediate": 2048, "scores": "sigmoid",
    "renormalized": true, "groups": 8, "top_groups": 4, "routed_scale": 2.5,
    "dense_layers": 3})"));
  EXPECT_EQ(all["rope"], Json::parse(R"({"type": "yarn", "theta": 10000.0,
    "factor": 40.0, "beta_fast": 32.0, "beta_slow": 1.0, "mscale": 1.0,
    "mscale_all_dim": 1.0, "original_max_positions": 4096.0,
    "interleaved": true})"));
  EXPECT_EQ(all["block_scales"], Json::parse("[128, 128]"));
  EXPECT_GT(all["parameters"], all["parameters_of_token"]);
}

TEST(LlmConfigReport, PlainModelsHaveFewerParts) {
  const Json all = llm::report(parse(llama_3_2_1b()));
  for (const char *each : {"latent", "experts", "block_scales", "window",
                           "biases", "head_norms", "parameters_of_token"})
    EXPECT_FALSE(all.contains(each)) << each;
  EXPECT_EQ(all["kv_heads"], 8);
  EXPECT_EQ(all["head_dim"], 64);
  EXPECT_EQ(all["rope"], Json::parse(R"({"type": "llama3", "theta": 500000.0,
    "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_positions": 8192.0})"));
  EXPECT_EQ(all["eos"], Json::parse("[128001, 128008, 128009]"));
  auto windowed = r1_distill_qwen_1_5b();
  windowed["use_sliding_window"] = true;
  const Json qwen = llm::report(parse(windowed));
  EXPECT_EQ(qwen["window"], Json::parse(R"({"keys": 4096, "layers": 7})"));
  EXPECT_EQ(qwen["biases"], Json::parse(R"(["qkv"])"));
}

TEST(LlmConfigReport, GenerationIsToldWhereItSamples) {
  llm::GenerationConfig config;
  EXPECT_FALSE(llm::report(config).contains("temperature"));
  config.sample = true;
  config.temperature = 0.6;
  EXPECT_EQ(llm::report(config)["temperature"], 0.6);
}

TEST(LlmConfigReport, Lines) {
  EXPECT_EQ(llm::lines_of(Json::parse(R"({"a": "text", "b": {"c": 1, "d": true},
    "e": [1, 2], "f": []})")),
            "  a                    text\n"
            "  b                    c 1, d true\n"
            "  e                    1, 2\n"
            "  f                    \n");
}

} // namespace
} // namespace girih::testing
