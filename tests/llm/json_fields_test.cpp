// SPDX-License-Identifier: Apache-2.0
#include "expect_model_error.h"

#include "girih/examples/llm/files/json.h"
#include "girih/examples/llm/files/json_fields.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using llm::JsonFields;

class LlmJsonFields : public ::testing::Test {
protected:
  nlohmann::json tree = llm::parse_json(
      R"({"n":7,"big":18446744073709551615,"whole":8.0,"half":0.5,"no":null,
          "yes":true,"text":"x","list":[1,2],"texts":["a","b"],
          "in":{"n":-3,"bad":[1,"x"]}})",
      "c.json");
  JsonFields fields{tree, "c.json"};

  void expect_error(const std::function<void()> &action,
                    const std::string &field, const std::string &words) {
    expect_model_error(action, "c.json", field, words);
  }
};

TEST_F(LlmJsonFields, Reads) {
  EXPECT_EQ(fields.integer("n", 0, 7), 7);
  EXPECT_EQ(fields.integer("whole", 0, 8), 8);
  EXPECT_EQ(fields.integer("absent", 0, 8, 5), 5);
  EXPECT_EQ(fields.integer("no", 0, 8, 5), 5);
  EXPECT_EQ(fields.number("n", 0, 8), 7);
  EXPECT_EQ(fields.number("half", 0.5, 0.5), 0.5);
  EXPECT_TRUE(fields.boolean("yes", false));
  EXPECT_TRUE(fields.boolean("absent", true));
  EXPECT_EQ(fields.text("text"), "x");
  EXPECT_EQ(fields.text("no"), std::nullopt);
  EXPECT_EQ(fields.integers("list", 1, 2), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(fields.integers("n", 1, 9), std::vector<std::int64_t>{7});
  EXPECT_TRUE(fields.integers("no", 1, 2).empty());
  EXPECT_EQ(fields.texts("texts"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(fields.object("in")->integer("n", -3, 0), -3);
  EXPECT_FALSE(fields.object("absent"));
  EXPECT_TRUE(fields.has("n"));
  EXPECT_FALSE(fields.has("no"));
}

TEST_F(LlmJsonFields, Errors) {
  expect_error([&] { fields.integer("n", 8, 9); }, "n",
               "must be a whole number from 8 to 9, not 7");
  expect_error([&] { fields.integer("n", 0, 6); }, "n", "from 0 to 6, not 7");
  expect_error([&] { fields.integer("big", 0, INT64_MAX); }, "big",
               "not 18446744073709551615");
  expect_error([&] { fields.integer("half", 0, 8); }, "half", "not 0.5");
  expect_error([&] { fields.integer("yes", 0, 8); }, "yes", "not true");
  expect_error([&] { fields.integer("text", 0, 8); }, "text", "not \"x\"");
  expect_error([&] { fields.integer("absent", 0, 8); }, "absent", "is missing");
  expect_error([&] { fields.integer("no", 0, 8); }, "no", "is missing");
  expect_error([&] { fields.number("half", 1, 2); }, "half",
               "must be a number from 1 to 2, not 0.5");
  expect_error([&] { fields.number("text", 1, 2); }, "text", "not \"x\"");
  expect_error([&] { fields.number("absent", 1, 2); }, "absent", "is missing");
  expect_error([&] { fields.boolean("n", false); }, "n",
               "must be true or false, not 7");
  expect_error([&] { fields.text("list"); }, "list",
               "must be a string, not array");
  expect_error([&] { fields.texts("text"); }, "text", "must be a list");
  expect_error([&] { fields.texts("list"); }, "list[0]", "must be a string");
  expect_error([&] { fields.integers("list", 2, 9); }, "list[0]", "not 1");
  expect_error([&] { fields.integers("text", 2, 9); }, "text", "not \"x\"");
  expect_error([&] { fields.object("n"); }, "n", "must be an object, not 7");
  expect_error([&] { fields.object("in")->integer("n", 0, 1); }, "in.n",
               "not -3");
  expect_error([&] { fields.object("in")->integers("bad", 0, 1); }, "in.bad[1]",
               "not \"x\"");
  expect_error([&] { JsonFields(tree["list"], "c.json"); }, "",
               "must be an object, not array");
}

TEST_F(LlmJsonFields, LongLists) {
  nlohmann::json many = {{"list", std::vector<int>(65537, 1)}};
  expect_error([&] { JsonFields(many, "c.json").integers("list", 0, 1); },
               "list", "65537 elements");
}

} // namespace
} // namespace girih::testing
