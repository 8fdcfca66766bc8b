// SPDX-License-Identifier: Apache-2.0
#include "expect_model_error.h"
#include "known_configs.h"
#include "safetensors_bytes.h"

#include "girih/examples/llm/config/generation_config.h"
#include "girih/tests/support/source_root.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using llm::GenerationConfig;
using Ints = std::vector<std::int64_t>;

const llm::ModelConfig &model() {
  static const llm::ModelConfig config =
      llm::parse_model_config(r1_distill_qwen_1_5b().dump(), "config.json");
  return config;
}

GenerationConfig parse(const std::string &text) {
  return llm::parse_generation_config(text, "g.json", model());
}

TEST(LlmGenerationConfig, Published) {
  const GenerationConfig r1 = parse(
      R"({"_from_model_config": true, "bos_token_id": 151646, "do_sample": true,
          "eos_token_id": 151643, "temperature": 0.6, "top_p": 0.95})");
  EXPECT_TRUE(r1.sample);
  EXPECT_EQ(r1.temperature, 0.6);
  EXPECT_EQ(r1.top_p, 0.95);
  EXPECT_EQ(r1.top_k, 0);
  EXPECT_EQ(r1.min_p, 0);
  EXPECT_EQ(r1.repetition_penalty, 1);
  EXPECT_EQ(r1.bos, 151646);
  EXPECT_EQ(r1.eos, Ints{151643});
  const GenerationConfig qwen = parse(
      R"({"bos_token_id": 151643, "do_sample": true, "top_k": 20,
          "eos_token_id": [151645, 151643], "repetition_penalty": 1.1,
          "temperature": 0.7, "top_p": 0.8, "min_p": 0.1})");
  EXPECT_EQ(qwen.top_k, 20);
  EXPECT_EQ(qwen.repetition_penalty, 1.1);
  EXPECT_EQ(qwen.min_p, 0.1);
  EXPECT_EQ(qwen.eos, (Ints{151643, 151645}));
}

TEST(LlmGenerationConfig, WhatConfigJsonSays) {
  const GenerationConfig none = parse("{}");
  EXPECT_FALSE(none.sample);
  EXPECT_EQ(none.bos, 151643);
  EXPECT_EQ(none.eos, Ints{151643});
  ModelFolder folder;
  EXPECT_EQ(llm::read_generation_config(folder.path(), model()).eos,
            Ints{151643});
  folder.write("generation_config.json", R"({"eos_token_id":7})");
  EXPECT_EQ(llm::read_generation_config(folder.path(), model()).eos, Ints{7});
}

TEST(LlmGenerationConfig, Errors) {
  auto expect_error = [](const std::string &text, const std::string &field,
                         const std::string &words) {
    expect_model_error([&] { parse(text); }, "g.json", field, words);
  };
  expect_error("[]", "", "must be an object");
  expect_error("{", "line 1, column 2", "is not valid JSON");
  expect_error(R"({"temperature":-1})", "temperature", "from 0 to 1000");
  expect_error(R"({"top_p":1.5})", "top_p", "from 0 to 1");
  expect_error(R"({"top_p":0})", "top_p", "above 0 and at most 1, not 0");
  expect_error(R"({"min_p":"x"})", "min_p", "must be a number");
  expect_error(R"({"top_k":-1})", "top_k", "from 0 to");
  expect_error(R"({"repetition_penalty":0})", "repetition_penalty",
               "from 0.01");
  expect_error(R"({"do_sample":1})", "do_sample", "must be true or false");
  expect_error(R"({"eos_token_id":151936})", "eos_token_id", "to 151935");
  expect_error(R"({"bos_token_id":[1]})", "bos_token_id", "not array");
}

} // namespace
} // namespace girih::testing
