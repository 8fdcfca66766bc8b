// SPDX-License-Identifier: Apache-2.0
// Families by the literals of their templates: excerpts, written anew.
#include "girih/examples/llm/tokenizer/chat_template.h"

#include "tokenizer_files.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using llm::ChatFamily;
using llm::ChatFormat;
using nlohmann::json;

std::optional<ChatFormat> recognized(const std::string &text) {
  auto tokenizer = tokenizer_of(tokenizer_file({}), "", text);
  auto format = tokenizer.chat_format();
  return format ? std::optional(*format) : std::nullopt;
}

const std::string chatml_end =
    R"({{'<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>' + '\n'}})"
    R"({% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %})";

TEST(ChatRecognitionTest, Qwen2) {
  auto format = recognized(
      R"({% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou )"
      R"(are a \"good\" one:\n\\boxed{}.<|im_end|>\n' }}{% endif %})" +
      chatml_end);
  ASSERT_TRUE(format);
  EXPECT_EQ(format->family, ChatFamily::chatml);
  EXPECT_EQ(format->default_system, "You are a \"good\" one:\n\\boxed{}.");
  EXPECT_FALSE(format->trims || format->drops_thinking ||
               format->opens_thinking);
}

TEST(ChatRecognitionTest, Qwen3) {
  auto format = recognized(
      R"({{- '<|im_start|>system\n' + messages[0].content + '<|im_end|>\n' }})"
      R"({%- set content = content.split('</think>')[-1].lstrip('\n') %})"
      R"({{- '<think>\n\n</think>\n\n' }})" +
      chatml_end);
  ASSERT_TRUE(format);
  EXPECT_EQ(format->default_system, "");
  EXPECT_TRUE(format->drops_thinking);
  EXPECT_FALSE(format->opens_thinking);
}

TEST(ChatRecognitionTest, ThinkersOpenTheirThoughts) {
  auto format =
      recognized(chatml_end + R"({{- '<|im_start|>assistant\n<think>\n' }})");
  ASSERT_TRUE(format);
  EXPECT_TRUE(format->opens_thinking);
}

const std::string llama3_end =
    R"({{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ )"
    R"(message['content'] | trim + '<|eot_id|>' }})"
    R"({{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }})";

TEST(ChatRecognitionTest, Llama3) {
  auto format = recognized(llama3_end);
  ASSERT_TRUE(format);
  EXPECT_EQ(format->family, ChatFamily::llama3);
  EXPECT_EQ(format->system_preamble, "");
  EXPECT_TRUE(format->trims);
}

TEST(ChatRecognitionTest, Llama31) {
  auto format = recognized(R"({%- set date_string = "26 Feb 2025" %})"
                           R"({{- "Cutting Knowledge Date: December 2023\n" }})"
                           R"({{- "Today Date: " + date_string + "\n\n" }})" +
                           llama3_end);
  ASSERT_TRUE(format);
  EXPECT_EQ(format->system_preamble,
            "Cutting Knowledge Date: December 2023\nToday Date: 26 Feb "
            "2025\n\n");
}

const std::string deepseek_start =
    "{{bos_token}}{{ns.system_prompt}}{{'<｜User｜>' + message['content']}}"
    "{{'<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>'}}";

TEST(ChatRecognitionTest, DeepSeek) {
  auto v3 = recognized(deepseek_start + "{{'<｜Assistant｜>'}}");
  ASSERT_TRUE(v3);
  EXPECT_EQ(v3->family, ChatFamily::deepseek);
  EXPECT_FALSE(v3->opens_thinking || v3->drops_thinking || v3->joins_systems ||
               v3->thinking_switch);
  auto r1 = recognized(deepseek_start +
                       "{% set content = content.split('</think>')[-1] %}"
                       "{{'<｜Assistant｜><think>\\n'}}");
  ASSERT_TRUE(r1);
  EXPECT_TRUE(r1->opens_thinking && r1->drops_thinking);
  EXPECT_FALSE(r1->joins_systems || r1->thinking_switch);
  auto v31 =
      recognized(deepseek_start +
                 "{%- set ns.system_prompt = ns.system_prompt + '\n\n' + x -%}"
                 "{%- set content = content.split('</think>', 1)[1] -%}"
                 "{{'<｜Assistant｜>'}}{%- if not thinking -%}{{'</think>'}}");
  ASSERT_TRUE(v31);
  EXPECT_TRUE(v31->joins_systems && v31->thinking_switch &&
              v31->drops_thinking);
  EXPECT_FALSE(v31->opens_thinking);
}

// In JSON some files escape the newlines of literals once, some twice.
TEST(ChatRecognitionTest, NewlinesInLiterals) {
  auto newlines = [](std::string text) {
    for (std::size_t at; (at = text.find("\\n")) != std::string::npos;)
      text.replace(at, 2, "\n");
    return recognized(text);
  };
  EXPECT_EQ(newlines(llama3_end)->family, ChatFamily::llama3);
  EXPECT_EQ(
      newlines("{{ '<|im_start|>system\\nBe\\ngood.<|im_end|>' }}" + chatml_end)
          ->default_system,
      "Be\ngood.");
  EXPECT_TRUE(newlines(deepseek_start + "{{'<｜Assistant｜><think>\\n'}}")
                  ->opens_thinking);
}

TEST(ChatRecognitionTest, Others) {
  EXPECT_FALSE(recognized("{{ message.content }}"));
  EXPECT_FALSE(recognized("{{ '<|im_start|>user<|im_sep|>' }}<|im_end|>"));
  EXPECT_FALSE(recognized(chatml_end + llama3_end)); // of two families
  EXPECT_FALSE(recognized(deepseek_start + "{{'<｜Assistant｜>' + prefix}}"));
  EXPECT_FALSE(recognized("{{ 'User: ' + m.content }}<｜end▁of▁sentence｜>"));
}

TEST(ChatRecognitionTest, NamedTemplates) {
  auto format_of = [](const json &templates) {
    json config = {{"chat_template", templates}};
    return tokenizer_of(tokenizer_file({}), config.dump()).chat_format() !=
           nullptr;
  };
  json tools = {{"name", "tool_use"}, {"template", chatml_end}};
  json plain = {{"name", "default"}, {"template", chatml_end}};
  EXPECT_TRUE(format_of(chatml_end));
  EXPECT_TRUE(format_of({tools, plain}));
  EXPECT_FALSE(format_of(json::array({tools})));
}

// A directory without a template still has the tokens of its family.
TEST(ChatRecognitionTest, ByTokens) {
  auto family_of = [](const Strings &tokens) {
    FileParts parts;
    for (const std::string &token : tokens)
      parts.added.push_back(added_token(
          static_cast<std::int32_t>(256 + parts.added.size()), token));
    auto format = tokenizer_of(parts).chat_format();
    return format ? std::optional(*format) : std::nullopt;
  };
  EXPECT_FALSE(family_of({}));
  EXPECT_FALSE(family_of({"<|im_start|>"}));
  EXPECT_EQ(family_of({"<|im_start|>", "<|im_end|>"})->family,
            ChatFamily::chatml);
  EXPECT_EQ(
      family_of({"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"})
          ->family,
      ChatFamily::llama3);
  Strings deepseek = {"<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>"};
  EXPECT_EQ(family_of(deepseek)->family, ChatFamily::deepseek);
  EXPECT_FALSE(family_of(deepseek)->opens_thinking);
  deepseek.insert(deepseek.end(), {"<think>", "</think>"});
  EXPECT_TRUE(family_of(deepseek)->opens_thinking);
}

} // namespace
} // namespace girih::testing
