// SPDX-License-Identifier: Apache-2.0
// The tokenize command, line by line.
#include "girih/examples/llm/cli/tokenize.h"

#include "expect_model_error.h"
#include "tokenizer_files.h"

#include <sstream>

namespace girih::testing {
namespace {

using llm::TokenizeOptions;

std::string answer(const std::string &input, const TokenizeOptions &options) {
  std::istringstream in(input);
  std::ostringstream out;
  llm::tokenize(tokenizer_of(qwen2_fixture()), options, in, "input", out);
  return out.str();
}

const TokenizeOptions lines{.jsonl = true};
const TokenizeOptions decoded_lines{.jsonl = true, .decode = true};

TEST(TokenizeTest, Lines) {
  EXPECT_EQ(answer("\" ###\"\n\"\"\n\"<|im_end|>\\n\"", lines),
            "[268,269]\n[]\n[272,198]\n");
  EXPECT_EQ(answer("", lines), "");
  TokenizeOptions plain = lines;
  plain.encode.parse_special = false;
  EXPECT_EQ(answer("\"<|im_end|>\"", plain).find("272"), std::string::npos);
}

TEST(TokenizeTest, DecodedLines) {
  EXPECT_EQ(answer("[268, 269]\r\n[]\n[198,272]\n", decoded_lines),
            "\" ###\"\n\"\"\n\"\\n<|im_end|>\"\n");
  TokenizeOptions skipping = decoded_lines;
  skipping.skip_special_tokens = true;
  EXPECT_EQ(answer("[75,272]", skipping), "\"l\"\n");
  // Half a character is still text in JSON.
  EXPECT_EQ(answer("[136]", decoded_lines), "\"\ufffd\"\n");
}

TEST(TokenizeTest, WholeTexts) {
  EXPECT_EQ(answer(" ###", {}), "268 269\n");
  EXPECT_EQ(answer("", {}), "\n");
  EXPECT_EQ(answer("268, 269\n75", {.decode = true}), " ###l");
  EXPECT_EQ(answer(" ", {.decode = true}), "");
}

TEST(TokenizeTest, Conversations) {
  EXPECT_EQ(
      answer(R"([{"role": "user", "content": "010"}])", {.chat = true}),
      "[271,84,82,260,198,15,16,15,272,198,271,64,82,82,72,82,83,64,77,83,"
      "198]\n"); // <|im_start|>user\n010<|im_end|>\n...
}

TEST(TokenizeTest, ErrorsNameTheLine) {
  auto expect_wrong = [](const std::string &input,
                         const TokenizeOptions &options,
                         const std::string &file, const std::string &field,
                         const std::string &words) {
    expect_model_error([&] { answer(input, options); }, file, field, words);
  };
  expect_wrong("\"a\"\n7", lines, "input, line 2", "", "must be a JSON string");
  expect_wrong("\"a\"\n\n", lines, "input, line 2", "line 1, column 1",
               "is not valid JSON");
  expect_wrong("\"\\ud800\"", lines, "input, line 1", "line 1, column 8",
               "is not valid JSON");
  expect_wrong("7", decoded_lines, "input, line 1", "",
               "must be an array of ids");
  for (const char *bad : {"[1, -1]", "[1, 2.5]", "[1, \"a\"]", "[1, [2]]",
                          "[1, 2147483648]", "[1, 18446744073709551615]"})
    expect_wrong(bad, decoded_lines, "input, line 1", "element 1",
                 "must be an id");
  expect_wrong("[{\"role\": \"user\"}]", {.chat = true}, "input, line 1",
               "messages[0].content", "is missing");
  expect_wrong("[]", {.chat = true}, "input, line 1", "",
               "messages: are empty");
  expect_wrong("a\xff", {}, "text", "byte 1", "is not UTF-8");
  const auto size = std::to_string(tokenizer_of(qwen2_fixture()).size());
  expect_wrong("1 " + size, {.decode = true}, "input", "id 1",
               size + " is not among the " + size);
  expect_wrong("[1]\n[1,2," + size + "]", decoded_lines, "input, line 2",
               "id 2", "is not among");
  for (const char *bad : {"1 x", "1 2x", "1 -2", "1 99999999999"})
    expect_wrong(bad, {.decode = true}, "input", "id 1", "must be a number");
}

} // namespace
} // namespace girih::testing
