// SPDX-License-Identifier: Apache-2.0
// The model that is part of the program: bard-5m, which writes like
// Shakespeare. Its files are those of data/bard-5m.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace girih::llm {

struct EmbeddedFile {
  std::string_view name; // "config.json"
  std::span<const std::byte> bytes;

  std::string_view text() const {
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
  }
};

/// config.json, generation_config.json, model.safetensors, tokenizer.json,
/// tokenizer_config.json, and reference.json: prompts with the tokens that
/// transformers continues them by.
std::span<const EmbeddedFile> default_model_files();

/// One of them. Throws ModelError if there is none of that name.
const EmbeddedFile &default_model_file(std::string_view name);

/// What messages call it, as a path: "bard-5m (built in)/config.json".
std::string default_model_path(std::string_view name);

} // namespace girih::llm
