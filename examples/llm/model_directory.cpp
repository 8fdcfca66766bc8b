// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/model_directory.h"

#include "girih/examples/llm/error.h"
#include "girih/examples/llm/files/mapped_file.h"
#include "girih/examples/llm/tokenizer/chat_template.h"
#include "girih/examples/llm/weights/default_model.h"

namespace girih::llm {
namespace {

constexpr std::size_t most_tokenizer = std::size_t{64} << 20;

std::string text_of(std::string_view name) {
  return std::string(default_model_file(name).text());
}

} // namespace

ModelDirectory ModelDirectory::open(const std::filesystem::path &directory) {
  ModelDirectory out = open_without_weights(directory);
  out.weights = WeightFiles::open(directory);
  return out;
}

ModelDirectory
ModelDirectory::open_without_weights(const std::filesystem::path &directory) {
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error))
    throw ModelError(directory.string(), "", "is not a directory");
  ModelDirectory out;
  out.name = directory.string();
  out.config = read_model_config(directory);
  out.generation = read_generation_config(directory, out.config);
  out.tokenizer =
      read_optional_file(directory / "tokenizer.json", most_tokenizer);
  out.tokenizer_config =
      read_optional_file(directory / "tokenizer_config.json", most_tokenizer);
  out.chat_template = read_chat_template(directory);
  return out;
}

ModelDirectory ModelDirectory::built_in() {
  ModelDirectory out;
  out.name = default_model_path("");
  out.name.pop_back(); // the slash
  out.config = parse_model_config(text_of("config.json"),
                                  default_model_path("config.json"));
  out.generation = parse_generation_config(
      text_of("generation_config.json"),
      default_model_path("generation_config.json"), out.config);
  out.weights =
      WeightFiles::of_memory(default_model_file("model.safetensors").bytes,
                             default_model_path("model.safetensors"));
  out.tokenizer = text_of("tokenizer.json");
  out.tokenizer_config = text_of("tokenizer_config.json");
  return out;
}

} // namespace girih::llm
