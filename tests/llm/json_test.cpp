// SPDX-License-Identifier: Apache-2.0
#include "expect_model_error.h"

#include "girih/examples/llm/files/json.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using llm::parse_json;

void expect_error(const std::string &text, const std::string &field,
                  const std::string &words,
                  const llm::JsonLimits &limits = {}) {
  SCOPED_TRACE(text.substr(0, 80));
  expect_model_error([&] { parse_json(text, "a.json", limits); }, "a.json",
                     field, words);
}

TEST(LlmJson, Tree) {
  const char *text =
      R"( {"a":[1,-2,3.5,{"b":null}],"c":{"d":true,"e":"xé\n"},"f":[[],{}]} )";
  EXPECT_EQ(parse_json(text, "a.json"), nlohmann::json::parse(text));
  EXPECT_EQ(parse_json("18446744073709551615", ""), 18446744073709551615u);
  EXPECT_EQ(parse_json("\"a\"", ""), "a");
}

// Arrays of arrays move while they grow: what is open then must not.
TEST(LlmJson, ManyContainers) {
  std::string text = "[";
  for (int i = 0; i < 1000; ++i)
    text += (i ? "," : "") + std::string("[[") + std::to_string(i) +
            R"(],{"a":[{"b":)" + std::to_string(i) + "}]}]";
  text += "]";
  EXPECT_EQ(parse_json(text, ""), nlohmann::json::parse(text));
}

TEST(LlmJson, NotJson) {
  expect_error("", "line 1, column 1", "is not valid JSON");
  expect_error("{", "line 1, column 2", "is not valid JSON");
  expect_error("{\"a\":1,\n \"b\" 2}", "line 2, column 6", "is not valid JSON");
  expect_error("[1,]", "line 1, column 4", "is not valid JSON");
  expect_error("[1] x", "line 1, column 5", "is not valid JSON");
  expect_error("[NaN]", "line 1, column 2", "is not valid JSON");
  expect_error("[1e999]", "line 1, column 6", "is not valid JSON");
  expect_error("[\"\xff\"]", "line 1, column 3", "is not valid JSON");
  expect_error("[\"\\ud800\"]", "line 1, column 9", "is not valid JSON");
  expect_error(std::string("[1]\0", 4), "line 1, column 4",
               "there is a byte 0");
  expect_error(std::string("[\"\0\"]", 5), "line 1, column 3",
               "there is a byte 0");
}

TEST(LlmJson, SameKeyTwice) {
  expect_error(R"({"a":1,"b":2,"a":3})", "", "has the key 'a' twice");
  expect_error(R"([{"x":{"a":1,"\u0061":{}}}])", "", "has the key 'a' twice");
  EXPECT_NO_THROW(parse_json(R"([{"a":1},{"a":{"a":2}}])", ""));
}

TEST(LlmJson, Limits) {
  auto nested = [](int depth) {
    const auto n = static_cast<std::size_t>(depth);
    return std::string(n, '[') + std::string(n, ']');
  };
  EXPECT_NO_THROW(parse_json(nested(64), ""));
  expect_error(nested(65), "", "is nested deeper than 64 levels");
  expect_error(std::string(1'000'000, '['), "", "deeper than 64");
  std::string objects;
  for (int i = 0; i < 65; ++i)
    objects += R"({"a":)";
  expect_error(objects, "", "deeper than 64");
  expect_error("[1,2,3]", "", "has 7 bytes, more than the 6", {.bytes = 6});
  expect_error("[1,2,3]", "", "has more than 3 values", {.values = 3});
  EXPECT_NO_THROW(parse_json("[1,2,3]", "", {.bytes = 7, .values = 4}));
}

TEST(LlmJson, MessagesArePrintable) {
  const std::string key(10'000, 'k');
  try {
    parse_json("{\"" + key + "\":1,\"" + key + "\":2}", "a.json");
    ADD_FAILURE();
  } catch (const llm::ModelError &error) {
    EXPECT_LT(error.message().size(), 300u);
  }
  try {
    parse_json("[\"\xff\x01\x1b[31m\"]", "a.json");
    ADD_FAILURE();
  } catch (const llm::ModelError &error) {
    for (char c : error.message())
      EXPECT_TRUE(c >= ' ' && c <= '~') << error.message();
  }
  EXPECT_EQ(llm::printable("a\nb\x7f"), "a?b?");
}

} // namespace
} // namespace girih::testing
