// SPDX-License-Identifier: Apache-2.0
// Tensors as inspect lists them: those of files, those that a config asks for,
// and kinds of both.
#include "girih/examples/llm/weights/tensor_list.h"

#include "girih/examples/llm/config/generation_config.h"
#include "girih/examples/llm/model_directory.h"
#include "girih/tests/support/source_root.h"

#include "expect_model_error.h"
#include "known_configs.h"

#include <map>
#include <numeric>

namespace girih::testing {
namespace {

using llm::ListedTensor;
using Tensors = std::vector<ListedTensor>;

llm::ModelDirectory fixture(const std::string &name) {
  return llm::ModelDirectory::open(source_root() / "tests/data/llm" / name);
}

std::int64_t bytes_of(const Tensors &tensors) {
  return std::accumulate(tensors.begin(), tensors.end(), std::int64_t{0},
                         [](std::int64_t sum, const ListedTensor &each) {
                           return sum + each.bytes;
                         });
}

// Files are written in the dtype of the config, so both lists are the same but
// for layers that are not used.
TEST(LlmTensorList, WhatIsExpectedIsWhatFilesHave) {
  for (const char *name : {"qwen2", "llama3", "qwen3", "qwen3moe"}) {
    SCOPED_TRACE(name);
    const llm::ModelDirectory files = fixture(name);
    const Tensors stored = llm::stored_tensors(files.weights),
                  expected = llm::expected_tensors(files.config);
    EXPECT_EQ(bytes_of(stored), files.weights.total_bytes());
    std::map<std::string, ListedTensor> by_name;
    for (const ListedTensor &each : expected)
      by_name[each.name] = each;
    ASSERT_EQ(by_name.size(), stored.size());
    for (const ListedTensor &each : stored) {
      const ListedTensor &other = by_name.at(each.name);
      EXPECT_EQ(each.dtype, other.dtype) << each.name;
      EXPECT_EQ(each.shape, other.shape) << each.name;
      EXPECT_EQ(each.bytes, other.bytes) << each.name;
      EXPECT_EQ(each.count, 1);
    }
  }
}

TEST(LlmTensorList, EightBitWeightsHaveScales) {
  const llm::ModelDirectory files = fixture("deepseek_v3_fp8");
  const Tensors stored = llm::stored_tensors(files.weights),
                expected = llm::expected_tensors(files.config);
  const std::string name = "model.layers.2.mlp.experts.7.up_proj.weight";
  for (const Tensors &each : {stored, expected}) {
    const auto find = [&](const std::string &wanted) {
      const auto at =
          std::ranges::find(each, wanted, [](const auto &t) { return t.name; });
      return at == each.end() ? ListedTensor{} : *at;
    };
    EXPECT_EQ(find(name).dtype, e4m3);
    EXPECT_EQ(find(name).bytes, 160 * 256);
    EXPECT_EQ(find(name + "_scale_inv").dtype, f32);
    EXPECT_EQ(find(name + "_scale_inv").bytes, 2 * 2 * 4);
    EXPECT_EQ(find("model.layers.2.mlp.gate.weight").dtype, bf16);
  }
}

TEST(LlmTensorList, KindsStandForAll) {
  const Tensors kinds = llm::tensor_kinds({{"a.0.w", bf16, {2, 3}, 12},
                                           {"b", f32, {}, 4},
                                           {"a.17.w", bf16, {2, 3}, 12},
                                           {"a.2.w", bf16, {3, 3}, 18},
                                           {"a.3.w", f32, {2, 3}, 24},
                                           {"a.x4.w", bf16, {2, 3}, 12},
                                           {"a.4.5.w", bf16, {2, 3}, 12},
                                           {"a..w", bf16, {1}, 2},
                                           {"5", bf16, {1}, 2}});
  std::vector<std::string> told;
  for (const ListedTensor &each : kinds)
    told.push_back(each.name + " " + std::to_string(each.count) + " " +
                   std::to_string(each.bytes));
  EXPECT_EQ(told, (std::vector<std::string>{
                      "a.*.w 2 24", "b 1 4", "a.*.w 1 18", "a.*.w 1 24",
                      "a.x4.w 1 12", "a.*.*.w 1 12", "a..w 1 2", "* 1 2"}));
  for (const char *name : {"qwen3moe", "deepseek_v3_fp8"}) {
    const Tensors all = llm::stored_tensors(fixture(name).weights);
    const Tensors few = llm::tensor_kinds(all);
    EXPECT_LT(few.size(), all.size());
    EXPECT_EQ(bytes_of(few), bytes_of(all));
  }
}

TEST(LlmTensorList, AbsurdConfigsAreRefused) {
  auto config = qwen3_30b_a3b();
  config["num_hidden_layers"] = 1024;
  config["num_experts"] = 8000;
  const auto read = llm::parse_model_config(config.dump(), "config.json");
  expect_model_error([&] { llm::expected_tensors(read); }, "config.json", "",
                     "more tensors than any model has");
}

} // namespace
} // namespace girih::testing
