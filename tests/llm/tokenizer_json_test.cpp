// SPDX-License-Identifier: Apache-2.0
// tokenizer.json files that are wrong, one mistake each, and those that look
// unusual but are not.
#include "expect_model_error.h"
#include "tokenizer_files.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using llm::EncodeOptions;
using llm::Tokenizer;
using nlohmann::json;
using Ids = std::vector<std::int32_t>;

json good_file() {
  json out = tokenizer_file(qwen2_fixture());
  out["post_processor"] = json::parse(R"({
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<|im_start|>", "type_id": 0}},
               {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "<|im_end|>", "type_id": 0}}],
    "pair": [],
    "special_tokens": {
      "<|im_start|>": {"id": "<|im_start|>", "ids": [271],
                       "tokens": ["<|im_start|>"]},
      "<|im_end|>": {"id": "<|im_end|>", "ids": [272, 270],
                     "tokens": ["<|im_end|>", "<|endoftext|>"]}}})");
  return out;
}

// Sets what a JSON pointer tells, and expects an error about `field`.
void expect_wrong(const char *pointer, const json &value,
                  const std::string &field, const std::string &words) {
  json file = good_file();
  file[json::json_pointer(pointer)] = value;
  expect_model_error([&] { tokenizer_of(file); }, "tokenizer.json", field,
                     words);
}

void expect_missing(const char *pointer, const std::string &field) {
  json file = good_file();
  json::json_pointer place(pointer);
  json &parent = file[place.parent_pointer()];
  ASSERT_TRUE(parent.is_object() && parent.erase(place.back())) << pointer;
  expect_model_error([&] { tokenizer_of(file); }, "tokenizer.json", field,
                     "is missing");
}

TEST(TokenizerJsonTest, TheGoodFileIsGood) {
  Tokenizer tokenizer = tokenizer_of(good_file());
  EXPECT_EQ(tokenizer.encode("low"), (Ids{271, 75, 78, 86, 272, 270}));
  EXPECT_EQ(tokenizer.encode("low", {.add_special_tokens = false}),
            (Ids{75, 78, 86}));
}

TEST(TokenizerJsonTest, NoJson) {
  for (const char *text : {"", "{", "[1", "\xff", "{\"a\": \"\\ud800\"}"})
    EXPECT_THROW(Tokenizer::parse(text, "", "tokenizer.json"), llm::ModelError)
        << text;
  expect_model_error([] { Tokenizer::parse("[]", "", "tokenizer.json"); },
                     "tokenizer.json", "", "must be an object, not array");
  std::string twice = good_file().dump();
  twice.replace(twice.find("\"Ġlowest\":"), 12, "\"Ġlow\":");
  expect_model_error([&] { Tokenizer::parse(twice, "", "tokenizer.json"); },
                     "tokenizer.json", "", "twice");
}

TEST(TokenizerJsonTest, MissingFields) {
  for (const char *name : {"/model", "/decoder", "/pre_tokenizer"})
    expect_missing(name, name + 1);
  expect_missing("/model/vocab", "model.vocab");
  expect_missing("/model/merges", "model.merges");
  for (const char *name : {"id", "content", "single_word", "lstrip", "rstrip",
                           "normalized", "special"}) {
    std::string pointer = std::string("/added_tokens/1/") + name;
    expect_missing(pointer.c_str(), std::string("added_tokens[1].") + name);
  }
  expect_missing("/decoder/type", "decoder.type");
  expect_missing("/normalizer/type", "normalizer.type");
  expect_missing("/pre_tokenizer/type", "pre_tokenizer.type");
  expect_missing("/pre_tokenizer/pretokenizers", "pre_tokenizer.pretokenizers");
  for (const char *name : {"type", "pattern", "behavior", "invert"}) {
    std::string pointer = std::string("/pre_tokenizer/pretokenizers/0/") + name;
    expect_missing(pointer.c_str(),
                   std::string("pre_tokenizer.pretokenizers[0].") + name);
  }
  expect_missing("/pre_tokenizer/pretokenizers/1/add_prefix_space",
                 "pre_tokenizer.pretokenizers[1].add_prefix_space");
  for (const char *name : {"type", "single", "pair", "special_tokens"}) {
    std::string pointer = std::string("/post_processor/") + name;
    expect_missing(pointer.c_str(), std::string("post_processor.") + name);
  }
  const std::string end = "post_processor.special_tokens.<|im_end|>";
  expect_missing("/post_processor/special_tokens/<|im_end|>", end);
  for (const char *name : {"id", "ids", "tokens"}) {
    std::string pointer =
        std::string("/post_processor/special_tokens/<|im_end|>/") + name;
    expect_missing(pointer.c_str(), end + "." + name);
  }
}

TEST(TokenizerJsonTest, WrongKinds) {
  const std::vector<std::pair<const char *, std::string>> places = {
      {"/version", "version"},
      {"/truncation", "truncation"},
      {"/padding", "padding"},
      {"/added_tokens", "added_tokens"},
      {"/added_tokens/0", "added_tokens[0]"},
      {"/added_tokens/0/id", "added_tokens[0].id"},
      {"/added_tokens/0/content", "added_tokens[0].content"},
      {"/added_tokens/0/lstrip", "added_tokens[0].lstrip"},
      {"/normalizer", "normalizer"},
      {"/normalizer/type", "normalizer.type"},
      {"/pre_tokenizer", "pre_tokenizer"},
      {"/pre_tokenizer/pretokenizers", "pre_tokenizer.pretokenizers"},
      {"/pre_tokenizer/pretokenizers/0/pattern",
       "pre_tokenizer.pretokenizers[0].pattern"},
      {"/pre_tokenizer/pretokenizers/0/pattern/Regex",
       "pre_tokenizer.pretokenizers[0].pattern.Regex"},
      {"/pre_tokenizer/pretokenizers/0/invert",
       "pre_tokenizer.pretokenizers[0].invert"},
      {"/pre_tokenizer/pretokenizers/1/use_regex",
       "pre_tokenizer.pretokenizers[1].use_regex"},
      {"/post_processor", "post_processor"},
      {"/post_processor/single", "post_processor.single"},
      {"/post_processor/single/1", "post_processor.single[1]"},
      {"/post_processor/pair", "post_processor.pair"},
      {"/post_processor/special_tokens", "post_processor.special_tokens"},
      {"/decoder", "decoder"},
      {"/model", "model"},
      {"/model/type", "model.type"},
      {"/model/vocab", "model.vocab"},
      {"/model/merges", "model.merges"},
      {"/model/unk_token", "model.unk_token"},
      {"/model/fuse_unk", "model.fuse_unk"},
      {"/model/byte_fallback", "model.byte_fallback"},
      {"/model/ignore_merges", "model.ignore_merges"},
      {"/model/end_of_word_suffix", "model.end_of_word_suffix"}};
  for (const auto &[pointer, field] : places)
    expect_wrong(pointer, 1.5, field, "not number");
}

TEST(TokenizerJsonTest, WrongValues) {
  expect_wrong("/version", "2.0", "version", "must be 1.0, not '2.0'");
  expect_wrong("/model/type", "WordPiece", "model.type", "must be BPE");
  expect_wrong("/model/dropout", 0.1, "model.dropout", "must be null");
  expect_wrong("/model/continuing_subword_prefix", "##",
               "model.continuing_subword_prefix", "must be null");
  expect_wrong("/normalizer/type", "NFKC", "normalizer.type",
               "must be NFC or Sequence, not 'NFKC'");
  expect_wrong("/decoder/type", "Metaspace", "decoder.type",
               "must be ByteLevel");
  expect_wrong("/pre_tokenizer/pretokenizers/0/behavior", "Removed",
               "pre_tokenizer.pretokenizers[0].behavior",
               "must be Isolated, not 'Removed'");
  expect_wrong("/pre_tokenizer/pretokenizers/0/invert", true,
               "pre_tokenizer.pretokenizers[0].invert", "must be false");
  expect_wrong("/pre_tokenizer/pretokenizers/0/type", "Metaspace",
               "pre_tokenizer.pretokenizers[0].type",
               "must be Sequence, Split or ByteLevel");
  expect_wrong("/pre_tokenizer/pretokenizers/0/pattern", {{"String", " "}},
               "pre_tokenizer.pretokenizers[0].pattern.Regex", "is missing");
  expect_wrong("/pre_tokenizer/pretokenizers/0/pattern/Regex", "(a",
               "pre_tokenizer.pretokenizers[0].pattern.Regex",
               "missing closing parenthesis");
  expect_wrong("/post_processor/type", "BertProcessing", "post_processor.type",
               "must be TemplateProcessing, ByteLevel or Sequence");
}

TEST(TokenizerJsonTest, OrderOfSteps) {
  json steps = good_file()["pre_tokenizer"]["pretokenizers"];
  expect_wrong("/pre_tokenizer/pretokenizers", {steps[1], steps[0]},
               "pre_tokenizer.pretokenizers[1]", "comes after ByteLevel");
  expect_wrong("/pre_tokenizer/pretokenizers", json::array({steps[0]}),
               "pre_tokenizer", "must end in ByteLevel");
  expect_wrong("/pre_tokenizer/pretokenizers", json::array(), "pre_tokenizer",
               "must end in ByteLevel");
  expect_wrong("/pre_tokenizer", steps[0], "pre_tokenizer",
               "must end in ByteLevel");
}

TEST(TokenizerJsonTest, Vocabulary) {
  expect_wrong("/model/vocab/low", -1, "model.vocab.low",
               "must be an integer of 0 to 4194303, not -1");
  expect_wrong("/model/vocab/low", 1 << 22, "model.vocab.low",
               "must be an integer of 0 to 4194303");
  expect_wrong("/model/vocab/low", 18446744073709551615u, "model.vocab.low",
               "not 18446744073709551615");
  expect_wrong("/model/vocab/low", "7", "model.vocab.low", "not string");
  expect_wrong("/model/vocab/zz", 75, "model.vocab",
               "gives id 75 to both 'l' and 'zz'");
  expect_wrong("/model/vocab/", 600, "model.vocab",
               "has a token without characters");
  json file = good_file();
  file["model"]["vocab"].erase("Ġ");
  file["model"]["merges"] = json::array();
  expect_model_error([&] { tokenizer_of(file); }, "tokenizer.json",
                     "model.vocab", "has no token for the byte 32");
}

TEST(TokenizerJsonTest, Merges) {
  const std::string words = "must be two tokens";
  for (const json &bad :
       {json("ab"), json("a b c"), json(""), json(7), json{"a"},
        json{"a", "b", "c"}, json{"a", 1}, json(nullptr), json::object()})
    expect_wrong("/model/merges/3", bad, "model.merges[3]", words);
  expect_wrong("/model/merges/3", {"qq", "r"}, "model.merges[3]",
               "'qq' is not in the vocabulary");
  expect_wrong("/model/merges/3", "e rr", "model.merges[3]",
               "'rr' is not in the vocabulary");
  expect_wrong("/model/merges/3", "e s", "model.merges[3]",
               "'es' is not in the vocabulary");
  expect_wrong("/model/merges/3", "e ", "model.merges[3]",
               "'' is not in the vocabulary");
}

TEST(TokenizerJsonTest, MergesOfOldFiles) {
  json file = good_file();
  for (json &merge : file["model"]["merges"])
    merge = merge[0].get<std::string>() + " " + merge[1].get<std::string>();
  EXPECT_EQ(tokenizer_of(file).encode(" ###", {.add_special_tokens = false}),
            (Ids{268, 269}));
}

TEST(TokenizerJsonTest, AddedTokens) {
  expect_wrong("/added_tokens/1/id", 270, "added_tokens[1].id",
               "is that of '<|endoftext|>' already");
  expect_wrong("/added_tokens/1/id", 75, "added_tokens[1].id",
               "is that of 'l' already");
  expect_wrong("/added_tokens/1/id", -1, "added_tokens[1].id",
               "must be an integer of 0 to 4194303");
  expect_wrong("/added_tokens/1/content", "<|endoftext|>",
               "added_tokens[1].content", "is there twice");
  expect_wrong("/added_tokens/1/content", "", "added_tokens[1].content",
               "must have 1 to 512 bytes");
  expect_wrong("/added_tokens/1/content", std::string(513, 'x'),
               "added_tokens[1].content", "must have 1 to 512 bytes");
  expect_wrong("/added_tokens/1/content", "er", "added_tokens[1].id",
               "must be 260, as in the vocabulary");
}

TEST(TokenizerJsonTest, PostProcessor) {
  const std::string place = "post_processor.single";
  const json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  expect_wrong("/post_processor/single", json::array(), place,
               "has no Sequence");
  expect_wrong("/post_processor/single", {text, text}, place + "[1]",
               "must be the text, A, once");
  expect_wrong("/post_processor/single/1/Sequence/id", "B", place + "[1]",
               "must be the text, A, once");
  expect_wrong("/post_processor/single/0/SpecialToken/id", "<s>",
               "post_processor.special_tokens.<s>", "is missing");
  const std::string end = "post_processor.special_tokens.<|im_end|>";
  expect_wrong("/post_processor/special_tokens/<|im_end|>/id", "x", end + ".id",
               "must be the key");
  expect_wrong("/post_processor/special_tokens/<|im_end|>/ids/0", 75,
               end + ".ids[0]", "is not the id of '<|im_end|>'");
  expect_wrong("/post_processor/special_tokens/<|im_end|>/ids/0", 1 << 22,
               end + ".ids[0]", "must be an integer");
  expect_wrong("/post_processor/special_tokens/<|im_end|>/tokens/1", "zz",
               end + ".ids[1]", "is not the id of 'zz'");
  expect_wrong("/post_processor/special_tokens/<|im_end|>/ids", {272},
               end + ".ids", "must have as many elements as tokens");
}

// Llama 3 has ByteLevel and a template in a sequence.
TEST(TokenizerJsonTest, PostProcessorsInSequence) {
  json file = good_file();
  json inner = file["post_processor"], outer = inner;
  outer["single"] = {{{"SpecialToken", {{"id", "<|im_end|>"}, {"type_id", 0}}}},
                     {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}};
  file["post_processor"] = {
      {"type", "Sequence"},
      {"processors",
       {{{"type", "ByteLevel"}, {"trim_offsets", false}}, inner, outer}}};
  EXPECT_EQ(tokenizer_of(file).encode(""), (Ids{272, 270, 271, 272, 270}));
}

TEST(TokenizerJsonTest, UnusualButGood) {
  json file = good_file();
  file.erase("version");
  file.erase("post_processor");
  file["truncation"] = {{"max_length", 4}};
  file["model"].erase("type");
  file["model"].erase("ignore_merges");
  file["model"]["continuing_subword_prefix"] = "";
  file["model"]["unk_token"] = "<|endoftext|>";
  file["normalizer"] = {{"type", "Sequence"}, {"normalizers", json::array()}};
  file["something_new"] = 1;
  EXPECT_EQ(tokenizer_of(file).encode(" lower e\u0301").size(), 6u);
  file["normalizer"]["normalizers"].push_back({{"type", "NFC"}});
  EXPECT_EQ(tokenizer_of(file).encode(" lower e\u0301").size(), 5u);
}

// Ids with holes: nobody has them.
TEST(TokenizerJsonTest, Holes) {
  json file = good_file();
  file["added_tokens"].push_back(added_token(100'000, "<far>"));
  Tokenizer tokenizer = tokenizer_of(file);
  EXPECT_EQ(tokenizer.size(), 100'001);
  EXPECT_EQ(tokenizer.decode({99'999, 100'000, 300}), "<far>");
  EXPECT_FALSE(tokenizer.special(99'999));
}

} // namespace
} // namespace girih::testing
