// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/tokenizer/chat_template.h"

#include "girih/examples/llm/error.h"
#include "girih/examples/llm/files/json.h"
#include "girih/examples/llm/files/mapped_file.h"
#include "girih/examples/llm/files/utf8.h"
#include "girih/examples/llm/tokenizer/characters.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace girih::llm {
namespace {

constexpr std::string_view open_think = "<think>", close_think = "</think>";

// Python's strip(), which Jinja's trim is: white space and four separators.
std::string_view trimmed(std::string_view text) {
  auto is_space = [&](std::size_t at) {
    char32_t c = next_character(text, at);
    return is_white_space(c) || (c >= 0x1C && c <= 0x1F);
  };
  std::size_t begin = 0, end = text.size();
  while (begin < end && is_space(begin))
    next_character(text, begin);
  while (end > begin && is_space(character_before(text, end)))
    end = character_before(text, end);
  return text.substr(begin, end - begin);
}

// Writes a conversation: control tokens as ids, all else as plain text. Texts
// that touch are encoded together, as merges may go across.
class ChatWriter {
public:
  ChatWriter(const Tokenizer &tokenizer, const ChatFormat &format)
      : tokenizer_(tokenizer), format_(format) {}

  std::vector<std::int32_t> write(const std::vector<ChatMessage> &messages) {
    switch (format_.family) {
    case ChatFamily::chatml:
      write_chatml(messages);
      break;
    case ChatFamily::llama3:
      write_llama3(messages);
      break;
    case ChatFamily::deepseek:
      write_deepseek(messages);
      break;
    }
    flush();
    return std::move(ids_);
  }

private:
  void flush() {
    auto ids = tokenizer_.encode(
        text_, {.add_special_tokens = false, .parse_special = false});
    ids_.insert(ids_.end(), ids.begin(), ids.end());
    text_.clear();
  }

  void control(std::string_view token) {
    auto id = tokenizer_.id_of(token);
    if (!id)
      throw ModelError(tokenizer_.file(), "added_tokens",
                       "has no '" + std::string(token) +
                           "', which the chat template needs");
    flush();
    ids_.push_back(*id);
  }

  // The tokenizer's own, or the family's where no file names one.
  void begin_of_text(std::string_view token) {
    if (!tokenizer_.bos())
      return control(token);
    ids_.push_back(*tokenizer_.bos());
  }

  // Models without a token for it have learned it as text.
  void thinking(std::string_view token) {
    if (tokenizer_.id_of(token))
      control(token);
    else
      text_ += token;
  }

  void open_answer() {
    if (!format_.opens_thinking)
      return;
    thinking(open_think);
    text_ += "\n";
  }

  std::string_view content(const ChatMessage &message) const {
    std::string_view out = message.content;
    if (message.role == "assistant" && format_.drops_thinking) {
      auto at = format_.thinking_switch ? out.find(close_think)
                                        : out.rfind(close_think);
      if (at != std::string_view::npos) {
        out.remove_prefix(at + close_think.size());
        while (format_.family == ChatFamily::chatml && out.starts_with("\n"))
          out.remove_prefix(1);
      }
    }
    return format_.trims ? trimmed(out) : out;
  }

  void chatml_turn(std::string_view role, std::string_view content) {
    control("<|im_start|>");
    text_.append(role).append("\n").append(content);
    control("<|im_end|>");
    text_ += "\n";
  }

  void write_chatml(const std::vector<ChatMessage> &messages) {
    if (messages.front().role != "system" && !format_.default_system.empty())
      chatml_turn("system", format_.default_system);
    for (const ChatMessage &message : messages)
      chatml_turn(message.role, content(message));
    control("<|im_start|>");
    text_ += "assistant\n";
    open_answer();
  }

  void llama3_header(std::string_view role) {
    control("<|start_header_id|>");
    text_ += role;
    control("<|end_header_id|>");
    text_ += "\n\n";
  }

  void write_llama3(const std::vector<ChatMessage> &messages) {
    begin_of_text("<|begin_of_text|>");
    std::size_t next = 0;
    if (!format_.system_preamble.empty()) {
      llama3_header("system");
      text_ += format_.system_preamble;
      if (messages.front().role == "system")
        text_ += content(messages[next++]);
      control("<|eot_id|>");
    }
    for (; next < messages.size(); ++next) {
      llama3_header(messages[next].role);
      text_ += content(messages[next]);
      control("<|eot_id|>");
    }
    llama3_header("assistant");
    open_answer();
  }

  std::string deepseek_system(const std::vector<ChatMessage> &messages) const {
    std::optional<std::string> out;
    for (const ChatMessage &message : messages) {
      if (message.role != "system")
        continue;
      std::string text(content(message));
      out = out && format_.joins_systems ? *out + "\n\n" + text : text;
    }
    return out.value_or("");
  }

  void deepseek_answer_header() {
    control("<｜Assistant｜>");
    if (format_.thinking_switch)
      thinking(close_think);
  }

  void write_deepseek(const std::vector<ChatMessage> &messages) {
    begin_of_text("<｜begin▁of▁sentence｜>");
    text_ += deepseek_system(messages);
    bool after_user = false;
    for (const ChatMessage &message : messages) {
      if (message.role == "system")
        continue;
      if (message.role == "user") {
        control("<｜User｜>");
      } else if (after_user || !format_.thinking_switch) {
        deepseek_answer_header();
      }
      text_ += content(message);
      after_user = message.role == "user";
      if (!after_user)
        control("<｜end▁of▁sentence｜>");
    }
    deepseek_answer_header();
    open_answer();
  }

  const Tokenizer &tokenizer_;
  const ChatFormat &format_;
  std::string text_;
  std::vector<std::int32_t> ids_;
};

void check_messages(const std::vector<ChatMessage> &messages) {
  if (messages.empty())
    throw ModelError("messages", "", "are empty");
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const std::string &role = messages[i].role;
    if (role != "system" && role != "user" && role != "assistant")
      throw ModelError("messages[" + std::to_string(i) + "]", "role",
                       "must be system, user or assistant, not '" +
                           printable(role) + "'");
  }
  if (messages.back().role != "user")
    throw ModelError("messages", "", "must end in one of the user");
}

} // namespace

std::optional<std::int32_t> end_of_answer(const Tokenizer &tokenizer) {
  const auto format = tokenizer.chat_format();
  if (!format)
    return std::nullopt;
  switch (format->family) {
  case ChatFamily::llama3:
    return tokenizer.id_of("<|eot_id|>");
  case ChatFamily::deepseek:
    return tokenizer.id_of("<｜end▁of▁sentence｜>");
  case ChatFamily::chatml:
    break;
  }
  return tokenizer.id_of("<|im_end|>");
}

std::vector<std::int32_t>
encode_chat(const Tokenizer &tokenizer,
            const std::vector<ChatMessage> &messages) {
  std::shared_ptr<const ChatFormat> format = tokenizer.chat_format();
  if (!format)
    throw ModelError(tokenizer.file(), "chat_template",
                     "is of no family that is known here (ChatML, Llama 3, "
                     "DeepSeek)");
  check_messages(messages);
  return ChatWriter(tokenizer, *format).write(messages);
}

std::optional<std::string>
read_chat_template(const std::filesystem::path &directory) {
  const std::filesystem::path path = directory / "chat_template.jinja";
  auto text = read_optional_file(path, std::size_t{1} << 20);
  if (const auto at = text ? first_invalid_utf8(*text) : std::nullopt)
    throw ModelError(path.string(), fmt::format("byte {}", *at),
                     "is not UTF-8");
  return text;
}

} // namespace girih::llm
