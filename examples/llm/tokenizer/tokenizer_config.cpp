// SPDX-License-Identifier: Apache-2.0
// tokenizer_config.json: what transformers knows beside tokenizer.json.
#include "girih/examples/llm/files/json.h"
#include "girih/examples/llm/tokenizer/tokenizer_file.h"

namespace girih::llm {
namespace {

// A string, or an object with the token's flags, which tokenizer.json has too.
std::optional<std::string> read_token(const JsonNode &root, const char *name) {
  auto token = root.find(name);
  if (!token)
    return std::nullopt;
  return token->is_object() ? token->at("content").string() : token->string();
}

std::optional<bool> read_flag(const JsonNode &root, const char *name) {
  auto flag = root.find(name);
  return flag ? std::optional(flag->boolean()) : std::nullopt;
}

// One template, or several by name, of which "default" is for plain chat.
std::optional<std::string> read_template(const JsonNode &root) {
  auto field = root.find("chat_template");
  if (!field)
    return std::nullopt;
  if (!field->is_array())
    return field->string();
  std::optional<std::string> out;
  for (std::size_t i = 0; i < field->array().size(); ++i) {
    JsonNode entry = field->element(i);
    const std::string &text = entry.at("template").string();
    if (entry.at("name").string() == "default")
      out = text;
  }
  return out;
}

} // namespace

TokenizerConfig read_tokenizer_config(std::string_view text,
                                      const std::string &file) {
  nlohmann::json tree = parse_json(text, file);
  JsonNode root(tree, file);
  TokenizerConfig out;
  out.bos = read_token(root, "bos_token");
  out.eos = read_token(root, "eos_token");
  out.add_bos = read_flag(root, "add_bos_token");
  out.add_eos = read_flag(root, "add_eos_token");
  out.chat_template = read_template(root);
  return out;
}

} // namespace girih::llm
