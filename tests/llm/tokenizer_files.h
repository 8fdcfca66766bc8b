// SPDX-License-Identifier: Apache-2.0
// tokenizer.json files made by hand, in the form of the families' files.
#pragma once

#include "girih/examples/llm/tokenizer/tokenizer.h"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace girih::testing {

using Strings = std::vector<std::string>;

// As models.md gives them: not those of the code under test.
inline const std::string qwen_regex =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?)"
    R"([^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
inline const std::string llama3_regex =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?)"
    R"([^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
inline const Strings deepseek_regexes = {
    R"(\p{N}{1,3})", "[一-龥぀-ゟ゠-ヿ]+",
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|)"
    R"([^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)"};

/// A token for each byte, by the usual ids: printable ones first.
nlohmann::json byte_vocabulary();

/// A file with tokens for all bytes, then `tokens`, then added ones.
struct FileParts {
  Strings tokens = {};
  std::vector<std::pair<std::string, std::string>> merges = {};
  Strings regexes = {qwen_regex};
  bool nfc = false, ignore_merges = false;
  nlohmann::json added = nlohmann::json::array();
};
nlohmann::json tokenizer_file(const FileParts &parts);

/// An entry of added_tokens.
nlohmann::json added_token(std::int32_t id, const std::string &content,
                           const Strings &flags = {});

/// The file of Hugging Face's own test of Qwen2's tokenizer.
FileParts qwen2_fixture();

/// What makes a Tokenizer of it; messages call the file "tokenizer.json".
llm::Tokenizer tokenizer_of(const nlohmann::json &file,
                            const std::string &config = "",
                            const std::string &chat_template = "");
inline llm::Tokenizer tokenizer_of(const FileParts &parts) {
  return tokenizer_of(tokenizer_file(parts));
}

} // namespace girih::testing
