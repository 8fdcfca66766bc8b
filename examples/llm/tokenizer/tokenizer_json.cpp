// SPDX-License-Identifier: Apache-2.0
// tokenizer.json as a whole; its larger parts have their own sources.
#include "girih/examples/llm/files/json.h"
#include "girih/examples/llm/tokenizer/tokenizer_file.h"

#include <unordered_set>
#include <utility>

namespace girih::llm {
namespace {

// Longer than any that exists: the search for tokens takes time in proportion.
constexpr std::size_t longest_added_token = 512;

AddedToken read_added_token(const JsonNode &field, const BpeModel &model) {
  AddedToken out;
  out.content = field.at("content").string();
  out.id =
      static_cast<std::int32_t>(field.at("id").integer(0, most_tokens - 1));
  out.single_word = field.at("single_word").boolean();
  out.lstrip = field.at("lstrip").boolean();
  out.rstrip = field.at("rstrip").boolean();
  out.normalized = field.at("normalized").boolean();
  out.special = field.at("special").boolean();
  if (out.content.empty() || out.content.size() > longest_added_token)
    field.at("content").fail("must have 1 to " +
                             std::to_string(longest_added_token) + " bytes");
  auto own = model.vocabulary.find(out.content);
  if (own != model.vocabulary.end() && own->second != out.id)
    field.at("id").fail("must be " + std::to_string(own->second) +
                        ", as in the vocabulary");
  return out;
}

std::vector<AddedToken> read_added_tokens(const JsonNode &field,
                                          const BpeModel &model) {
  std::unordered_map<std::int32_t, const std::string *> owners;
  for (const auto &[token, id] : model.vocabulary)
    owners.emplace(id, &token);
  std::vector<AddedToken> out;
  std::unordered_set<std::string> contents;
  for (std::size_t i = 0; i < field.array().size(); ++i) {
    JsonNode element = field.element(i);
    AddedToken token = read_added_token(element, model);
    auto place = contents.insert(token.content);
    if (!place.second)
      element.at("content").fail("is there twice: '" +
                                 printable(token.content) + "'");
    auto owner = owners.emplace(token.id, &*place.first).first->second;
    if (*owner != token.content)
      element.at("id").fail("is that of '" + printable(*owner) + "' already");
    out.push_back(std::move(token));
  }
  return out;
}

bool reads_nfc(const JsonNode &normalizer) {
  const std::string &type = normalizer.at("type").string();
  if (type == "NFC")
    return true;
  if (type != "Sequence")
    normalizer.at("type").fail("must be NFC or Sequence, not '" +
                               printable(type) + "'");
  bool nfc = false;
  JsonNode steps = normalizer.at("normalizers");
  for (std::size_t i = 0; i < steps.array().size(); ++i)
    nfc |= reads_nfc(steps.element(i)); // twice is as good as once
  return nfc;
}

// Settings of one batch that whoever saved the file had in mind; transformers
// sets them anew in each call.
void check_batch_settings(const JsonNode &root) {
  for (const char *name : {"truncation", "padding"})
    if (auto settings = root.find(name))
      settings->object();
}

} // namespace

std::optional<std::int32_t>
TokenizerFile::id_of(const std::string &token) const {
  auto found = model.vocabulary.find(token);
  if (found != model.vocabulary.end())
    return found->second;
  for (const AddedToken &each : added)
    if (each.content == token)
      return each.id;
  return std::nullopt;
}

TokenizerFile read_tokenizer_json(std::string_view text,
                                  const std::string &file) {
  nlohmann::json tree = parse_json(text, file);
  JsonNode root(tree, file);
  if (auto version = root.find("version");
      version && version->string() != "1.0")
    version->fail("must be 1.0, not '" + printable(version->string()) + "'");
  check_batch_settings(root);
  TokenizerFile out;
  out.model = read_bpe_model(root.at("model"));
  if (auto added = root.find("added_tokens"))
    out.added = read_added_tokens(*added, out.model);
  if (auto normalizer = root.find("normalizer"))
    out.nfc = reads_nfc(*normalizer);
  out.pretokenizer = read_pretokenizer(root);
  if (auto step = root.find("post_processor"))
    out.surroundings = read_post_processor(*step, out);
  JsonNode decoder = root.at("decoder").at("type");
  if (decoder.string() != "ByteLevel")
    decoder.fail("must be ByteLevel, not '" + printable(decoder.string()) +
                 "'");
  return out;
}

} // namespace girih::llm
