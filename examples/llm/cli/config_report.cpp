// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/cli/config_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace girih::llm {
namespace {

using Json = nlohmann::ordered_json;

Json rope_of(const RopeConfig &rope) {
  const ops::RotaryScaling &scaling = rope.scaling;
  Json out{{"type", rope.kind}, {"theta", rope.theta}};
  if (rope.kind != "default")
    out["factor"] = scaling.factor;
  if (rope.kind == "llama3") {
    out["low_freq_factor"] = scaling.low_freq_factor;
    out["high_freq_factor"] = scaling.high_freq_factor;
  }
  if (rope.kind == "yarn") {
    out["beta_fast"] = scaling.beta_fast;
    out["beta_slow"] = scaling.beta_slow;
    out["mscale"] = scaling.mscale;
    out["mscale_all_dim"] = scaling.mscale_all_dim;
  }
  if (rope.kind == "llama3" || rope.kind == "yarn")
    out["original_max_positions"] = scaling.original_max_position;
  if (rope.interleaved)
    out["interleaved"] = true;
  return out;
}

Json experts_of(const ExpertsConfig &experts) {
  Json out{{"experts", experts.experts},
           {"per_token", experts.per_token},
           {"shared", experts.shared},
           {"intermediate", experts.intermediate},
           {"scores", experts.sigmoid ? "sigmoid" : "softmax"},
           {"renormalized", experts.renormalize}};
  if (experts.groups > 1) {
    out["groups"] = experts.groups;
    out["top_groups"] = experts.top_groups;
  }
  if (experts.routed_scale != 1)
    out["routed_scale"] = experts.routed_scale;
  out["dense_layers"] = experts.dense_layers.size();
  return out;
}

Json latent_of(const LatentConfig &latent) {
  return {{"q_rank", latent.q_rank},
          {"kv_rank", latent.kv_rank},
          {"nope_dim", latent.nope_dim},
          {"rope_dim", latent.rope_dim},
          {"v_dim", latent.v_dim}};
}

void add_flags(const ModelConfig &config, Json &out) {
  out["tied_embeddings"] = config.tied_embeddings;
  Json biases = Json::array();
  if (config.qkv_bias)
    biases.push_back("qkv");
  if (config.out_bias)
    biases.push_back("out");
  if (config.mlp_bias)
    biases.push_back("mlp");
  if (!biases.empty())
    out["biases"] = biases;
  if (config.head_norms)
    out["head_norms"] = true;
}

std::string text_of(const Json &value) {
  if (value.is_string())
    return value.get<std::string>();
  if (!value.is_structured())
    return value.dump();
  std::string out;
  for (const auto &[key, each] : value.items()) {
    out += out.empty() ? "" : ", ";
    out += (value.is_object() ? key + " " : "") + text_of(each);
  }
  return out;
}

} // namespace

Json report(const ModelConfig &config) {
  Json out{{"family", name(config.family)},
           {"architecture", config.architecture},
           {"parameters", config.parameters()},
           {"layers", config.layers},
           {"hidden", config.hidden},
           {"intermediate", config.intermediate},
           {"heads", config.heads}};
  if (config.latent.kv_rank > 0) {
    out["latent"] = latent_of(config.latent);
  } else {
    out["kv_heads"] = config.kv_heads;
    out["head_dim"] = config.head_dim;
  }
  if (config.experts.experts > 0) {
    out["parameters_of_token"] = config.parameters_of_token();
    out["experts"] = experts_of(config.experts);
  }
  out["vocabulary"] = config.vocabulary;
  out["max_positions"] = config.max_positions;
  out["norm_eps"] = config.norm_eps;
  out["rope"] = rope_of(config.rope);
  std::int64_t windows = 0, window = 0;
  for (const std::int64_t each : config.windows)
    if (each > 0) {
      ++windows;
      window = each;
    }
  if (windows > 0)
    out["window"] = {{"keys", window}, {"layers", windows}};
  out["dtype"] = girih::name(config.dtype);
  if (config.block_scales.block_rows > 0)
    out["block_scales"] = {config.block_scales.block_rows,
                           config.block_scales.block_columns};
  add_flags(config, out);
  if (config.extra_layers > 0)
    out["unused_layers"] = config.extra_layers;
  if (config.bos)
    out["bos"] = *config.bos;
  out["eos"] = config.eos;
  return out;
}

Json report(const GenerationConfig &config) {
  Json out{{"sampled", config.sample}};
  if (config.sample) {
    out["temperature"] = config.temperature;
    out["top_k"] = config.top_k;
    out["top_p"] = config.top_p;
    out["min_p"] = config.min_p;
  }
  out["repetition_penalty"] = config.repetition_penalty;
  out["eos"] = config.eos;
  return out;
}

Json report(const std::vector<ListedTensor> &tensors) {
  Json out = Json::array();
  for (const ListedTensor &each : tensors)
    out.push_back({{"name", each.name},
                   {"dtype", girih::name(each.dtype)},
                   {"shape", each.shape},
                   {"count", each.count},
                   {"bytes", each.bytes}});
  return out;
}

std::string lines_of(const Json &object) {
  std::string out;
  for (const auto &[key, value] : object.items())
    out += fmt::format("  {:<20} {}\n", key, text_of(value));
  return out;
}

} // namespace girih::llm
