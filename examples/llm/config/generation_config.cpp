// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/config/generation_config.h"

#include "girih/examples/llm/config/config_parts.h"
#include "girih/examples/llm/files/json.h"
#include "girih/examples/llm/files/mapped_file.h"

#include <algorithm>

namespace girih::llm {
namespace {

constexpr std::size_t most_generation_bytes = std::size_t{1} << 20;

} // namespace

std::optional<std::int64_t> read_bos(const JsonFields &fields,
                                     const ModelConfig &config) {
  if (!fields.has("bos_token_id"))
    return std::nullopt;
  return fields.integer("bos_token_id", 0, config.vocabulary - 1);
}

std::vector<std::int64_t> read_eos(const JsonFields &fields,
                                   const ModelConfig &config) {
  std::vector<std::int64_t> eos =
      fields.integers("eos_token_id", 0, config.vocabulary - 1);
  std::sort(eos.begin(), eos.end());
  eos.erase(std::unique(eos.begin(), eos.end()), eos.end());
  return eos;
}

GenerationConfig parse_generation_config(std::string_view text,
                                         const std::string &file,
                                         const ModelConfig &model) {
  const nlohmann::json tree =
      parse_json(text, file, {.bytes = most_generation_bytes});
  const JsonFields fields(tree, file);
  GenerationConfig out;
  out.sample = fields.boolean("do_sample", false);
  out.temperature = fields.number("temperature", 0, 1000, 1);
  out.top_p = fields.number("top_p", 0, 1, 1);
  if (out.top_p == 0)
    fields.fail("top_p", "must be a number above 0 and at most 1, not 0");
  out.min_p = fields.number("min_p", 0, 1, 0);
  out.repetition_penalty = fields.number("repetition_penalty", 0.01, 100, 1);
  out.top_k = fields.integer("top_k", 0, most_vocabulary, 0);
  out.bos = fields.has("bos_token_id") ? read_bos(fields, model) : model.bos;
  out.eos = fields.has("eos_token_id") ? read_eos(fields, model) : model.eos;
  return out;
}

GenerationConfig read_generation_config(const std::filesystem::path &directory,
                                        const ModelConfig &model) {
  const std::filesystem::path path = directory / "generation_config.json";
  const std::optional<std::string> text =
      read_optional_file(path, most_generation_bytes);
  return parse_generation_config(text.value_or("{}"), path.string(), model);
}

} // namespace girih::llm
