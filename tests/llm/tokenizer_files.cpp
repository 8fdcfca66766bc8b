// SPDX-License-Identifier: Apache-2.0
#include "tokenizer_files.h"

#include <algorithm>

namespace girih::testing {

using nlohmann::json;

static std::string utf8_of(unsigned code) { // below U+0800
  if (code < 0x80)
    return std::string(1, static_cast<char>(code));
  return {static_cast<char>(0xC0 | code >> 6),
          static_cast<char>(0x80 | (code & 0x3F))};
}

json byte_vocabulary() {
  json out = json::object();
  auto add_range = [&](unsigned first, unsigned last) {
    for (unsigned code = first; code <= last; ++code)
      out[utf8_of(code)] = out.size();
  };
  add_range(0x21, 0x7E);
  add_range(0xA1, 0xAC);
  add_range(0xAE, 0xFF);
  add_range(0x100, 0x143); // the 68 others, in order
  return out;
}

static json pre_tokenizer(const Strings &regexes) {
  json steps = json::array();
  for (const std::string &regex : regexes)
    steps.push_back({{"type", "Split"},
                     {"pattern", {{"Regex", regex}}},
                     {"behavior", "Isolated"},
                     {"invert", false}});
  steps.push_back({{"type", "ByteLevel"},
                   {"add_prefix_space", false},
                   {"trim_offsets", true},
                   {"use_regex", false}});
  return {{"type", "Sequence"}, {"pretokenizers", steps}};
}

json tokenizer_file(const FileParts &parts) {
  json vocabulary = byte_vocabulary(), merges = json::array();
  for (const std::string &token : parts.tokens)
    vocabulary[token] = vocabulary.size();
  for (const auto &[left, right] : parts.merges)
    merges.push_back({left, right});
  json model = {{"type", "BPE"},
                {"dropout", nullptr},
                {"unk_token", nullptr},
                {"continuing_subword_prefix", nullptr},
                {"end_of_word_suffix", nullptr},
                {"fuse_unk", false},
                {"byte_fallback", false},
                {"ignore_merges", parts.ignore_merges},
                {"vocab", vocabulary},
                {"merges", merges}};
  json normalizer = parts.nfc ? json{{"type", "NFC"}} : json(nullptr);
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", parts.added},
          {"normalizer", normalizer},
          {"pre_tokenizer", pre_tokenizer(parts.regexes)},
          {"post_processor", nullptr},
          {"decoder", {{"type", "ByteLevel"}}},
          {"model", model}};
}

json added_token(std::int32_t id, const std::string &content,
                 const Strings &flags) {
  json out = {{"id", id}, {"content", content}};
  for (const char *flag :
       {"single_word", "lstrip", "rstrip", "normalized", "special"})
    out[flag] = std::find(flags.begin(), flags.end(), flag) != flags.end();
  return out;
}

FileParts qwen2_fixture() {
  FileParts out;
  out.nfc = true;
  out.tokens = {"Ġl",     "Ġn", "Ġlo", "Ġlow", "er", "Ġlowest", "Ġnewer",
                "Ġwider", "01", ";}",  ";}Ċ",  "Ïĵ", "Ġ#",      "##"};
  out.merges = {{"Ġ", "l"}, {"Ġl", "o"}, {"Ġlo", "w"}, {"e", "r"}, {"0", "1"},
                {";", "}"}, {";}", "Ċ"}, {"Ï", "ĵ"},   {"Ġ", "#"}, {"#", "#"}};
  auto first = static_cast<std::int32_t>(256 + out.tokens.size());
  out.added = {added_token(first, "<|endoftext|>", {"special"}),
               added_token(first + 1, "<|im_start|>", {"special"}),
               added_token(first + 2, "<|im_end|>", {"special"})};
  return out;
}

llm::Tokenizer tokenizer_of(const json &file, const std::string &config,
                            const std::string &chat_template) {
  return llm::Tokenizer::parse(file.dump(), config, "tokenizer.json",
                               chat_template);
}

} // namespace girih::testing
