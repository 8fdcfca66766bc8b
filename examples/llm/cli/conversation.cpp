// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/cli/conversation.h"

#include "girih/examples/llm/error.h"
#include "girih/examples/llm/files/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace girih::llm {

namespace {

/// By itself: in a whole prompt the place of a wrong byte would say nothing.
void require_utf8(const char *what, const std::string &text) {
  if (const auto at = first_invalid_utf8(text))
    throw ModelError(what, fmt::format("byte {}", *at), "is not UTF-8");
}

} // namespace

Conversation::Conversation(const Tokenizer &tokenizer, std::string system,
                           std::int64_t context, std::int64_t answer)
    : tokenizer_(tokenizer), system_(std::move(system)), context_(context),
      answer_(std::min(answer, context / 4)) {
  require_utf8("system message", system_);
}

std::vector<std::int32_t>
Conversation::encode(std::size_t first_turn,
                     const std::string &question) const {
  std::vector<ChatMessage> messages;
  if (!system_.empty())
    messages.push_back({"system", system_});
  for (std::size_t at = first_turn; at < turns_.size(); ++at) {
    messages.push_back({"user", turns_[at].question});
    messages.push_back({"assistant", turns_[at].answer});
  }
  messages.push_back({"user", question});
  return encode_chat(tokenizer_, messages);
}

ChatPrompt Conversation::ask(const std::string &question) {
  require_utf8("message", question);
  for (std::size_t first = 0;; ++first) {
    std::vector<std::int32_t> ids = encode(first, question);
    const auto size = static_cast<std::int64_t>(ids.size());
    if (size <= context_ - answer_) {
      turns_.erase(turns_.begin(), turns_.begin() + std::ptrdiff_t(first));
      return {std::move(ids), first};
    }
    if (first == turns_.size())
      throw ModelError(
          "message", "",
          fmt::format("has {} tokens with what the template adds{}, but the "
                      "context is {}, of which {} are for the answer",
                      size, system_.empty() ? "" : " and the system message",
                      context_, answer_));
  }
}

void Conversation::remember(std::string question, std::string answer) {
  turns_.push_back({std::move(question), std::move(answer)});
}

} // namespace girih::llm
