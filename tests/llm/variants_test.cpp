// SPDX-License-Identifier: Apache-2.0
// What configs may ask for and no fixture does: models of random weights, whose
// steps of decoding are held against one pass through all tokens.
#include "girih/tests/llm/reference.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>

namespace girih::testing {
namespace {

using namespace llm;
using nlohmann::json;

class LlmVariants : public LlmOnDevice {};
GIRIH_ON_HOST_AND_CUDA(LlmVariants);

json dense(const char *architecture, const char *type) {
  return {{"architectures", {architecture}},
          {"model_type", type},
          {"hidden_size", 64},
          {"intermediate_size", 96},
          {"num_hidden_layers", 3},
          {"num_attention_heads", 4},
          {"num_key_value_heads", 2},
          {"vocab_size", 200},
          {"max_position_embeddings", 256},
          {"rms_norm_eps", 1e-6},
          {"rope_theta", 10000.0},
          {"hidden_act", "silu"},
          {"tie_word_embeddings", false},
          {"torch_dtype", "float32"}};
}

json with(json config, const json &changes) {
  config.update(changes);
  return config;
}

const json deepseek = with(dense("DeepseekV3ForCausalLM", "deepseek_v3"),
                           {{"num_key_value_heads", 4},
                            {"kv_lora_rank", 24},
                            {"qk_nope_head_dim", 12},
                            {"qk_rope_head_dim", 8},
                            {"v_head_dim", 20},
                            {"first_k_dense_replace", 1},
                            {"moe_intermediate_size", 40},
                            {"n_routed_experts", 8},
                            {"n_shared_experts", 2},
                            {"n_group", 4},
                            {"topk_group", 2},
                            {"num_experts_per_tok", 3},
                            {"routed_scaling_factor", 2.5},
                            {"norm_topk_prob", true},
                            {"scoring_func", "sigmoid"},
                            {"topk_method", "noaux_tc"},
                            {"rope_interleave", true}});

const std::vector<std::pair<const char *, json>> variants{
    {"windows",
     with(dense("Qwen2ForCausalLM", "qwen2"), {{"use_sliding_window", true},
                                               {"sliding_window", 7},
                                               {"max_window_layers", 1}})},
    {"one head of keys",
     with(dense("Qwen2ForCausalLM", "qwen2"),
          {{"num_key_value_heads", 1}, {"tie_word_embeddings", true}})},
    {"biases", with(dense("LlamaForCausalLM", "llama"),
                    {{"attention_bias", true}, {"mlp_bias", true}})},
    {"odd sizes",
     with(dense("LlamaForCausalLM", "llama"), {{"hidden_size", 60},
                                               {"intermediate_size", 91},
                                               {"head_dim", 18},
                                               {"vocab_size", 203}})},
    {"linear rope",
     with(dense("LlamaForCausalLM", "llama"),
          {{"rope_scaling", {{"rope_type", "linear"}, {"factor", 4.0}}}})},
    {"wide heads",
     with(dense("Qwen3ForCausalLM", "qwen3"), {{"head_dim", 32}})},
    {"some layers with experts", with(dense("Qwen3MoeForCausalLM", "qwen3_moe"),
                                      {{"head_dim", 16},
                                       {"num_experts", 5},
                                       {"num_experts_per_tok", 2},
                                       {"moe_intermediate_size", 24},
                                       {"norm_topk_prob", false},
                                       {"decoder_sparse_step", 2},
                                       {"mlp_only_layers", json::array()}})},
    {"queries of one product", with(deepseek, {{"q_lora_rank", nullptr}})},
    {"queries of two products", with(deepseek, {{"q_lora_rank", 20}})},
};

std::vector<Request> some_requests(std::int64_t vocabulary) {
  std::mt19937 random(5);
  std::vector<Request> requests(3);
  for (std::size_t at = 0; at < requests.size(); ++at) {
    requests[at].prompt.resize(1 + 22 * at);
    for (auto &token : requests[at].prompt)
      token = static_cast<std::int32_t>(random() %
                                        static_cast<unsigned>(vocabulary));
    requests[at].max_new = 12;
  }
  return requests;
}

TEST_P(LlmVariants, StepsGiveWhatOnePassGives) {
  for (const auto &[name, text] : variants) {
    SCOPED_TRACE(name);
    const ModelConfig config = parse_model_config(text.dump(), name);
    RandomWeights weights(config);
    const Model model =
        load_model(config, weights, {.dtype = f32, .device = device()});
    Engine engine(model, {.max_batch = 3, .chunk = 16});
    const auto requests = some_requests(config.vocabulary);
    const auto done = engine.generate(requests);
    for (std::size_t at = 0; at < requests.size(); ++at) {
      auto tokens = requests[at].prompt;
      tokens.insert(tokens.end(), done[at].tokens.begin(),
                    done[at].tokens.end());
      const Array logits = all_logits(model, tokens);
      const auto first = static_cast<std::int64_t>(requests[at].prompt.size());
      for (std::size_t i = 0; i < done[at].tokens.size(); ++i) {
        const auto row =
            logits.select(0, first - 1 + static_cast<std::int64_t>(i))
                .to_vector();
        EXPECT_EQ(std::ranges::max_element(row) - row.begin(),
                  done[at].tokens[i])
            << "request " << at << " token " << i;
      }
    }
  }
}

// A window hides what is before it: the logits do not depend on that.
TEST_P(LlmVariants, WindowsHideOldTokens) {
  json text = variants[0].second;
  text["max_window_layers"] = 0;
  text["num_hidden_layers"] = 1;
  const ModelConfig config = parse_model_config(text.dump(), "windows");
  RandomWeights weights(config);
  const Model model =
      load_model(config, weights, {.dtype = f32, .device = device()});
  std::vector<std::int32_t> tokens(20, 3);
  const auto last = [&] {
    return all_logits(model, tokens).select(0, 19).to_vector();
  };
  const auto before = last();
  tokens[12] = 9; // eight tokens back
  EXPECT_EQ(last(), before);
  tokens[13] = 9;
  EXPECT_NE(last(), before);
}

TEST_P(LlmVariants, RandomWeightsAreTheSameAgain) {
  const ModelConfig config = parse_model_config(deepseek.dump(), "config.json");
  const auto logits = [&](std::uint64_t seed) {
    RandomWeights weights(config, seed);
    return all_logits(
               load_model(config, weights, {.dtype = f32, .device = device()}),
               std::vector<std::int32_t>{1, 2, 3})
        .to_vector();
  };
  const auto first = logits(0);
  EXPECT_EQ(logits(0), first);
  EXPECT_NE(logits(1), first);
}

} // namespace
} // namespace girih::testing
