// SPDX-License-Identifier: Apache-2.0
#include "expect_model_error.h"
#include "safetensors_bytes.h"

#include "girih/examples/llm/weights/safetensors.h"
#include "girih/examples/llm/weights/weight_files.h"
#include "girih/tests/support/source_root.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace girih::testing {
namespace {

using llm::StoredTensor;
using llm::WeightFiles;

std::string text(const StoredTensor &tensor) {
  return {reinterpret_cast<const char *>(tensor.bytes.data()),
          tensor.bytes.size()};
}

// One byte of padding less or more: data begins where it may.
const std::string &two_tensors() {
  static const std::string file = safetensors_bytes(
      R"({"z":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
      R"("a":{"dtype":"I8","shape":[],"data_offsets":[8,9]},)"
      R"("u":{"dtype":"U32","shape":[1],"data_offsets":[9,13]},)"
      R"("c":{"dtype":"U16","shape":[1],"data_offsets":[13,15]}})",
      "01234567x000000");
  return file;
}

void expect_two_tensors(const WeightFiles &files, const std::string &name) {
  ASSERT_EQ(files.all().size(), 2u);
  EXPECT_EQ(files.all()[0].name, "a");
  EXPECT_EQ(files.all()[1].name, "z");
  EXPECT_EQ(&files.at("z"), files.find("z"));
  EXPECT_EQ(files.at("z").dtype, f32);
  EXPECT_EQ(files.at("z").shape, std::vector<std::int64_t>{2});
  EXPECT_EQ(text(files.at("z")), "01234567");
  EXPECT_EQ(text(files.at("a")), "x");
  EXPECT_TRUE(files.at("a").shape.empty());
  EXPECT_EQ(*files.at("a").file, name);
  EXPECT_EQ(files.total_bytes(), 9);
  EXPECT_EQ(files.find("b"), nullptr);
  EXPECT_EQ(files.unreadable(), (std::vector<std::string>{"c", "u"}));
  expect_model_error([&] { files.at("u"); }, name, "u",
                     "is of a dtype that Girih does not have");
  expect_model_error([&] { files.at("b"); }, name, "b", "[TensorNotFound]");
  EXPECT_THROW(files.at(""), llm::SafetensorsError);
}

TEST(LlmWeightFiles, OfMemory) {
  expect_two_tensors(WeightFiles::of_memory(as_bytes(two_tensors()), "m"), "m");
  expect_model_error(
      [] { WeightFiles::of_memory(as_bytes(two_tensors()).first(99), "m"); },
      "m", "header", "[InvalidHeaderLength]");
}

// Copies outlive what they were made of, and the names are still there.
TEST(LlmWeightFiles, OneFile) {
  ModelFolder folder;
  folder.write("model.safetensors", two_tensors());
  folder.write("model.safetensors.index.json", "not looked at");
  std::optional<WeightFiles> first = WeightFiles::open(folder.path());
  WeightFiles second = *first;
  first.reset();
  expect_two_tensors(second, (folder.path() / "model.safetensors").string());
}

TEST(LlmWeightFiles, NoFile) {
  ModelFolder folder;
  expect_model_error([&] { WeightFiles::open(folder.path()); },
                     folder.path().string(), "",
                     "has no model.safetensors and no "
                     "model.safetensors.index.json");
  std::filesystem::create_directory(folder.path() / "model.safetensors");
  expect_model_error([&] { WeightFiles::open(folder.path()); },
                     (folder.path() / "model.safetensors").string(), "",
                     "is not a regular file");
}

TEST(LlmWeightFiles, Fixtures) {
  const auto data = source_root() / "tests/data/llm";
  const WeightFiles qwen = WeightFiles::open(data / "qwen2");
  EXPECT_EQ(qwen.all().size(), 27u);
  EXPECT_EQ(qwen.at("lm_head.weight").shape,
            (std::vector<std::int64_t>{320, 128}));
  const WeightFiles shards = WeightFiles::open(data / "deepseek_v3_fp8");
  EXPECT_EQ(shards.all().size(), 163u);
  EXPECT_EQ(shards.total_bytes(), 3'374'464);
  EXPECT_EQ(shards.at("model.layers.0.mlp.gate_proj.weight").dtype, e4m3);
  EXPECT_TRUE(shards.at("lm_head.weight")
                  .file->ends_with("00001-of-00002."
                                   "safetensors"));
  EXPECT_TRUE(shards.at("model.norm.weight")
                  .file->ends_with("00002-of-00002."
                                   "safetensors"));
  EXPECT_TRUE(std::is_sorted(
      shards.all().begin(), shards.all().end(),
      [](const auto &a, const auto &b) { return a.name < b.name; }));
}

} // namespace
} // namespace girih::testing
