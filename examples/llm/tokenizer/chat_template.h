// SPDX-License-Identifier: Apache-2.0
// Conversations in the form that a family of models was trained on.
//
// The template of a model directory is a Jinja program from a stranger. It is
// not run: what it does is recognised by the literals that the families'
// templates have, and done here. A list of hashes of known templates would be
// stricter, but templates of one family differ from revision to revision in
// their tool calls and white space, which do not matter here. A template
// without the literals of exactly one family is not known, and then there is no
// chat.
#pragma once

#include "girih/examples/llm/tokenizer/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace girih::llm {

struct ChatMessage {
  std::string role, content; // "system", "user", "assistant"
};

enum class ChatFamily {
  chatml,   // <|im_start|>user\n...<|im_end|>\n: Qwen2, Qwen3
  llama3,   // <|start_header_id|>user<|end_header_id|>\n\n...<|eot_id|>
  deepseek, // <｜User｜>...<｜Assistant｜>...: DeepSeek-V3 and R1
};

struct ChatFormat {
  ChatFamily family = ChatFamily::chatml;
  /// Where a conversation begins with no system message; empty: none.
  std::string default_system;
  /// Before the system message, which then is always there: Llama-3.1.
  std::string system_preamble;
  bool trims = false;           // white space around contents
  bool drops_thinking = false;  // of earlier answers, up to </think>
  bool joins_systems = false;   // DeepSeek: the last one counts otherwise
  bool thinking_switch = false; // DeepSeek-V3.1: </think> begins an answer
  bool opens_thinking = false;  // <think>\n begins the answer that is asked for
};

/// chat_template.jinja of a directory; empty optional: there is none. Throws
/// ModelError where it is too large or not UTF-8.
std::optional<std::string>
read_chat_template(const std::filesystem::path &directory);

/// What a template does, or, without one, what the special tokens are made for;
/// nothing if that is not known.
std::optional<ChatFormat>
recognize_chat_format(const Tokenizer &tokenizer,
                      const std::optional<std::string> &chat_template);

/// The token that ends an answer in such a conversation. A model may have
/// another eos beside it.
std::optional<std::int32_t> end_of_answer(const Tokenizer &tokenizer);

/// Ids of a conversation in the form of the model's family, ready for the
/// assistant's answer; the last message is the user's. Contents are encoded
/// with parse_special = false: no user can smuggle control tokens. A token for
/// the beginning is there once, where the family has one. Throws ModelError
/// where the directory has no chat template that is known.
std::vector<std::int32_t> encode_chat(const Tokenizer &tokenizer,
                                      const std::vector<ChatMessage> &messages);

} // namespace girih::llm
