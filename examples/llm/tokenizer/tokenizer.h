// SPDX-License-Identifier: Apache-2.0
// Byte-level BPE of tokenizer.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace girih::llm {

/// How text becomes ids.
struct EncodeOptions {
  /// What the post-processor adds, such as a token for the beginning.
  bool add_special_tokens = true;
  /// False: added tokens in the text, special or not, are plain text. Some
  /// models steer by tokens that are not marked special, such as `<think>`.
  bool parse_special = true;
};

/// What parts of a conversation look like to a model; see chat_template.h.
struct ChatFormat;

class Tokenizer {
public:
  /// Reads tokenizer.json of a directory, and tokenizer_config.json and
  /// chat_template.jinja where they are there. Throws ModelError.
  static Tokenizer open(const std::filesystem::path &directory);
  /// The same of texts; one that is empty is not there. `file` is the name of
  /// tokenizer.json for messages.
  static Tokenizer parse(std::string_view tokenizer_json,
                         std::string_view tokenizer_config_json,
                         const std::string &file,
                         std::string_view chat_template = {});

  /// Text must be UTF-8: invalid bytes throw ModelError that tells where.
  std::vector<std::int32_t> encode(std::string_view text,
                                   const EncodeOptions &options = {}) const;
  /// Lossy UTF-8 (U+FFFD) of what ids say together. Ids that are no token say
  /// nothing.
  std::string decode(const std::vector<std::int32_t> &ids,
                     bool skip_special_tokens = false) const;

  std::int64_t size() const; // largest id + 1
  /// Of a token as tokenizer.json writes it: a space is U+0120.
  std::optional<std::int32_t> id_of(std::string_view token) const;
  bool special(std::int32_t id) const;
  std::optional<std::int32_t> bos() const, eos() const;

  /// Null where the directory has no chat template that is known.
  std::shared_ptr<const ChatFormat> chat_format() const;
  /// The name of tokenizer.json, for messages.
  const std::string &file() const;

private:
  friend class TextStream;
  struct State;
  explicit Tokenizer(std::shared_ptr<const State> state);

  std::shared_ptr<const State> state_;
};

} // namespace girih::llm
