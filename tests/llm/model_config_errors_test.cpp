// SPDX-License-Identifier: Apache-2.0
// One wrong field at a time: the error names it.
#include "expect_model_error.h"
#include "known_configs.h"
#include "safetensors_bytes.h"

#include "girih/examples/llm/config/model_config.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using nlohmann::json;

// `value` as JSON text; "-" removes the field.
void expect_error(json tree, const std::string &pointer,
                  const std::string &value, const std::string &field,
                  const std::string &words) {
  SCOPED_TRACE(pointer + " = " + value);
  const json::json_pointer place(pointer);
  if (value == "-")
    tree[place.parent_pointer()].erase(place.back());
  else
    tree[place] = json::parse(value);
  expect_model_error(
      [&] { llm::parse_model_config(tree.dump(), "config.json"); },
      "config.json", field, words);
}

// The same where the field is at the root.
void expect_error(const json &tree, const std::string &field,
                  const std::string &value, const std::string &words) {
  expect_error(tree, "/" + field, value, field, words);
}

TEST(LlmModelConfigErrors, Files) {
  ModelFolder folder;
  const std::string file = (folder.path() / "config.json").string();
  expect_model_error([&] { llm::read_model_config(folder.path()); }, file, "",
                     "there is no such file");
  folder.write("config.json", "[]");
  expect_model_error([&] { llm::read_model_config(folder.path()); }, file, "",
                     "must be an object, not array");
  folder.write("config.json", "{\"vocab_size\":");
  expect_model_error([&] { llm::read_model_config(folder.path()); }, file,
                     "line 1, column 15", "is not valid JSON");
  folder.write("config.json", std::string((4 << 20) + 1, ' '));
  expect_model_error([&] { llm::read_model_config(folder.path()); }, file, "",
                     "more than the 4194304");
}

TEST(LlmModelConfigErrors, Architectures) {
  const json tree = r1_distill_qwen_1_5b();
  const std::string known =
      "these are: Qwen2ForCausalLM, LlamaForCausalLM, Qwen3ForCausalLM, "
      "Qwen3MoeForCausalLM, DeepseekV3ForCausalLM";
  expect_error(tree, "architectures", R"(["GPT2LMHeadModel"])",
               "GPT2LMHeadModel is not known here; " + known);
  expect_error(tree, "architectures", R"("Qwen2ForCausalLM")",
               "must be a list");
  expect_error(tree, "/architectures", "[1]", "architectures[0]",
               "must be a string, not 1");
  json none = tree;
  none.erase("architectures");
  expect_error(none, "model_type", R"("gpt2")", "gpt2 is not known here");
  expect_error(none, "model_type", "-", "none is not known here; " + known);
}

TEST(LlmModelConfigErrors, Sizes) {
  const json tree = r1_distill_qwen_1_5b();
  for (const char *field :
       {"hidden_size", "intermediate_size", "num_hidden_layers",
        "num_attention_heads", "vocab_size", "max_position_embeddings"}) {
    for (const char *value :
         {"0", "-1", "1.5", "\"8\"", "true", "[8]", "9223372036854775807",
          "18446744073709551615", "1e300"})
      expect_error(tree, field, value, "must be a whole number from 1 to ");
    expect_error(tree, field, "-", "is missing");
    expect_error(tree, field, "null", "is missing");
  }
  expect_error(tree, "num_hidden_layers", "1025", "from 1 to 1024");
  expect_error(tree, "num_attention_heads", "1025", "from 1 to 1024");
  expect_error(tree, "vocab_size", "4194305", "from 1 to 4194304");
  expect_error(tree, "num_key_value_heads", "13", "from 1 to 12");
  expect_error(tree, "num_key_value_heads", "5",
               "5 must divide num_attention_heads, 12");
  expect_error(tree, "hidden_size", "1537",
               "must be a multiple of num_attention_heads, 12");
  expect_error(tree, "hidden_size", "12300",
               "gives heads of 1025 numbers, more than 1024");
  expect_error(tree, "head_dim", "1026", "from 1 to 1024");
  expect_error(tree, "head_dim", "127", "must be even");
  expect_error(tree, "rms_norm_eps", "-1", "from 0 to 1");
  expect_error(tree, "rms_norm_eps", "\"1e-6\"", "must be a number");
  expect_error(tree, "hidden_act", R"("gelu")", "must be silu, not gelu");
  expect_error(tree, "torch_dtype", R"("int8")", "not int8");
  expect_error(tree, "tie_word_embeddings", "0", "must be true or false");
  expect_error(tree, "bos_token_id", "151936", "from 0 to 151935");
  expect_error(tree, "eos_token_id", "-1", "from 0 to 151935");
  expect_error(tree, "/eos_token_id", "[1,151936]", "eos_token_id[1]",
               "from 0 to 151935");
}

TEST(LlmModelConfigErrors, Rope) {
  const json tree = llama_3_2_1b();
  expect_error(tree, "rope_theta", "1", "must be a number from 1.001");
  expect_error(tree, "rope_theta", "1e16", "must be a number");
  expect_error(tree, "rope_scaling", "[]", "must be an object");
  expect_error(tree, "partial_rotary_factor", "0.5", "must be 1");
  auto scaling = [&](const char *name, const char *value, const char *words) {
    expect_error(tree, "/rope_scaling/" + std::string(name), value,
                 "rope_scaling." + std::string(name), words);
  };
  scaling("rope_type", R"("dynamic")",
          "must be default, linear, llama3, yarn, not dynamic");
  scaling("factor", "0.5", "from 1 to");
  scaling("factor", "-", "is missing");
  scaling("low_freq_factor", "-", "is missing");
  scaling("high_freq_factor", "1", "must be more than low_freq_factor");
  scaling("original_max_position_embeddings", "0", "from 1 to");
  scaling("original_max_position_embeddings", "-", "is missing");
  const json yarn = deepseek_v3();
  auto yarn_scaling = [&](const char *name, const char *value,
                          const char *words) {
    expect_error(yarn, "/rope_scaling/" + std::string(name), value,
                 "rope_scaling." + std::string(name), words);
  };
  yarn_scaling("type", "1", "must be a string");
  yarn_scaling("beta_fast", "1", "must be more than beta_slow");
  yarn_scaling("mscale", "-1", "from 0 to 100");
  yarn_scaling("truncate", "false", "must be true");
  json five = tree;
  five["rope_parameters"] = {{"rope_theta", 0}};
  expect_error(five, "/rope_theta", "5e5", "rope_parameters.rope_theta",
               "from 1.001");
  for (const char *name : {"rope_parameters", "rope_scaling"}) {
    json by_kind = tree;
    by_kind.erase("rope_scaling");
    by_kind[name] = {{"full_attention", {{"rope_type", "default"}}}};
    expect_error(by_kind, "/rope_theta", "5e5",
                 name + std::string(".full_attention"),
                 "must not be an object");
  }
}

TEST(LlmModelConfigErrors, Windows) {
  json tree = r1_distill_qwen_1_5b();
  tree["use_sliding_window"] = true;
  expect_error(tree, "sliding_window", "0", "from 1 to");
  expect_error(tree, "max_window_layers", "-1", "from 0 to 1024");
  expect_error(tree, "layer_types", R"(["full_attention"])",
               "has 1 layers, the model 28");
  expect_error(tree, "layer_types", "[]", "has 0 layers, the model 28");
  tree["num_hidden_layers"] = 1;
  expect_error(tree, "/layer_types", R"(["linear_attention"])",
               "layer_types[0]", "not linear_attention");
}

TEST(LlmModelConfigErrors, Qwen3Moe) {
  const json tree = qwen3_30b_a3b();
  expect_error(tree, "num_experts", "8193", "from 1 to 8192");
  expect_error(tree, "num_experts_per_tok", "129", "from 1 to 128");
  expect_error(tree, "moe_intermediate_size", "0", "from 1 to");
  expect_error(tree, "decoder_sparse_step", "0", "from 1 to");
  expect_error(tree, "/mlp_only_layers", "[48]", "mlp_only_layers[0]",
               "from 0 to 47");
  expect_error(tree, "/num_experts", "-", "num_local_experts", "is missing");
}

TEST(LlmModelConfigErrors, DeepSeek) {
  const json tree = deepseek_v3();
  expect_error(tree, "kv_lora_rank", "0", "from 1 to");
  expect_error(tree, "kv_lora_rank", "-", "is missing");
  expect_error(tree, "q_lora_rank", "0", "from 1 to");
  expect_error(tree, "qk_rope_head_dim", "63", "must be even");
  expect_error(tree, "v_head_dim", "1025", "from 1 to 1024");
  expect_error(tree, "attention_bias", "true", "must be false");
  expect_error(tree, "num_key_value_heads", "64",
               "must be num_attention_heads, 128");
  expect_error(tree, "n_group", "3", "3 must divide n_routed_experts, 256");
  expect_error(tree, "n_group", "256", "two experts to each group");
  expect_error(tree, "topk_group", "9", "from 1 to 8");
  expect_error(tree, "num_experts_per_tok", "129",
               "129 is more than the 128 experts of topk_group groups");
  expect_error(tree, "first_k_dense_replace", "62", "from 0 to 61");
  expect_error(tree, "routed_scaling_factor", "0", "must be a number");
  expect_error(tree, "scoring_func", R"("softmax")", "must be sigmoid");
  expect_error(tree, "topk_method", R"("greedy")", "must be noaux_tc");
  expect_error(tree, "moe_layer_freq", "2", "must be 1");
}

TEST(LlmModelConfigErrors, Quantization) {
  const json tree = deepseek_v3();
  auto field = [&](const char *name, const char *value, const char *words) {
    expect_error(tree, "/quantization_config/" + std::string(name), value,
                 "quantization_config." + std::string(name), words);
  };
  field("quant_method", R"("gptq")", "must be fp8, not gptq");
  field("quant_method", "-", "is missing");
  field("fmt", R"("e5m2")", "must be e4m3");
  field("activation_scheme", R"("static")", "must be dynamic");
  field("weight_block_size", "128", "must be two numbers, not 1");
  field("weight_block_size", "[1,2,3]", "must be two numbers, not 3");
  field("weight_block_size", "-", "must be two numbers, not 0");
  field("scale_fmt", R"("e5m3")", "must be float or ue8m0");
  expect_error(tree, "/quantization_config/weight_block_size", "[128,0]",
               "quantization_config.weight_block_size[1]", "from 1 to 4096");
  json qwen = qwen3_0_6b();
  expect_error(qwen, "quantization_config", tree["quantization_config"].dump(),
               "known of DeepseekV3ForCausalLM only");
}

} // namespace
} // namespace girih::testing
