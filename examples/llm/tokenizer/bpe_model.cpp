// SPDX-License-Identifier: Apache-2.0
// The "model" of tokenizer.json: vocabulary and merges of a byte-level BPE.
#include "girih/examples/llm/files/json.h"
#include "girih/examples/llm/tokenizer/byte_map.h"
#include "girih/examples/llm/tokenizer/tokenizer_file.h"

#include <utility>

namespace girih::llm {
namespace {

using nlohmann::json;
using Vocabulary = std::unordered_map<std::string, std::int32_t>;

std::string quoted(const std::string &token) {
  return "'" + printable(token) + "'";
}

Vocabulary read_vocabulary(const JsonNode &field) {
  const json::object_t &members = field.object();
  if (members.size() > static_cast<std::size_t>(most_tokens))
    field.fail("has " + std::to_string(members.size()) + " tokens, more than " +
               std::to_string(most_tokens));
  Vocabulary out;
  out.reserve(members.size());
  std::vector<const std::string *> owners; // of ids
  for (const auto &[token, id] : members) {
    // Looked at directly: to name each of a hundred thousand takes longer.
    if (!id.is_number_integer() || id < 0 || id >= most_tokens)
      field.at(token).integer(0, most_tokens - 1);
    if (token.empty())
      field.fail("has a token without characters");
    auto at = id.get<std::size_t>();
    if (at >= owners.size())
      owners.resize(at + 1);
    if (owners[at])
      field.fail("gives id " + std::to_string(at) + " to both " +
                 quoted(*owners[at]) + " and " + quoted(token));
    owners[at] = &token;
    out.emplace(token, static_cast<std::int32_t>(at));
  }
  return out;
}

std::array<std::int32_t, 256> ids_of_bytes(const JsonNode &field,
                                           const Vocabulary &vocabulary) {
  std::array<std::int32_t, 256> out;
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::string token = written_bytes(std::string(1, static_cast<char>(byte)));
    auto found = vocabulary.find(token);
    // Text with that byte would be lost.
    if (found == vocabulary.end())
      field.fail("has no token for the byte " + std::to_string(byte) +
                 ": it is no byte-level vocabulary");
    out[byte] = found->second;
  }
  return out;
}

// "a b" of old files or ["a", "b"] of new ones; false if it is neither.
bool read_pair(const json &value, std::string &left, std::string &right) {
  if (value.is_array()) {
    if (value.size() != 2 || !value[0].is_string() || !value[1].is_string())
      return false;
    left = value[0].get_ref<const std::string &>();
    right = value[1].get_ref<const std::string &>();
    return true;
  }
  if (!value.is_string())
    return false;
  const auto &text = value.get_ref<const std::string &>();
  std::size_t space = text.find(' ');
  if (space == std::string::npos ||
      text.find(' ', space + 1) != std::string::npos)
    return false;
  left = text.substr(0, space);
  right = text.substr(space + 1);
  return true;
}

std::vector<Merge> read_merges(const JsonNode &field,
                               const Vocabulary &vocabulary) {
  const json::array_t &elements = field.array();
  std::vector<Merge> out;
  out.reserve(elements.size());
  std::string left, right;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (!read_pair(elements[i], left, right))
      field.element(i).fail("must be two tokens, as \"a b\" or [\"a\", \"b\"]");
    auto id_of = [&](const std::string &token) {
      auto found = vocabulary.find(token);
      if (found == vocabulary.end())
        field.element(i).fail(quoted(token) + " is not in the vocabulary");
      return found->second;
    };
    out.push_back({id_of(left), id_of(right), id_of(left + right)});
  }
  return out;
}

// Words of other kinds of BPE, which change what text becomes.
void refuse_other_kinds(const JsonNode &model) {
  if (auto type = model.find("type"); type && type->string() != "BPE")
    type->fail("must be BPE, not " + quoted(type->string()));
  if (auto dropout = model.find("dropout"))
    dropout->fail("must be null: merges that are left out at random are for "
                  "training");
  for (const char *name : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (auto mark = model.find(name); mark && !mark->string().empty())
      mark->fail("must be null in a byte-level BPE");
  // With a token for every byte there is nothing unknown and no fallback.
  if (auto unknown = model.find("unk_token"))
    unknown->string();
  for (const char *name : {"fuse_unk", "byte_fallback"})
    if (auto flag = model.find(name))
      flag->boolean();
}

} // namespace

BpeModel read_bpe_model(const JsonNode &model) {
  refuse_other_kinds(model);
  BpeModel out;
  JsonNode vocabulary = model.at("vocab");
  out.vocabulary = read_vocabulary(vocabulary);
  out.byte_ids = ids_of_bytes(vocabulary, out.vocabulary);
  out.merges = read_merges(model.at("merges"), out.vocabulary);
  if (auto ignore = model.find("ignore_merges"))
    out.ignore_merges = ignore->boolean();
  return out;
}

} // namespace girih::llm
