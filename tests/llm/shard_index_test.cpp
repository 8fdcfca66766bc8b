// SPDX-License-Identifier: Apache-2.0
#include "expect_model_error.h"
#include "safetensors_bytes.h"

#include "girih/examples/llm/weights/shard_index.h"
#include "girih/examples/llm/weights/weight_files.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using ::testing::HasSubstr;

std::string shard_of(const std::string &tensor) {
  return safetensors_bytes("{\"" + tensor +
                               R"(":{"dtype":"U8","shape":[1],)"
                               R"("data_offsets":[0,1]}})",
                           tensor.substr(0, 1));
}

constexpr const char *index_name = "model.safetensors.index.json";

// Two shards, "first" in 1 and "second" in 2.
class LlmShards : public ::testing::Test {
protected:
  LlmShards() {
    folder.write("1.safetensors", shard_of("first"));
    folder.write("2.safetensors", shard_of("second"));
    index(R"({"first":"1.safetensors","second":"2.safetensors"})");
  }
  void index(const std::string &map) {
    folder.write(index_name, "{\"metadata\":{\"total_size\":2},"
                             "\"weight_map\":" +
                                 map + "}");
  }
  std::string path(const std::string &name) {
    return (folder.path() / name).string();
  }
  void expect_error(const std::string &file, const std::string &field,
                    const std::string &words) {
    expect_model_error([&] { llm::WeightFiles::open(folder.path()); },
                       path(file), field, words);
  }
  ModelFolder folder;
};

TEST_F(LlmShards, AreRead) {
  const auto files = llm::WeightFiles::open(folder.path());
  ASSERT_EQ(files.all().size(), 2u);
  EXPECT_EQ(static_cast<char>(files.at("second").bytes[0]), 's');
  EXPECT_EQ(*files.at("second").file, path("2.safetensors"));
  EXPECT_EQ(files.source(), path(index_name));
}

TEST_F(LlmShards, AreMissing) {
  std::filesystem::remove(folder.path() / "2.safetensors");
  expect_error("2.safetensors", "", "cannot be opened: No such file");
}

TEST_F(LlmShards, AreDamaged) {
  folder.write("2.safetensors", shard_of("second").substr(0, 20));
  expect_error("2.safetensors", "header", "[InvalidHeaderLength]");
}

TEST_F(LlmShards, LackATensor) {
  index(R"({"first":"1.safetensors","second":"2.safetensors",
            "third":"2.safetensors"})");
  expect_error("2.safetensors", "third",
               "is not in this shard, though the index says so");
}

TEST_F(LlmShards, HaveATensorMore) {
  folder.write("3.safetensors", shard_of("third"));
  index(R"({"first":"1.safetensors","second":"2.safetensors",
            "fourth":"3.safetensors"})");
  expect_model_error([&] { llm::WeightFiles::open(folder.path()); },
                     path("3.safetensors"), "fourth", "is not in this shard");
  folder.write(
      "3.safetensors",
      safetensors_bytes(R"({"fourth":{"dtype":"U8","shape":[0],)"
                        R"("data_offsets":[0,0]},"fifth":{"dtype":"U8",)"
                        R"("shape":[0],"data_offsets":[0,0]}})"));
  expect_error("3.safetensors", "fifth",
               "is in this shard, but the index does not say so");
}

// All of it is told at once.
TEST_F(LlmShards, ManyProblems) {
  index(R"({"first":"2.safetensors","second":"1.safetensors",
            "third":"3.safetensors"})");
  try {
    llm::WeightFiles::open(folder.path());
    ADD_FAILURE();
  } catch (const llm::ModelError &error) {
    EXPECT_EQ(error.file(), path("1.safetensors"));
    const std::string what = error.what();
    EXPECT_EQ(std::count(what.begin(), what.end(), '\n'), 4);
    EXPECT_THAT(what, HasSubstr("1.safetensors: second: is not in"));
    EXPECT_THAT(what, HasSubstr("1.safetensors: first: is in"));
    EXPECT_THAT(what, HasSubstr("2.safetensors: first: is not in"));
    EXPECT_THAT(what, HasSubstr("2.safetensors: second: is in"));
    EXPECT_THAT(what, HasSubstr("3.safetensors: cannot be opened"));
  }
}

TEST_F(LlmShards, NamesStayInTheFolder) {
  for (const char *name :
       {"../1.safetensors", "/etc/1.safetensors", "a/1.safetensors",
        "..safetensors", "a..safetensors", ".safetensors", "1.bin", "",
        "a\\\\1.safetensors", "1.safetensors\\u0000.safetensors"}) {
    SCOPED_TRACE(name);
    index(R"({"first":")" + std::string(name) + "\"}");
    expect_error(index_name, "weight_map.first",
                 "is not the name of a .safetensors file in this directory");
  }
  index(R"({"first":")" + std::string(256, 'a') + ".safetensors\"}");
  expect_error(index_name, "weight_map.first", "is not the name");
}

TEST_F(LlmShards, WrongIndex) {
  index("[]");
  expect_error(index_name, "weight_map", "must be an object");
  index("{}");
  expect_error(index_name, "weight_map", "must be an object");
  index("null");
  expect_error(index_name, "weight_map", "is missing");
  index(R"({"first":1})");
  expect_error(index_name, "weight_map.first", "must be the name of a shard");
  index(R"({"first":"1.safetensors","first":"2.safetensors"})");
  expect_error(index_name, "", "has the key 'first' twice");
  folder.write(index_name, "{");
  expect_error(index_name, "line 1, column 2", "is not valid JSON");
  std::string many;
  for (int i = 0; i < 4097; ++i)
    many += (i ? ",\"" : "\"") + std::to_string(i) + "\":\"" +
            std::to_string(i) + ".safetensors\"";
  index("{" + many + "}");
  expect_error(index_name, "weight_map", "names 4097 shards, more than 4096");
}

} // namespace
} // namespace girih::testing
