// SPDX-License-Identifier: Apache-2.0
// One text as each of the small JSON files of a model: config.json, and of a
// config that is accepted all that is worked out from it;
// generation_config.json of that model, or of bard-5m; the index of shards.
// Their fields have different names, so one object can be all three.
#include "girih/examples/llm/config/generation_config.h"
#include "girih/examples/llm/fuzz/config_promises.h"
#include "girih/examples/llm/fuzz/config_vocabulary.h"
#include "girih/examples/llm/fuzz/fuzz_target.h"
#include "girih/examples/llm/weights/default_model.h"
#include "girih/examples/llm/weights/shard_index.h"

#include <algorithm>
#include <cstring>
#include <optional>

namespace girih::llm {
namespace {

/// What it gives, or nothing where it throws the error that it should.
template <class Read> auto accepted(std::string_view text, Read read) {
  std::optional<decltype(read(text, std::string()))> made;
  try {
    made.emplace(read(text, "fuzz"));
  } catch (const ModelError &error) {
    check_error(error, text);
  }
  return made;
}

void check_generation(std::string_view text, const ModelConfig &model) {
  const auto c = accepted(text, [&](auto json, const std::string &file) {
    return parse_generation_config(json, file, model);
  });
  if (!c)
    return;
  require(c->temperature >= 0 && c->top_p > 0 && c->top_p <= 1);
  require(c->min_p >= 0 && c->min_p <= 1 && c->repetition_penalty > 0);
  require(c->top_k >= 0);
  for (std::int64_t each : c->eos)
    require(each >= 0 && each < model.vocabulary);
}

void check_index(std::string_view text) {
  if (const auto index = accepted(text, parse_shard_index))
    for (const auto &[tensor, shard] : *index)
      require(shard.find('/') == std::string::npos);
}

} // namespace
} // namespace girih::llm

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size) {
  using namespace girih::llm;
  static const ModelConfig built_in =
      parse_model_config(default_model_file("config.json").text(), "bard-5m");
  const std::string_view text = fuzz_text(data, size);
  const auto config = accepted(text, parse_model_config);
  if (config)
    check_promises(*config, std::hash<std::string_view>()(text));
  check_generation(text, config.value_or(built_in));
  check_index(text);
  return 0;
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t *data, std::size_t size,
                                        std::size_t most);

/// Also of the driver that is not libFuzzer. One of eight is damaged as bytes.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data,
                                               std::size_t size,
                                               std::size_t most,
                                               unsigned int seed) {
  if (seed % 8 == 0)
    return LLVMFuzzerMutate(data, size, most);
  const std::string made = girih::llm::mutate_json(
      girih::llm::fuzz_text(data, size), girih::llm::config_vocabulary(), seed);
  if (made.size() > most)
    return LLVMFuzzerMutate(data, size, most);
  std::memcpy(data, made.data(), made.size());
  return made.size();
}
