// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/cli/tokenize.h"

#include "girih/examples/llm/error.h"
#include "girih/examples/llm/files/json.h"
#include "girih/examples/llm/tokenizer/chat_template.h"
#include "girih/examples/llm/tokenizer/json_node.h"

#include <charconv>
#include <cstdint>
#include <istream>
#include <iterator>
#include <ostream>
#include <string_view>
#include <utility>
#include <vector>

namespace girih::llm {
namespace {

using nlohmann::json;
using Ids = std::vector<std::int32_t>;

Ids ids_of_json(const json &value, const std::string &line) {
  if (!value.is_array())
    throw ModelError(line, "", "must be an array of ids");
  Ids out;
  for (const json &id : value) {
    if (!id.is_number_integer() || id < 0 || id > INT32_MAX)
      throw ModelError(line, "element " + std::to_string(out.size()),
                       "must be an id, not " + printable(id.dump()));
    out.push_back(id.get<std::int32_t>());
  }
  return out;
}

/// Ids that are no token would say nothing.
std::string decoded(const Tokenizer &tokenizer, const TokenizeOptions &options,
                    const Ids &ids, const std::string &name) {
  for (std::size_t at = 0; at < ids.size(); ++at)
    if (ids[at] >= tokenizer.size())
      throw ModelError(name, "id " + std::to_string(at),
                       std::to_string(ids[at]) + " is not among the " +
                           std::to_string(tokenizer.size()) +
                           " of the tokenizer");
  return tokenizer.decode(ids, options.skip_special_tokens);
}

std::vector<ChatMessage> messages_of_json(const json &value,
                                          const std::string &line) {
  JsonNode list(value, line, "messages");
  std::vector<ChatMessage> out;
  out.reserve(list.array().size());
  for (std::size_t i = 0; i < list.array().size(); ++i)
    out.push_back({list.element(i).at("role").string(),
                   list.element(i).at("content").string()});
  return out;
}

Ids ids_of_line(const Tokenizer &tokenizer, const TokenizeOptions &options,
                const json &value, const std::string &line) {
  if (options.chat)
    return encode_chat(tokenizer, messages_of_json(value, line));
  if (!value.is_string())
    throw ModelError(line, "", "must be a JSON string");
  return tokenizer.encode(value.get_ref<const std::string &>(), options.encode);
}

std::string answer(const Tokenizer &tokenizer, const TokenizeOptions &options,
                   const std::string &text, const std::string &line) {
  json value = parse_json(text, line);
  if (options.decode)
    return json(decoded(tokenizer, options, ids_of_json(value, line), line))
        .dump();
  try {
    return json(ids_of_line(tokenizer, options, value, line)).dump();
  } catch (const ModelError &error) {
    if (error.file() == line)
      throw;
    throw ModelError(line, "", error.what());
  }
}

Ids ids_of_text(std::string_view text, const std::string &name) {
  constexpr std::string_view between = " \t\r\n,";
  Ids out;
  while (true) {
    std::size_t begin = text.find_first_not_of(between);
    if (begin == std::string_view::npos)
      return out;
    text.remove_prefix(begin);
    std::string_view word = text.substr(0, text.find_first_of(between));
    std::int32_t id = 0;
    auto [end, error] =
        std::from_chars(word.data(), word.data() + word.size(), id);
    if (error != std::errc() || end != word.data() + word.size() || id < 0)
      throw ModelError(name, "id " + std::to_string(out.size()),
                       "must be a number, not '" + printable(word) + "'");
    out.push_back(id);
    text.remove_prefix(word.size());
  }
}

void tokenize_whole(const Tokenizer &tokenizer, const TokenizeOptions &options,
                    std::istream &in, const std::string &name,
                    std::ostream &out) {
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (options.decode) {
    out << decoded(tokenizer, options, ids_of_text(text, name), name);
    return;
  }
  const char *separator = "";
  for (std::int32_t id : tokenizer.encode(text, options.encode))
    out << std::exchange(separator, " ") << id;
  out << '\n';
}

} // namespace

void tokenize(const Tokenizer &tokenizer, const TokenizeOptions &options,
              std::istream &in, const std::string &name, std::ostream &out) {
  if (!options.jsonl && !options.chat)
    return tokenize_whole(tokenizer, options, in, name, out);
  std::string text;
  for (std::size_t number = 1; std::getline(in, text); ++number)
    out << answer(tokenizer, options, text,
                  name + ", line " + std::to_string(number))
        << '\n';
}

} // namespace girih::llm
