// SPDX-License-Identifier: Apache-2.0
// What tokenizer.json and tokenizer_config.json say, checked.
#pragma once

#include "girih/examples/llm/tokenizer/json_node.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace girih::llm {

/// Ids are below this: more rows than any model has.
inline constexpr std::int32_t most_tokens = 1 << 22;

/// A token that is looked for in the text before anything else.
struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool single_word = false; // not beside a letter or digit
  bool lstrip = false;      // takes the white space before it
  bool rstrip = false;      // and after it
  bool normalized = false;  // is looked for in normalized text
  bool special = false;     // is left out of decoded text on demand
};

/// Two neighbours that become one; the index in the list is the rank.
struct Merge {
  std::int32_t left, right, result;
};

struct BpeModel {
  /// Tokens as they are written, byte by byte in the characters of byte_map.
  std::unordered_map<std::string, std::int32_t> vocabulary;
  std::vector<Merge> merges;
  std::array<std::int32_t, 256> byte_ids{};
  bool ignore_merges = false; // a piece that is a token is that token
};

/// A regex whose matches, and the gaps between them, are pieces.
struct SplitStep {
  std::string regex;
  std::string field; // for messages
};

struct PretokenizerSteps {
  std::vector<SplitStep> splits;
  bool add_prefix_space = false; // of ByteLevel, which is last
  bool split_byte_level = false; // use_regex: GPT-2's regex
};

/// What surrounds a text whose special tokens are asked for.
struct Surroundings {
  std::vector<std::int32_t> before, after;
};

struct TokenizerFile {
  BpeModel model;
  std::vector<AddedToken> added;
  bool nfc = false;
  PretokenizerSteps pretokenizer;
  Surroundings surroundings;

  std::optional<std::int32_t> id_of(const std::string &token) const;
};

struct TokenizerConfig {
  std::optional<std::string> bos, eos;
  std::optional<bool> add_bos, add_eos;
  std::optional<std::string> chat_template;
};

/// Throw ModelError that names `file` and the field.
TokenizerFile read_tokenizer_json(std::string_view text,
                                  const std::string &file);
TokenizerConfig read_tokenizer_config(std::string_view text,
                                      const std::string &file);

/// The parts of tokenizer.json, each in its own source.
BpeModel read_bpe_model(const JsonNode &model);
PretokenizerSteps read_pretokenizer(const JsonNode &root);
Surroundings read_post_processor(const JsonNode &step,
                                 const TokenizerFile &tokens);

} // namespace girih::llm
