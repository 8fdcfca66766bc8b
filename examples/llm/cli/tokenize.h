// SPDX-License-Identifier: Apache-2.0
// Text to ids and back, line by line: `girih-llm tokenize`.
#pragma once

#include "girih/examples/llm/tokenizer/tokenizer.h"

#include <iosfwd>
#include <string>

namespace girih::llm {

struct TokenizeOptions {
  /// Each line is a JSON string and becomes a JSON array of ids. Otherwise all
  /// of the input is one text, and becomes ids with spaces between them.
  bool jsonl = false;
  bool decode = false; // the other way
  /// Each line is a JSON array of messages, {"role": ..., "content": ...}, and
  /// becomes what the model is asked with.
  bool chat = false;
  EncodeOptions encode = {};
  bool skip_special_tokens = false; // of decode
};

/// Reads `in` to its end. Throws ModelError that names the line; `name` is what
/// messages call the input.
void tokenize(const Tokenizer &tokenizer, const TokenizeOptions &options,
              std::istream &in, const std::string &name, std::ostream &out);

} // namespace girih::llm
