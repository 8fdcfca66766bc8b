// SPDX-License-Identifier: Apache-2.0
// All that a model consists of, from a directory or from the program itself.
#pragma once

#include "girih/examples/llm/config/generation_config.h"
#include "girih/examples/llm/config/model_config.h"
#include "girih/examples/llm/weights/weight_files.h"

#include <filesystem>
#include <optional>
#include <string>

namespace girih::llm {

struct ModelDirectory {
  std::string name; // the path as given, or "bard-5m (built in)"
  ModelConfig config;
  GenerationConfig generation;
  WeightFiles weights;
  /// Texts, as they are: tokenizer.json, tokenizer_config.json and
  /// chat_template.jinja. Empty optional: there is no such file.
  std::optional<std::string> tokenizer, tokenizer_config, chat_template;

  /// Reads the small files and maps the weights. Throws ModelError.
  static ModelDirectory open(const std::filesystem::path &directory);
  /// The same of one whose weights are not wanted, nor need be there.
  static ModelDirectory
  open_without_weights(const std::filesystem::path &directory);
  /// The model that is part of the program.
  static ModelDirectory built_in();

  /// What messages call one of its files.
  std::string path(const std::string &file) const { return name + "/" + file; }
};

} // namespace girih::llm
