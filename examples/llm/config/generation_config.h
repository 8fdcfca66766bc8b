// SPDX-License-Identifier: Apache-2.0
// generation_config.json: how a model asks to be sampled.
#pragma once

#include "girih/examples/llm/config/model_config.h"

namespace girih::llm {

/// What is not in the file is off: no truncation by top_k unless it says so.
struct GenerationConfig {
  bool sample = false; // do_sample
  double temperature = 1, top_p = 1, min_p = 0, repetition_penalty = 1;
  std::int64_t top_k = 0; // 0: all
  std::optional<std::int64_t> bos;
  std::vector<std::int64_t> eos; // of this file, or else of config.json
};

/// Missing file: what config.json says. Throws ModelError.
GenerationConfig read_generation_config(const std::filesystem::path &directory,
                                        const ModelConfig &model);

/// The same of text; `file` is for messages.
GenerationConfig parse_generation_config(std::string_view text,
                                         const std::string &file,
                                         const ModelConfig &model);

} // namespace girih::llm
