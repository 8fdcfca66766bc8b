// SPDX-License-Identifier: Apache-2.0
// What was said so far in `girih-llm chat`, and the prompt that it makes.
#pragma once

#include "girih/examples/llm/tokenizer/chat_template.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace girih::llm {

/// A prompt with all that came before it.
struct ChatPrompt {
  std::vector<std::int32_t> ids;
  std::size_t forgotten = 0; // turns that had to go for it
};

/// Questions and their answers, as far back as the context reaches: the oldest
/// turns go first, the system message stays.
class Conversation {
public:
  /// `context` tokens have room for a prompt and `answer` tokens behind it, but
  /// no more than a quarter of the context is held free for the answer. Throws
  /// ModelError where the system message is not UTF-8.
  Conversation(const Tokenizer &tokenizer, std::string system,
               std::int64_t context, std::int64_t answer);

  /// What the model is asked. Throws ModelError where the question is not UTF-8
  /// or too long by itself; nothing is forgotten then.
  ChatPrompt ask(const std::string &question);
  /// From now on it belongs to what came before.
  void remember(std::string question, std::string answer);
  /// All but the system message is forgotten.
  void reset() { turns_.clear(); }

  std::size_t turns() const { return turns_.size(); }

private:
  struct Turn {
    std::string question, answer;
  };
  std::vector<std::int32_t> encode(std::size_t first_turn,
                                   const std::string &question) const;

  Tokenizer tokenizer_;
  std::string system_; // empty: there is none
  std::int64_t context_, answer_;
  std::deque<Turn> turns_;
};

} // namespace girih::llm
