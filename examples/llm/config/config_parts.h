// SPDX-License-Identifier: Apache-2.0
// The parts of config.json, each read by a function of its own.
#pragma once

#include "girih/examples/llm/config/model_config.h"
#include "girih/examples/llm/files/json_fields.h"

namespace girih::llm {

// Products of these that a model's sizes are made of stay below 2^63.
inline constexpr std::int64_t most_layers = 1024, most_heads = 1024,
                              most_head_dim = 1024,
                              most_vocabulary = std::int64_t{1} << 22,
                              most_hidden = std::int64_t{1} << 17,
                              most_intermediate = std::int64_t{1} << 18,
                              most_positions = std::int64_t{1} << 26,
                              most_experts = 8192;

/// rope_parameters, or rope_theta and rope_scaling; max_positions is known.
RopeConfig read_rope(const JsonFields &fields, const ModelConfig &config);

/// Of each layer; layers are known.
std::vector<std::int64_t> read_windows(const JsonFields &fields,
                                       const ModelConfig &config);

/// Qwen3-MoE's and DeepSeek-V3's fields.
ExpertsConfig read_softmax_experts(const JsonFields &fields,
                                   const ModelConfig &config);
ExpertsConfig read_sigmoid_experts(const JsonFields &fields,
                                   const ModelConfig &config);

/// DeepSeek-V3's fields of attention.
LatentConfig read_latent(const JsonFields &fields);

/// quantization_config: fp8 with block scales, or none.
BlockScalesConfig read_block_scales(const JsonFields &fields,
                                    const ModelConfig &config);

/// bos_token_id and eos_token_id of config.json or generation_config.json;
/// vocabulary is known.
std::optional<std::int64_t> read_bos(const JsonFields &fields,
                                     const ModelConfig &config);
std::vector<std::int64_t> read_eos(const JsonFields &fields,
                                   const ModelConfig &config);

} // namespace girih::llm
