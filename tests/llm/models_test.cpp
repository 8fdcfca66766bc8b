// SPDX-License-Identifier: Apache-2.0
// Every family against transformers: tokens, logits, and bf16 on the
// reference's tokens.
#include "girih/tests/llm/reference.h"

#include "girih/dsl/support/env.h"
#include "girih/examples/llm/tokenizer/chat_template.h"

#include <algorithm>
#include <cmath>

namespace girih::testing {
namespace {

using llm::Model;

class LlmModels : public LlmOnDevice {};
GIRIH_ON_HOST_AND_CUDA(LlmModels);

constexpr const char *families[] = {"bard-5m",        "qwen2",    "llama3",
                                    "qwen3",          "qwen3moe", "deepseek_v3",
                                    "deepseek_v3_fp8"};

/// Prompt and greedy tokens but the last: what the logits of each greedy token
/// come from.
std::vector<std::int32_t> teacher(const ReferencePrompt &prompt) {
  std::vector<std::int32_t> tokens = prompt.prompt;
  tokens.insert(tokens.end(), prompt.greedy.begin(), prompt.greedy.end() - 1);
  return tokens;
}

std::vector<double> row_of(const Array &logits, std::int64_t row) {
  return logits.select(0, row).to_vector();
}

std::int64_t largest(const std::vector<double> &logits) {
  return std::ranges::max_element(logits) - logits.begin();
}

TEST_P(LlmModels, GreedyTokensInF32) {
  for (const char *family : families) {
    SCOPED_TRACE(family);
    const Model model = load_fixture(family, f32, device());
    const auto prompts = read_reference(family);
    for (std::size_t at = 0; at < prompts.size(); ++at) {
      SCOPED_TRACE(at);
      llm::Engine engine(model, {.max_batch = 1});
      const auto done = engine.generate(requests_of({prompts[at]}));
      ASSERT_EQ(done.size(), 1U);
      EXPECT_TRUE(follows(done[0].tokens, prompts[at]));
      EXPECT_EQ(done[0].finish, llm::Finish::length);
    }
  }
}

TEST_P(LlmModels, LastLogitsInF32) {
  for (const char *family : families) {
    SCOPED_TRACE(family);
    const Model model = load_fixture(family, f32, device());
    for (const ReferencePrompt &prompt : read_reference(family)) {
      const Array logits = llm::all_logits(model, prompt.prompt);
      const auto last =
          row_of(logits, static_cast<std::int64_t>(prompt.prompt.size()) - 1);
      ASSERT_EQ(last.size(), prompt.logits_last.size());
      double worst = 0;
      for (std::size_t at = 0; at < last.size(); ++at)
        worst = std::max(worst, std::abs(last[at] - prompt.logits_last[at]));
      EXPECT_LT(worst, 1e-3);
    }
  }
}

TEST_P(LlmModels, LikeliestTokensInBf16) {
  for (const char *family : families) {
    SCOPED_TRACE(family);
    const Model model = load_fixture(family, bf16, device());
    const double margin = family == std::string("bard-5m") ? 0.1 : 0.6;
    for (const ReferencePrompt &prompt : read_reference(family)) {
      const Array logits = llm::all_logits(model, teacher(prompt));
      const auto first = static_cast<std::int64_t>(prompt.prompt.size()) - 1;
      for (std::size_t at = 0; at < prompt.greedy.size(); ++at)
        if (prompt.margins[at] > margin)
          EXPECT_EQ(
              largest(row_of(logits, first + static_cast<std::int64_t>(at))),
              prompt.greedy[at])
              << "token " << at << ", margin " << prompt.margins[at];
    }
  }
}

/// |a - b| / |b|
double relative_distance(const std::vector<double> &a,
                         const std::vector<double> &b) {
  double difference = 0, size = 0;
  for (std::size_t at = 0; at < b.size(); ++at) {
    difference += (a[at] - b[at]) * (a[at] - b[at]);
    size += b[at] * b[at];
  }
  return std::sqrt(difference / size);
}

// Products of eight-bit weights with activations rounded to eight bits. A
// rounding changes a product by 2.6 %, and there are five in a row.
TEST_P(LlmModels, EightBitProducts) {
  for (const DType dtype : {f32, bf16}) {
    const Model model = load_fixture("deepseek_v3_fp8", dtype, device(), true);
    ASSERT_TRUE(model.layers[0].mlp.gate_up.scales);
    ASSERT_TRUE(model.layers[1].experts->down.scales);
    for (const ReferencePrompt &prompt : read_reference("deepseek_v3_fp8")) {
      const auto count = static_cast<std::int64_t>(prompt.prompt.size());
      const auto last =
          row_of(llm::all_logits(model, prompt.prompt), count - 1);
      const double distance = relative_distance(last, prompt.logits_last);
      EXPECT_LT(distance, 0.12);
      EXPECT_GT(distance, 1e-4); // something was rounded
    }
  }
}

// What transformers answers to "Who are you?", its prompt with two beginnings.
TEST_P(LlmModels, WhoAreYou) {
  const auto folder = env("GIRIH_MODEL_DIR");
  if (!folder)
    GTEST_SKIP() << "set GIRIH_MODEL_DIR to DeepSeek-R1-Distill-Qwen-1.5B";
  const std::vector<std::int32_t> expected{
      151646, 151646, 151644, 15191, 525,    498,   30,    151645, 151648,
      198,    91786,  0,      358,   2776,   18183, 39350, 10911,  16,
      11,     458,    20443,  11229, 17847,  3465,  553,   18183,  39350,
      13,     358,    2776,   518,   697,    2473,  323,   1035,   387,
      33972,  311,    7789,   498,   448,    894,   43883, 476,    9079,
      498,    1231,   614,    624,   151649, 271,   91786, 0,      358,
      2776,   18183,  39350,  10911, 16,     11,    458,   20443,  11229,
      17847,  3465,   553,    18183, 39350,  13,    358,   2776,   518,
      697,    2473,   323,    1035,  387,    33972, 311,   7789,   498,
      448,    894,    43883,  476,   9079,   498,   1231,  614,    13,
      151643};
  const std::vector<std::int32_t> prompt(expected.begin(),
                                         expected.begin() + 10);
  // Of which the template gives one beginning, and encoding it another.
  std::vector<std::int32_t> asked = llm::encode_chat(
      llm::Tokenizer::open(*folder), {{"user", "Who are you?"}});
  asked.insert(asked.begin(), expected[0]);
  EXPECT_EQ(asked, prompt);
  const auto files = llm::ModelDirectory::open(*folder);
  llm::FileWeights weights(files.weights, files.config);
  const Model model = llm::load_model(files.config, weights,
                                      {.dtype = bf16, .device = device()});
  llm::Engine engine(model, {.max_batch = 1, .max_context = 512});
  llm::Request request;
  request.prompt = prompt;
  request.max_new = 200;
  request.eos = files.generation.eos;
  const auto done = engine.generate({request}).at(0);
  EXPECT_EQ(done.tokens, std::vector(expected.begin() + 10, expected.end()));
  EXPECT_EQ(done.finish, llm::Finish::eos);
}

} // namespace
} // namespace girih::testing
