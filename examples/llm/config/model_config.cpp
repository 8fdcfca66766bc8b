// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/config/model_config.h"

#include "girih/examples/llm/config/config_parts.h"
#include "girih/examples/llm/error.h"
#include "girih/examples/llm/files/json.h"
#include "girih/examples/llm/files/mapped_file.h"

#include <fmt/format.h>

#include <algorithm>

namespace girih::llm {
namespace {

constexpr std::size_t most_config_bytes = std::size_t{4} << 20;

struct KnownFamily {
  Family family;
  std::string_view architecture, model_type;
};

constexpr KnownFamily families[] = {
    {Family::qwen2, "Qwen2ForCausalLM", "qwen2"},
    {Family::llama, "LlamaForCausalLM", "llama"},
    {Family::qwen3, "Qwen3ForCausalLM", "qwen3"},
    {Family::qwen3_moe, "Qwen3MoeForCausalLM", "qwen3_moe"},
    {Family::deepseek_v3, "DeepseekV3ForCausalLM", "deepseek_v3"},
};

[[noreturn]] void unknown_architecture(const JsonFields &fields,
                                       const std::string &field,
                                       const std::string &found) {
  std::string known;
  for (const KnownFamily &each : families)
    known += fmt::format("{}{}", known.empty() ? "" : ", ", each.architecture);
  fields.fail(field,
              fmt::format("{} is not known here; these are: {}",
                          found.empty() ? "none" : printable(found), known));
}

// Models with other model_types (such as kimi_k2) may have a known
// architecture: it says which forward pass is meant. Without one the
// model_type has to do.
void read_family(const JsonFields &fields, ModelConfig &config) {
  const std::vector<std::string> architectures = fields.texts("architectures");
  const std::string type = fields.text("model_type").value_or("");
  const bool by_type = architectures.empty();
  const std::string &wanted = by_type ? type : architectures.front();
  for (const KnownFamily &each : families)
    if (wanted == (by_type ? each.model_type : each.architecture)) {
      config.family = each.family;
      config.architecture = each.architecture;
      return;
    }
  unknown_architecture(fields, by_type ? "model_type" : "architectures",
                       wanted);
}

DType read_dtype(const JsonFields &fields) {
  struct Known {
    std::string_view name;
    DType dtype;
  };
  static constexpr Known known[] = {
      {"bfloat16", bf16}, {"float16", f16}, {"float32", f32}};
  const char *field = fields.has("dtype") ? "dtype" : "torch_dtype";
  std::optional<std::string> text = fields.text(field);
  if (!text)
    return bf16;
  std::string_view wanted = *text;
  if (wanted.starts_with("torch."))
    wanted.remove_prefix(6);
  for (const Known &each : known)
    if (each.name == wanted)
      return each.dtype;
  fields.fail(field, fmt::format("must be bfloat16, float16 or float32, "
                                 "not {}",
                                 printable(wanted)));
}

void read_sizes(const JsonFields &fields, ModelConfig &config) {
  config.hidden = fields.integer("hidden_size", 1, most_hidden);
  config.intermediate =
      fields.integer("intermediate_size", 1, most_intermediate);
  config.layers = fields.integer("num_hidden_layers", 1, most_layers);
  config.heads = fields.integer("num_attention_heads", 1, most_heads);
  config.kv_heads =
      fields.integer("num_key_value_heads", 1, config.heads, config.heads);
  config.vocabulary = fields.integer("vocab_size", 1, most_vocabulary);
  config.max_positions =
      fields.integer("max_position_embeddings", 1, most_positions);
  config.norm_eps = fields.number("rms_norm_eps", 0, 1, 1e-6);
  if (config.heads % config.kv_heads != 0)
    fields.fail("num_key_value_heads",
                fmt::format("{} must divide num_attention_heads, {}",
                            config.kv_heads, config.heads));
  std::string activation = fields.text("hidden_act").value_or("silu");
  if (activation != "silu")
    fields.fail("hidden_act",
                fmt::format("must be silu, not {}", printable(activation)));
}

// Of families whose heads are plain; Qwen3's have 128 unless the file says.
void read_heads(const JsonFields &fields, ModelConfig &config) {
  std::optional<std::int64_t> fallback;
  if (config.family == Family::qwen3 || config.family == Family::qwen3_moe)
    fallback = 128;
  else if (config.hidden % config.heads == 0)
    fallback = config.hidden / config.heads;
  else if (!fields.has("head_dim"))
    fields.fail("hidden_size",
                fmt::format("{} must be a multiple of num_attention_heads, {}, "
                            "where there is no head_dim",
                            config.hidden, config.heads));
  config.head_dim = fields.integer("head_dim", 1, most_head_dim, fallback);
  // Where it follows from other fields it has been through no range yet.
  if (config.head_dim > most_head_dim)
    fields.fail("hidden_size",
                fmt::format("gives heads of {} numbers, more than {}",
                            config.head_dim, most_head_dim));
  if (config.head_dim % 2 != 0)
    fields.fail("head_dim",
                fmt::format("must be even, not {}", config.head_dim));
}

void read_biases(const JsonFields &fields, ModelConfig &config) {
  const bool attention = fields.boolean("attention_bias", false);
  switch (config.family) {
  case Family::qwen2:
    config.qkv_bias = true;
    break;
  case Family::llama:
    config.qkv_bias = config.out_bias = attention;
    config.mlp_bias = fields.boolean("mlp_bias", false);
    break;
  case Family::qwen3:
  case Family::qwen3_moe:
    config.qkv_bias = config.out_bias = attention;
    config.head_norms = true;
    break;
  case Family::deepseek_v3:
    if (attention)
      fields.fail("attention_bias",
                  "must be false: latent attention has no biases here");
    break;
  }
}

void read_deepseek(const JsonFields &fields, ModelConfig &config) {
  config.latent = read_latent(fields);
  config.head_dim = config.latent.nope_dim + config.latent.rope_dim;
  if (config.kv_heads != config.heads)
    fields.fail("num_key_value_heads",
                fmt::format("must be num_attention_heads, {}, not {}",
                            config.heads, config.kv_heads));
  config.experts = read_sigmoid_experts(fields, config);
  config.extra_layers =
      fields.integer("num_nextn_predict_layers", 0, most_layers, 0);
}

} // namespace

std::string_view name(Family family) {
  for (const KnownFamily &each : families)
    if (each.family == family)
      return each.model_type;
  return "";
}

bool ModelConfig::has_experts(std::int64_t layer) const {
  return experts.experts > 0 &&
         !std::binary_search(experts.dense_layers.begin(),
                             experts.dense_layers.end(), layer);
}

ModelConfig parse_model_config(std::string_view text, const std::string &file) {
  const nlohmann::json tree =
      parse_json(text, file, {.bytes = most_config_bytes});
  const JsonFields fields(tree, file);
  ModelConfig config;
  read_family(fields, config);
  read_sizes(fields, config);
  config.dtype = read_dtype(fields);
  config.tied_embeddings = fields.boolean("tie_word_embeddings", false);
  read_biases(fields, config);
  if (config.family == Family::deepseek_v3)
    read_deepseek(fields, config);
  else
    read_heads(fields, config);
  if (config.family == Family::qwen3_moe)
    config.experts = read_softmax_experts(fields, config);
  config.rope = read_rope(fields, config);
  config.windows = read_windows(fields, config);
  config.block_scales = read_block_scales(fields, config);
  config.bos = read_bos(fields, config);
  config.eos = read_eos(fields, config);
  return config;
}

ModelConfig read_model_config(const std::filesystem::path &directory) {
  const std::filesystem::path path = directory / "config.json";
  return parse_model_config(read_file(path, most_config_bytes), path.string());
}

} // namespace girih::llm
