// SPDX-License-Identifier: Apache-2.0
// Logits of a known sequence, whatever the chunks that it goes through in.
#include "girih/tests/llm/reference.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace girih::testing {
namespace {

using namespace llm;

class LlmLogits : public LlmOnDevice {};
GIRIH_ON_HOST_AND_CUDA(LlmLogits);

double distance(const std::vector<double> &a, const std::vector<double> &b) {
  EXPECT_EQ(a.size(), b.size());
  double worst = 0;
  for (std::size_t at = 0; at < std::min(a.size(), b.size()); ++at)
    worst = std::max(worst, std::abs(a[at] - b[at]));
  return worst;
}

TEST_P(LlmLogits, ChunksGiveWhatOnePassGives) {
  std::mt19937 random(11);
  for (const char *family : {"qwen2", "deepseek_v3"}) {
    const Model model = load_fixture(family, f32, device());
    const auto vocabulary = static_cast<unsigned>(model.config.vocabulary);
    std::vector<std::int32_t> tokens(45);
    for (auto &token : tokens)
      token = static_cast<std::int32_t>(random() % vocabulary);
    const Array expected = all_logits(model, tokens);
    ASSERT_EQ(expected.size(0), 45);
    for (const std::int64_t chunk : {1, 7, 16, 45, 100}) {
      SCOPED_TRACE(chunk);
      std::int64_t row = 0;
      logits_in_chunks(model, tokens, chunk, [&](const Array &logits) {
        EXPECT_LE(logits.size(0), chunk);
        for (std::int64_t at = 0; at < logits.size(0); ++at, ++row)
          EXPECT_LT(distance(logits.select(0, at).to_vector(),
                             expected.select(0, row).to_vector()),
                    1e-3);
      });
      EXPECT_EQ(row, 45);
    }
  }
}

TEST_P(LlmLogits, LastOnesAreThoseOfTransformers) {
  for (const char *family : {"bard-5m", "llama3", "deepseek_v3"}) {
    const Model model = load_fixture(family, f32, device());
    Engine engine(model, {.max_batch = 1, .chunk = 8, .keep_last = true});
    for (const ReferencePrompt &prompt : read_reference(family)) {
      engine.generate(requests_of({prompt}));
      const Array last = engine.last_logits(prompt.prompt);
      EXPECT_LT(distance(last.to_vector(), prompt.logits_last), 1e-3);
      EXPECT_EQ(engine.cache().allocator().available(), engine.plan().pages);
    }
  }
}

TEST_P(LlmLogits, PromptsAreChecked) {
  const Model model = load_fixture("qwen2", f32, device());
  const auto refused = [&](const std::vector<std::int32_t> &tokens) {
    try {
      all_logits(model, tokens);
    } catch (const RequestError &error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const auto most = model.config.max_positions;
  const auto vocabulary = static_cast<std::int32_t>(model.config.vocabulary);
  EXPECT_EQ(refused({}), "prompt: is empty");
  EXPECT_THAT(refused({1, vocabulary}), ::testing::HasSubstr("is not among"));
  EXPECT_THAT(refused({-1}), ::testing::HasSubstr("token -1 is not among"));
  EXPECT_THAT(refused(std::vector(static_cast<std::size_t>(most) + 1, 1)),
              ::testing::HasSubstr("but the context is"));
  Engine engine(model, {.max_batch = 1, .max_context = 16});
  EXPECT_THROW(engine.last_logits(std::vector<std::int32_t>(17, 1)),
               RequestError);
  Request request;
  request.prompt = {1};
  engine.submit(request);
  EXPECT_THROW(engine.last_logits(std::vector<std::int32_t>{1}),
               std::logic_error);
}

} // namespace
} // namespace girih::testing
