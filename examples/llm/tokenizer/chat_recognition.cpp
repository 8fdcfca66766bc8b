// SPDX-License-Identifier: Apache-2.0
// Which family's a chat template is.
#include "girih/examples/llm/tokenizer/chat_template.h"

#include <algorithm>
#include <initializer_list>

namespace girih::llm {
namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// "content", perhaps as the key of a message, and then Jinja's filter.
bool trims_contents(std::string_view text) {
  constexpr std::string_view name = "content";
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at)) {
    at += name.size();
    std::string_view rest = text.substr(at);
    rest.remove_prefix(std::min(rest.find_first_not_of("'\"] "), rest.size()));
    if (!rest.starts_with("|"))
      continue;
    rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (rest.starts_with("trim"))
      return true;
  }
  return false;
}

// Templates have newlines in their literals, or escapes for them: all become
// newlines. A backslash that is itself escaped stays as it is.
std::string with_newlines(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool escape = text[i] == '\\' && i + 1 < text.size();
    if (escape && text[i + 1] == 'n') {
      out += '\n';
      ++i;
      continue;
    }
    out += text[i];
    if (escape)
      out += text[++i];
  }
  return out;
}

// What such a literal stands for.
std::string unescaped(std::string_view literal) {
  std::string out;
  for (std::size_t i = 0; i < literal.size(); ++i) {
    if (literal[i] != '\\' || i + 1 == literal.size()) {
      out += literal[i];
      continue;
    }
    char c = literal[++i];
    out += c == 't' ? '\t' : c;
  }
  return out;
}

// The whole system message that some template has as one literal.
std::string literal_system(std::string_view text) {
  constexpr std::string_view begin = "<|im_start|>system\n", end = "<|im_end|>";
  for (std::size_t at = text.find(begin); at != std::string_view::npos;
       at = text.find(begin, at + 1)) {
    if (at == 0)
      continue;
    char quote = text[at - 1];
    std::string_view inside = text.substr(at + begin.size());
    std::size_t stop = inside.find(end);
    bool quoted = quote == '\'' || quote == '"';
    if (!quoted || stop == std::string_view::npos)
      continue;
    inside = inside.substr(0, stop);
    // A quote that ends the literal before the message does.
    bool whole = true;
    for (std::size_t i = 0; i < inside.size(); ++i) {
      if (inside[i] == '\\')
        ++i;
      else if (inside[i] == quote)
        whole = false;
    }
    if (whole)
      return unescaped(inside);
  }
  return "";
}

ChatFormat chatml_format(std::string_view text) {
  ChatFormat out;
  out.family = ChatFamily::chatml;
  out.default_system = literal_system(text);
  out.opens_thinking =
      has(text, "<|im_start|>assistant\n<think>\n") || has(text, "'<think>\n'");
  return out;
}

ChatFormat llama3_format(std::string_view text) {
  ChatFormat out;
  out.family = ChatFamily::llama3;
  constexpr std::string_view cutoff = "Cutting Knowledge Date: December 2023";
  if (!has(text, cutoff))
    return out;
  // Some templates take today's date where the caller can tell it. The date
  // that they fall back to keeps the ids of a conversation the same on all
  // days.
  std::string date = "26 Jul 2024";
  constexpr std::string_view setting = "date_string = \"";
  if (auto at = text.find(setting); at != std::string_view::npos) {
    std::string_view literal = text.substr(at + setting.size());
    date = literal.substr(0, literal.find('"'));
  }
  out.system_preamble = std::string(cutoff) + "\nToday Date: " + date + "\n\n";
  return out;
}

std::optional<ChatFormat> deepseek_format(std::string_view text) {
  ChatFormat out;
  out.family = ChatFamily::deepseek;
  out.joins_systems = has(text, "ns.system_prompt + '");
  out.opens_thinking = has(text, "'<｜Assistant｜><think>\n'");
  out.thinking_switch = has(text, "if not thinking");
  if (!out.opens_thinking && !has(text, "{{'<｜Assistant｜>'}}"))
    return std::nullopt;
  return out;
}

std::optional<ChatFormat> format_of_template(std::string_view given) {
  const std::string text = with_newlines(given);
  bool chatml = has(text, "<|im_start|>assistant\n") && has(text, "<|im_end|>");
  bool llama3 =
      has(text, "<|start_header_id|>assistant<|end_header_id|>\n\n") &&
      has(text, "<|eot_id|>");
  bool deepseek = has(text, "'<｜User｜>' + message['content']") &&
                  has(text, "<｜end▁of▁sentence｜>");
  if (chatml + llama3 + deepseek != 1)
    return std::nullopt;
  std::optional<ChatFormat> out = chatml   ? chatml_format(text)
                                  : llama3 ? llama3_format(text)
                                           : deepseek_format(text);
  if (out) {
    out->trims = trims_contents(text);
    out->drops_thinking = has(text, "split('</think>'");
  }
  return out;
}

std::optional<ChatFormat> format_of_tokens(const Tokenizer &tokenizer) {
  auto all = [&](std::initializer_list<std::string_view> tokens) {
    return std::all_of(tokens.begin(), tokens.end(),
                       [&](auto token) { return tokenizer.id_of(token); });
  };
  ChatFormat out;
  if (all({"<|im_start|>", "<|im_end|>"}))
    return out;
  if (all({"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"})) {
    out.family = ChatFamily::llama3;
    out.trims = true;
    return out;
  }
  if (all({"<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>"})) {
    out.family = ChatFamily::deepseek;
    out.opens_thinking = out.drops_thinking = all({"<think>", "</think>"});
    return out;
  }
  return std::nullopt;
}

} // namespace

std::optional<ChatFormat>
recognize_chat_format(const Tokenizer &tokenizer,
                      const std::optional<std::string> &chat_template) {
  return chat_template ? format_of_template(*chat_template)
                       : format_of_tokens(tokenizer);
}

} // namespace girih::llm
