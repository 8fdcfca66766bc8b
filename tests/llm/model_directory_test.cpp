// SPDX-License-Identifier: Apache-2.0
// A directory as a whole, and the model that is part of the program.
#include "expect_model_error.h"
#include "safetensors_bytes.h"

#include "girih/examples/llm/files/mapped_file.h"
#include "girih/examples/llm/model_directory.h"
#include "girih/examples/llm/weights/default_model.h"
#include "girih/tests/support/source_root.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace girih::testing {
namespace {

using llm::ModelDirectory;

TEST(LlmModelDirectory, BuiltInIsTheOneOfTheData) {
  const auto folder = source_root() / "examples/llm/data/bard-5m";
  for (const llm::EmbeddedFile &each : llm::default_model_files())
    EXPECT_TRUE(each.text() == llm::read_file(folder / each.name, 1 << 25))
        << each.name;
  EXPECT_EQ(llm::default_model_files().size(), 6u);
  EXPECT_FALSE(llm::default_model_file("reference.json").text().empty());
  expect_model_error([] { llm::default_model_file("README"); },
                     "bard-5m (built in)/README", "", "there is no such file");

  const ModelDirectory built_in = ModelDirectory::built_in(),
                       opened = ModelDirectory::open(folder);
  EXPECT_EQ(built_in.name, "bard-5m (built in)");
  EXPECT_EQ(built_in.path("config.json"), "bard-5m (built in)/config.json");
  EXPECT_EQ(built_in.config.hidden, opened.config.hidden);
  EXPECT_EQ(built_in.generation.eos, opened.generation.eos);
  EXPECT_EQ(built_in.tokenizer, opened.tokenizer);
  EXPECT_EQ(built_in.tokenizer_config, opened.tokenizer_config);
  EXPECT_EQ(built_in.chat_template, std::nullopt);
  ASSERT_EQ(built_in.weights.all().size(), 74u);
  for (const llm::StoredTensor &each : built_in.weights.all()) {
    const llm::StoredTensor &other = opened.weights.at(each.name);
    EXPECT_EQ(each.shape, other.shape);
    EXPECT_TRUE(std::ranges::equal(each.bytes, other.bytes)) << each.name;
  }
  EXPECT_EQ(built_in.weights.total_bytes(), built_in.config.parameters() * 2);
}

TEST(LlmModelDirectory, BuiltInIsAligned) {
  const auto bytes = llm::default_model_file("model.safetensors").bytes;
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes.data()) % 64, 0u);
}

TEST(LlmModelDirectory, Texts) {
  ModelFolder folder;
  const auto data = source_root() / "tests/data/llm/qwen2";
  for (const char *name : {"config.json", "model.safetensors"})
    std::filesystem::copy(data / name, folder.path());
  const ModelDirectory without = ModelDirectory::open(folder.path());
  EXPECT_FALSE(without.tokenizer || without.tokenizer_config ||
               without.chat_template);
  EXPECT_EQ(without.path("a"), (folder.path() / "a").string());
  folder.write("tokenizer.json", "one");
  folder.write("tokenizer_config.json", "two");
  folder.write("chat_template.jinja", "three");
  const ModelDirectory with = ModelDirectory::open(folder.path());
  EXPECT_EQ(with.tokenizer, "one");
  EXPECT_EQ(with.tokenizer_config, "two");
  EXPECT_EQ(with.chat_template, "three");
  folder.write("chat_template.jinja", "thr\xff");
  expect_model_error([&] { ModelDirectory::open(folder.path()); },
                     with.path("chat_template.jinja"), "byte 3",
                     "is not UTF-8");
  folder.write("chat_template.jinja", std::string((1 << 20) + 1, ' '));
  expect_model_error([&] { ModelDirectory::open(folder.path()); },
                     with.path("chat_template.jinja"), "", "more than");
}

TEST(LlmModelDirectory, WithoutWeights) {
  ModelFolder folder;
  std::filesystem::copy(source_root() / "tests/data/llm/qwen2/config.json",
                        folder.path());
  folder.write("tokenizer.json", "one");
  folder.write("generation_config.json", R"({"eos_token_id": 7})");
  const auto opened = ModelDirectory::open_without_weights(folder.path());
  EXPECT_EQ(opened.tokenizer, "one");
  EXPECT_EQ(opened.generation.eos, std::vector<std::int64_t>{7});
  EXPECT_THROW(ModelDirectory::open(folder.path()), llm::ModelError);
}

TEST(LlmModelDirectory, NoDirectory) {
  ModelFolder folder;
  folder.write("file", "");
  for (const auto &path : {folder.path() / "absent", folder.path() / "file"})
    expect_model_error([&] { ModelDirectory::open(path); }, path.string(), "",
                       "is not a directory");
  expect_model_error([&] { ModelDirectory::open(folder.path()); },
                     (folder.path() / "config.json").string(), "",
                     "there is no such file");
}

} // namespace
} // namespace girih::testing
