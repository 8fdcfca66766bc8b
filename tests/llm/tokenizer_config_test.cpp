// SPDX-License-Identifier: Apache-2.0
// What tokenizer_config.json adds to tokenizer.json.
#include "expect_model_error.h"
#include "safetensors_bytes.h"
#include "tokenizer_files.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using llm::Tokenizer;
using nlohmann::json;
using Ids = std::vector<std::int32_t>;

Tokenizer with_config(const std::string &config,
                      const json &post_processor = nullptr) {
  json file = tokenizer_file(qwen2_fixture());
  file["post_processor"] = post_processor;
  return tokenizer_of(file, config);
}

const json adds_start = json::parse(R"({
  "type": "TemplateProcessing", "pair": [],
  "single": [{"SpecialToken": {"id": "<|im_start|>", "type_id": 0}},
             {"Sequence": {"id": "A", "type_id": 0}}],
  "special_tokens": {"<|im_start|>": {"id": "<|im_start|>", "ids": [271],
                                      "tokens": ["<|im_start|>"]}}})");

TEST(TokenizerConfigTest, BeginningAndEnd) {
  Tokenizer tokenizer = with_config(
      R"({"bos_token": "<|im_start|>", "eos_token": {"__type": "AddedToken",
          "content": "<|im_end|>", "lstrip": false}})");
  EXPECT_EQ(tokenizer.bos(), 271);
  EXPECT_EQ(tokenizer.eos(), 272);
  EXPECT_EQ(tokenizer.encode("l"), (Ids{75}));
  EXPECT_EQ(with_config(R"({"bos_token": null})").bos(), std::nullopt);
  EXPECT_EQ(with_config("").eos(), std::nullopt);
}

// DeepSeek's tokenizer.json says nothing of it.
TEST(TokenizerConfigTest, AddsTokens) {
  EXPECT_EQ(with_config(R"({"bos_token": "<|im_start|>", "add_bos_token": true,
                            "add_eos_token": false})")
                .encode("l"),
            (Ids{271, 75}));
  EXPECT_EQ(with_config(R"({"eos_token": "<|im_end|>", "add_eos_token": true})")
                .encode("l"),
            (Ids{75, 272}));
}

TEST(TokenizerConfigTest, AddsNoneTwice) {
  EXPECT_EQ(
      with_config(R"({"bos_token": "<|im_start|>"})", adds_start).encode("l"),
      (Ids{271, 75}));
  EXPECT_EQ(with_config(R"({"bos_token": "<|im_start|>",
                            "add_bos_token": true})",
                        adds_start)
                .encode("l"),
            (Ids{271, 75}));
  EXPECT_EQ(with_config(R"({"bos_token": "<|im_start|>",
                            "add_bos_token": false})",
                        adds_start)
                .encode("l"),
            (Ids{75}));
  EXPECT_EQ(with_config(R"({"add_bos_token": false})", adds_start).encode("l"),
            (Ids{271, 75}));
}

void expect_wrong(const std::string &config, const std::string &field,
                  const std::string &words) {
  expect_model_error([&] { with_config(config); }, "tokenizer_config.json",
                     field, words);
}

TEST(TokenizerConfigTest, WrongFields) {
  expect_wrong("[]", "", "must be an object");
  expect_wrong(R"({"bos_token": "<s>"})", "bos_token",
               "'<s>' is no token of tokenizer.json");
  expect_wrong(R"({"bos_token": 1})", "bos_token", "must be a string");
  expect_wrong(R"({"eos_token": {}})", "eos_token.content", "is missing");
  expect_wrong(R"({"add_bos_token": 1})", "add_bos_token",
               "must be true or false, not number");
  expect_wrong(R"({"add_bos_token": true})", "add_bos_token",
               "is true, but there is no such token");
  expect_wrong(R"({"chat_template": 1})", "chat_template", "must be a string");
  expect_wrong(R"({"chat_template": [{"name": "default"}]})",
               "chat_template[0].template", "is missing");
  expect_wrong(R"({"chat_template": [{"template": "x"}]})",
               "chat_template[0].name", "is missing");
}

TEST(TokenizerConfigTest, Directories) {
  ModelFolder folder;
  EXPECT_THROW(Tokenizer::open(folder.path()), llm::ModelError);
  folder.write("tokenizer.json", tokenizer_file(qwen2_fixture()).dump());
  EXPECT_EQ(Tokenizer::open(folder.path()).bos(), std::nullopt);
  EXPECT_TRUE(Tokenizer::open(folder.path()).chat_format());
  folder.write("tokenizer_config.json", R"({"bos_token": "<|im_start|>"})");
  EXPECT_EQ(Tokenizer::open(folder.path()).bos(), 271);
  folder.write("chat_template.jinja", "of some other family");
  EXPECT_FALSE(Tokenizer::open(folder.path()).chat_format());
  folder.write("tokenizer_config.json", "{");
  EXPECT_THROW(Tokenizer::open(folder.path()), llm::ModelError);
}

} // namespace
} // namespace girih::testing
