// SPDX-License-Identifier: Apache-2.0
// Keys of an earlier request are used again where a later one begins alike, and
// nothing else comes of it.
#include "girih/tests/llm/reference.h"

namespace girih::testing {
namespace {

using namespace llm;

class LlmEngineReuse : public LlmOnDevice {};
GIRIH_ON_HOST_AND_CUDA(LlmEngineReuse);

Request request_for(std::vector<std::int32_t> prompt, std::int64_t max_new) {
  Request request;
  request.prompt = std::move(prompt);
  request.max_new = max_new;
  return request;
}

/// The same tokens as without anything before; gives how many tokens of the
/// prompt were computed.
std::int64_t expect_plain(Engine &engine, const Model &model,
                          const Request &request) {
  Engine plain(model, {.max_batch = 1, .graphs = false});
  const auto before = engine.statistics().prompt_tokens;
  const Completion done = engine.generate({request}).at(0);
  EXPECT_EQ(done.tokens, plain.generate({request}).at(0).tokens);
  return engine.statistics().prompt_tokens - before;
}

TEST_P(LlmEngineReuse, ConversationsGoOn) {
  for (const char *family : {"bard-5m", "qwen3", "qwen3moe", "deepseek_v3"}) {
    SCOPED_TRACE(family);
    const Model model = load_fixture(family, f32, device());
    Engine engine(model, {.max_batch = 1, .chunk = 32, .keep_last = true});
    std::vector<std::int32_t> prompt = read_reference(family).at(1).prompt;
    std::int64_t fresh = static_cast<std::int64_t>(prompt.size());
    for (int turn = 0; turn < 4; ++turn) {
      const Request request = request_for(prompt, 9);
      EXPECT_EQ(expect_plain(engine, model, request), fresh);
      const auto answer = engine.generate({request}).at(0).tokens;
      prompt.insert(prompt.end(), answer.begin(), answer.end());
      for (int more = 0; more <= turn; ++more)
        prompt.push_back(20 + 7 * more);
      fresh = 1 + turn + 1; // the last token of the answer was never computed
    }
  }
}

TEST_P(LlmEngineReuse, OnlyWhatIsTheSame) {
  const Model model = load_fixture("qwen2", f32, device());
  Engine engine(model, {.max_batch = 1, .keep_last = true});
  std::vector<std::int32_t> prompt = read_reference("qwen2").at(1).prompt;
  const auto size = static_cast<std::int64_t>(prompt.size());
  ASSERT_GT(size, 6);
  EXPECT_EQ(expect_plain(engine, model, request_for(prompt, 40)), size);
  prompt[5] ^= 1; // from here on all is new
  EXPECT_EQ(expect_plain(engine, model, request_for(prompt, 4)), size - 5);
  // All of it is there, but what follows its last token is asked.
  EXPECT_EQ(expect_plain(engine, model, request_for(prompt, 4)), 1);
  prompt.resize(6);
  EXPECT_EQ(expect_plain(engine, model, request_for(prompt, 30)), 1);
  prompt[0] ^= 1;
  EXPECT_EQ(expect_plain(engine, model, request_for(prompt, 30)), 6);
}

TEST_P(LlmEngineReuse, WhatWasStoppedIsKept) {
  const Model model = load_fixture("qwen2", f32, device());
  Engine engine(model, {.max_batch = 1, .keep_last = true});
  Request request = request_for(read_reference("qwen2").at(1).prompt, 40);
  int calls = 0;
  request.on_token = [&](const Generated &) { return ++calls < 5; };
  const Completion stopped = engine.generate({request}).at(0);
  ASSERT_EQ(stopped.finish, Finish::cancelled);
  request.on_token = {};
  request.prompt.insert(request.prompt.end(), stopped.tokens.begin(),
                        stopped.tokens.end());
  EXPECT_EQ(expect_plain(engine, model, request), 1);
}

// Kept pages are given up for a request that needs them.
TEST_P(LlmEngineReuse, PagesAreGivenUp) {
  const Model model = load_fixture("qwen2", f32, device());
  Engine engine(
      model,
      {.max_batch = 2, .cache_tokens = 6 * page_size, .keep_last = true});
  const PageAllocator &pages = engine.cache().allocator();
  const std::vector<std::int32_t> prompt(3 * page_size, 7),
      other(3 * page_size, 8);
  engine.generate({request_for(prompt, page_size)});
  EXPECT_EQ(pages.available(), 2);
  // Of another beginning, and too long for the pages beside.
  EXPECT_EQ(expect_plain(engine, model, request_for(other, 2 * page_size)),
            3 * page_size);
  EXPECT_EQ(pages.available(), 1);
  // The same beginning, and more pages than were kept.
  EXPECT_EQ(expect_plain(engine, model, request_for(other, 3 * page_size)), 1);
  EXPECT_EQ(pages.available(), 0);
  // Fewer than were kept.
  EXPECT_EQ(expect_plain(engine, model, request_for(other, 1)), 1);
  EXPECT_EQ(pages.available(), 2);
}

} // namespace
} // namespace girih::testing
