// SPDX-License-Identifier: Apache-2.0
// Windows of attention, and DeepSeek-V3's latent attention.
#include "girih/examples/llm/config/config_parts.h"

#include "girih/examples/llm/files/json.h"

#include <fmt/format.h>

namespace girih::llm {

// As transformers does it: Qwen2 and Qwen3 have windows in the layers from
// max_window_layers on, unless layer_types says otherwise; Qwen3-MoE in all of
// them; the other families in none. use_sliding_window switches all off.
std::vector<std::int64_t> read_windows(const JsonFields &fields,
                                       const ModelConfig &config) {
  std::vector<std::int64_t> windows(static_cast<std::size_t>(config.layers), 0);
  const bool qwen = config.family == Family::qwen2 ||
                    config.family == Family::qwen3 ||
                    config.family == Family::qwen3_moe;
  if (!qwen || !fields.boolean("use_sliding_window", false))
    return windows;
  const std::int64_t window =
      fields.integer("sliding_window", 1, most_positions, 4096);
  if (config.family == Family::qwen3_moe)
    return std::vector(windows.size(), window);
  const std::int64_t first =
      fields.integer("max_window_layers", 0, most_layers, 28);
  const std::vector<std::string> types = fields.texts("layer_types");
  if (fields.has("layer_types") && types.size() != windows.size())
    fields.fail("layer_types", fmt::format("has {} layers, the model {}",
                                           types.size(), windows.size()));
  for (std::size_t i = 0; i < windows.size(); ++i) {
    if (!types.empty() && types[i] != "full_attention" &&
        types[i] != "sliding_attention")
      fields.fail(fmt::format("layer_types[{}]", i),
                  fmt::format("must be full_attention or sliding_attention, "
                              "not {}",
                              printable(types[i])));
    const bool slides = types.empty() ? static_cast<std::int64_t>(i) >= first
                                      : types[i] == "sliding_attention";
    windows[i] = slides ? window : 0;
  }
  return windows;
}

LatentConfig read_latent(const JsonFields &fields) {
  LatentConfig latent;
  latent.q_rank = fields.integer("q_lora_rank", 1, most_hidden, 0);
  latent.kv_rank = fields.integer("kv_lora_rank", 1, most_hidden);
  latent.nope_dim = fields.integer("qk_nope_head_dim", 1, most_head_dim);
  latent.rope_dim = fields.integer("qk_rope_head_dim", 2, most_head_dim);
  latent.v_dim = fields.integer("v_head_dim", 1, most_head_dim);
  if (latent.rope_dim % 2 != 0)
    fields.fail("qk_rope_head_dim",
                fmt::format("must be even, not {}", latent.rope_dim));
  return latent;
}

} // namespace girih::llm
