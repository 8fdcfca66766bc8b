// SPDX-License-Identifier: Apache-2.0
// One text as each of the small JSON files of a model.
#include "girih/examples/llm/config/generation_config.h"
#include "girih/examples/llm/error.h"
#include "girih/examples/llm/fuzz/fuzz_target.h"
#include "girih/examples/llm/weights/default_model.h"
#include "girih/examples/llm/weights/shard_index.h"

namespace girih::llm {
namespace {

void check_config(std::string_view text) {
  const ModelConfig c = parse_model_config(text, "fuzz");
  require(c.hidden > 0 && c.layers > 0 && c.vocabulary > 0 && c.head_dim > 0);
  require(c.windows.size() == static_cast<std::size_t>(c.layers));
  require(c.heads % c.kv_heads == 0);
  require(c.rope.scaling.kind == c.rope.kind);
  require(c.parameters() > 0 && c.parameters_of_token() > 0);
  require(c.cache_bytes_of_token(f32) > 0);
  for (std::int64_t i = 0; i < c.layers; ++i)
    require(!c.has_experts(i) || c.experts.experts > 0);
  for (std::int64_t each : c.eos)
    require(each >= 0 && each < c.vocabulary);
}

void check_generation(std::string_view text) {
  static const ModelConfig model =
      parse_model_config(default_model_file("config.json").text(), "bard-5m");
  const GenerationConfig c = parse_generation_config(text, "fuzz", model);
  require(c.temperature >= 0 && c.top_p <= 1 && c.top_k >= 0);
}

void check_index(std::string_view text) {
  for (const auto &[tensor, shard] : parse_shard_index(text, "fuzz"))
    require(shard.find('/') == std::string::npos);
}

} // namespace
} // namespace girih::llm

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size) {
  using namespace girih::llm;
  for (auto *check : {check_config, check_generation, check_index})
    try {
      check(fuzz_text(data, size));
    } catch (const ModelError &) {
    }
  return 0;
}
