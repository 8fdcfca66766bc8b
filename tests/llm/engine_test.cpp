// SPDX-License-Identifier: Apache-2.0
// The engine: what a sequence generates does not depend on batches, chunks,
// captures or places in the cache, and it ends where it is told to.
#include "girih/tests/llm/reference.h"

#include "girih/examples/llm/engine/prompt_pass.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

namespace girih::testing {
namespace {

using namespace llm;

class LlmEngine : public LlmOnDevice {
protected:
  /// Models are read once for all tests of a device.
  const Model &model(const std::string &fixture) {
    static std::map<std::pair<std::string, bool>, Model> models;
    const std::pair key{fixture, device().kind == Device::Kind::cuda};
    const auto at = models.find(key);
    return at != models.end()
               ? at->second
               : models.emplace(key, load_fixture(fixture, f32, device()))
                     .first->second;
  }
  /// What each request gives alone, in one pass and without a graph.
  std::vector<Completion> alone(const Model &model,
                                const std::vector<Request> &requests) {
    std::vector<Completion> all;
    for (const Request &each : requests) {
      Engine engine(model, {.max_batch = 1, .graphs = false});
      all.push_back(engine.generate({each}).at(0));
    }
    return all;
  }
};
GIRIH_ON_HOST_AND_CUDA(LlmEngine);

void expect_same(const std::vector<Completion> &actual,
                 const std::vector<Completion> &expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t at = 0; at < actual.size(); ++at) {
    EXPECT_EQ(actual[at].tokens, expected[at].tokens) << "request " << at;
    EXPECT_EQ(actual[at].finish, expected[at].finish);
    EXPECT_EQ(actual[at].text, expected[at].text);
  }
}

constexpr const char *families[] = {"bard-5m", "qwen2",    "llama3",
                                    "qwen3",   "qwen3moe", "deepseek_v3"};

TEST_P(LlmEngine, BatchesGiveTheTokensOfOne) {
  for (const char *family : families) {
    SCOPED_TRACE(family);
    const auto requests = requests_of(read_reference(family));
    const auto expected = alone(model(family), requests);
    for (const std::int64_t batch : {2, 8}) {
      Engine engine(model(family), {.max_batch = batch});
      expect_same(engine.generate(requests), expected);
      EXPECT_EQ(engine.cache().allocator().available(),
                engine.cache().allocator().pages());
    }
  }
}

TEST_P(LlmEngine, ChunksGiveTheTokensOfOnePass) {
  for (const char *family : families) {
    SCOPED_TRACE(family);
    auto requests = requests_of(read_reference(family));
    const auto expected = alone(model(family), requests);
    for (const std::int64_t chunk : {1, 7, 16, 64}) {
      SCOPED_TRACE(chunk);
      Engine engine(model(family), {.max_batch = 3, .chunk = chunk});
      expect_same(engine.generate(requests), expected);
    }
  }
}

TEST_P(LlmEngine, GraphsAreReplayed) {
  const auto requests = requests_of(read_reference("bard-5m"));
  Engine engine(model("bard-5m"), {.max_batch = 8});
  expect_same(engine.generate(requests), alone(model("bard-5m"), requests));
  // Of six layers, so that something was captured at all.
  EXPECT_GE(engine.statistics().launches, 30U);
  EXPECT_EQ(engine.statistics().decode_steps, 63);
}

TEST_P(LlmEngine, PreparationChangesNothing) {
  auto requests = requests_of(read_reference("deepseek_v3"));
  requests[1].sampling.temperature = 0.7;
  requests[1].sampling.presence_penalty = 0.5;
  const auto expected = alone(model("deepseek_v3"), requests);
  for (std::size_t at = 0; at < requests.size(); ++at) {
    Engine engine(model("deepseek_v3"), {.max_batch = 2, .chunk = 32});
    engine.prepare(requests[at]);
    EXPECT_EQ(engine.generate({requests[at]}).at(0).tokens,
              expected[at].tokens);
    engine.submit(requests[0]);
    engine.step();
    EXPECT_THROW(engine.prepare(requests[0]), std::logic_error);
  }
}

// Requests come while others are under way, some are taken back, and there is
// room for three at a time.
TEST_P(LlmEngine, RandomArrivals) {
  const Model &of = model("qwen2");
  std::mt19937 random(7);
  std::vector<Request> requests;
  for (int i = 0; i < 24; ++i) {
    Request request;
    request.prompt.resize(1 + random() % 40);
    for (auto &token : request.prompt)
      token = static_cast<std::int32_t>(random() % 320);
    request.max_new = 1 + random() % 20;
    requests.push_back(std::move(request));
  }
  const auto expected = alone(of, requests);
  Engine engine(of, {.max_batch = 3, .cache_tokens = 160, .chunk = 24});
  std::map<std::int64_t, Completion> done;
  std::vector<std::int64_t> ids;
  for (std::size_t next = 0; done.size() < requests.size();) {
    while (next < requests.size() && random() % 2)
      ids.push_back(engine.submit(requests[next++]));
    if (!ids.empty() && random() % 8 == 0)
      engine.cancel(ids[random() % ids.size()]);
    engine.step();
    for (Completion &each : engine.finished())
      done[each.request] = std::move(each);
  }
  int cancelled = 0;
  for (std::size_t at = 0; at < requests.size(); ++at) {
    const Completion &each = done.at(ids[at]);
    auto whole = expected[at].tokens;
    if (each.finish == Finish::cancelled) {
      ++cancelled;
      ASSERT_LE(each.tokens.size(), whole.size());
      whole.resize(each.tokens.size());
    }
    EXPECT_EQ(each.tokens, whole) << "request " << at;
  }
  EXPECT_GT(cancelled, 0);
  EXPECT_LT(cancelled, 20);
  EXPECT_EQ(engine.cache().allocator().available(),
            engine.cache().allocator().pages());
}

// A step of a batch where pages hold whatever was there before.
TEST_P(LlmEngine, OldPagesDoNotMatter) {
  for (const char *family : {"qwen2", "deepseek_v3"}) {
    const auto requests = requests_of(read_reference(family));
    const auto expected = alone(model(family), requests);
    Engine engine(model(family), {.max_batch = 4});
    for (std::size_t layer = 0; layer < model(family).layers.size(); ++layer)
      for (const Array &each : family == std::string("qwen2")
                                   ? std::vector{engine.cache().keys(layer),
                                                 engine.cache().values(layer)}
                                   : std::vector{engine.cache().latents(layer)})
        each.fill_bytes(0xff); // NaN
    expect_same(engine.generate(requests), expected);
  }
}

TEST_P(LlmEngine, EndsAtTheFirstEos) {
  auto requests = requests_of(read_reference("bard-5m"));
  const auto whole = alone(model("bard-5m"), requests);
  for (std::size_t at = 0; at < requests.size(); ++at)
    requests[at].eos = {whole[at].tokens[at + 3], 1020};
  Engine engine(model("bard-5m"), {.max_batch = 8});
  const auto done = engine.generate(requests);
  for (std::size_t at = 0; at < requests.size(); ++at) {
    auto expected = whole[at].tokens;
    const auto end = std::ranges::find_if(expected, [&](std::int32_t token) {
      return token == requests[at].eos[0] || token == 1020;
    });
    ASSERT_NE(end, expected.end());
    expected.erase(end + 1, expected.end());
    EXPECT_EQ(done[at].tokens, expected);
    EXPECT_EQ(done[at].finish, Finish::eos);
  }
}

/// Text of ids, as "<12>".
TextSource numbers() {
  return [](std::optional<std::int32_t> token) {
    return token ? "<" + std::to_string(*token) + ">" : std::string("!");
  };
}

TEST_P(LlmEngine, EndsAtStopStrings) {
  auto request = requests_of(read_reference("qwen2")).at(1);
  request.to_text = numbers();
  std::string shown;
  request.on_token = [&](const Generated &each) {
    shown += each.text;
    return true;
  };
  Engine engine(model("qwen2"), {.max_batch = 2});
  const Completion whole = engine.generate({request}).at(0);
  EXPECT_EQ(whole.text, shown);
  EXPECT_TRUE(whole.text.ends_with(">!"));
  // Across the edge of two tokens, neither of which is shown as a whole.
  const std::size_t edge = whole.text.find("><", 12);
  request.stop_strings = {"nowhere", whole.text.substr(edge - 1, 4)};
  shown.clear();
  const Completion done = engine.generate({request}).at(0);
  EXPECT_EQ(done.finish, Finish::stop_string);
  const std::size_t end = whole.text.find(request.stop_strings[1]);
  EXPECT_EQ(done.text, whole.text.substr(0, end));
  EXPECT_EQ(shown, done.text);
}

TEST_P(LlmEngine, EndsAtTheContext) {
  auto requests = requests_of(read_reference("qwen2"));
  for (Request &each : requests)
    each.max_new = 1000;
  Engine engine(model("qwen2"), {.max_batch = 4, .max_context = 135});
  const auto done = engine.generate(requests);
  for (std::size_t at = 0; at < requests.size(); ++at) {
    EXPECT_EQ(done[at].tokens.size(), 135 - requests[at].prompt.size());
    EXPECT_EQ(done[at].finish, Finish::length);
  }
  // Nothing fits behind a prompt as long as the context.
  Request full;
  full.prompt.assign(135, 5);
  EXPECT_TRUE(engine.generate({full}).at(0).tokens.empty());
  full = requests[0];
  full.max_new = 0;
  EXPECT_TRUE(engine.generate({full}).at(0).tokens.empty());
}

TEST_P(LlmEngine, CallbackCancels) {
  auto requests = requests_of(read_reference("qwen2"));
  int calls = 0;
  requests[0].on_token = [&](const Generated &) { return ++calls < 5; };
  Engine engine(model("qwen2"), {.max_batch = 4});
  const auto done = engine.generate(requests);
  EXPECT_EQ(done[0].finish, Finish::cancelled);
  EXPECT_EQ(done[0].tokens.size(), 5U);
  EXPECT_EQ(done[1].finish, Finish::length);
}

TEST_P(LlmEngine, SamplingDependsOnItsSeedAlone) {
  auto requests = requests_of(read_reference("qwen2"));
  for (std::size_t at = 0; at < requests.size(); ++at) {
    SamplingOptions &how = requests[at].sampling;
    how.temperature = at == 2 ? 0 : 0.8; // one greedy among them
    how.top_p = 0.95;
    how.top_k = at == 1 ? 20 : 0;
    how.min_p = 0.01;
    how.seed = static_cast<std::int64_t>(at) + 40;
  }
  const auto expected = alone(model("qwen2"), requests);
  Engine engine(model("qwen2"), {.max_batch = 4, .chunk = 16});
  expect_same(engine.generate(requests), expected);
  expect_same(engine.generate(requests), expected);
  EXPECT_TRUE(follows(expected[2].tokens, read_reference("qwen2")[2]));
  requests[0].sampling.seed = 1;
  EXPECT_NE(engine.generate(requests)[0].tokens, expected[0].tokens);
}

TEST_P(LlmEngine, PenaltiesSeePromptAndOutput) {
  auto request = requests_of(read_reference("bard-5m")).at(1);
  request.sampling.presence_penalty = 1e5; // a token never comes twice
  auto both = std::vector{request, request};
  both[1].sampling.presence_penalty = 0;
  both[1].sampling.repetition_penalty = 1e5; // nor one of the prompt
  const auto expected = alone(model("bard-5m"), both);
  Engine engine(model("bard-5m"), {.max_batch = 2});
  const auto done = engine.generate(both);
  expect_same(done, expected);
  for (const Completion &each : done) {
    auto tokens = each.tokens;
    std::ranges::sort(tokens);
    EXPECT_EQ(std::ranges::adjacent_find(tokens), tokens.end());
  }
  for (const std::int32_t token : done[1].tokens)
    EXPECT_EQ(std::ranges::count(request.prompt, token), 0);
}

TEST_P(LlmEngine, LogprobsAreThoseOfTheLogits) {
  auto requests = requests_of(read_reference("qwen2"));
  for (Request &each : requests)
    each.logprobs = 2;
  requests[1].logprobs = std::nullopt;
  Engine engine(model("qwen2"), {.max_batch = 4});
  const auto done = engine.generate(requests);
  EXPECT_TRUE(done[1].likelihoods.empty());
  auto tokens = requests[2].prompt;
  tokens.insert(tokens.end(), done[2].tokens.begin(), done[2].tokens.end());
  const Array logits = all_logits(model("qwen2"), tokens);
  ASSERT_EQ(done[2].likelihoods.size(), done[2].tokens.size());
  for (std::size_t at = 0; at < done[2].tokens.size(); ++at) {
    const auto row =
        logits
            .select(0,
                    static_cast<std::int64_t>(requests[2].prompt.size() + at) -
                        1)
            .to_vector();
    const double top = *std::ranges::max_element(row);
    double sum = 0;
    for (const double each : row)
      sum += std::exp(each - top);
    const auto &told = done[2].likelihoods[at];
    ASSERT_EQ(told.size(), 3U);
    EXPECT_EQ(told[0].token, done[2].tokens[at]);
    EXPECT_EQ(told[1].token, done[2].tokens[at]); // greedy: the likeliest
    for (const Likelihood &each : told)
      EXPECT_NEAR(each.logprob,
                  row[static_cast<std::size_t>(each.token)] - top -
                      std::log(sum),
                  1e-4);
    EXPECT_GE(told[1].logprob, told[2].logprob);
  }
}

/// The field that a request is refused for.
std::string refused(Engine &engine, const Request &request) {
  try {
    engine.submit(request);
  } catch (const RequestError &error) {
    const std::string text = error.what();
    return text.substr(0, text.find(':'));
  }
  return "";
}

TEST_P(LlmEngine, RefusesWhatCannotBeServed) {
  Engine engine(model("qwen2"), {.max_batch = 2, .max_context = 64});
  Request good;
  good.prompt = {1, 2, 3};
  EXPECT_EQ(refused(engine, good), "");
  const auto with = [&](auto change) {
    Request bad = good;
    change(bad);
    return refused(engine, bad);
  };
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(with([](Request &r) { r.prompt.clear(); }), "prompt");
  EXPECT_EQ(with([](Request &r) { r.prompt.assign(65, 1); }), "prompt");
  EXPECT_EQ(with([](Request &r) { r.prompt[1] = 320; }), "prompt");
  EXPECT_EQ(with([](Request &r) { r.prompt[1] = -1; }), "prompt");
  EXPECT_EQ(with([](Request &r) { r.max_new = -1; }), "max_new");
  EXPECT_EQ(with([](Request &r) { r.sampling.temperature = nan; }),
            "temperature");
  EXPECT_EQ(with([](Request &r) { r.sampling.top_p = 0; }), "top_p");
  EXPECT_EQ(with([](Request &r) { r.sampling.min_p = 2; }), "min_p");
  EXPECT_EQ(with([](Request &r) { r.sampling.top_k = -1; }), "top_k");
  EXPECT_EQ(with([](Request &r) { r.sampling.repetition_penalty = 0; }),
            "repetition_penalty");
  EXPECT_EQ(with([](Request &r) { r.sampling.presence_penalty = 2e6; }),
            "presence_penalty");
  EXPECT_EQ(with([](Request &r) { r.sampling.frequency_penalty = nan; }),
            "frequency_penalty");
  EXPECT_EQ(with([](Request &r) { r.logprobs = 321; }), "logprobs");
  EXPECT_EQ(with([](Request &r) { r.stop_strings = {"a"}; }), "stop_strings");
  EXPECT_EQ(with([](Request &r) { r.max_new = INT64_MAX; }), "");
  Engine small(model("qwen2"), {.max_batch = 2, .cache_tokens = 32});
  EXPECT_EQ(with([](Request &r) { r.max_new = 60; }), "");
  Request large = good;
  large.max_new = 60;
  EXPECT_EQ(refused(small, large), ""); // the context is what there is room for
}

TEST_P(LlmEngine, SaysThePlanWhereMemoryIsShort) {
  const ModelConfig &config = model("qwen2").config;
  const MemoryPlan plan = plan_memory(config, f32, {}, device(), 1 << 20);
  EXPECT_FALSE(plan.fits());
  try {
    require_memory(plan);
    FAIL() << "nothing was thrown";
  } catch (const RequestError &error) {
    for (const char *each : {"weights", "cache", "activations", "0.00 GiB"})
      EXPECT_NE(std::string(error.what()).find(each), std::string::npos);
  }
  const MemoryPlan enough =
      plan_memory(config, f32, {.max_batch = 2}, device(), 1 << 30);
  EXPECT_TRUE(enough.fits());
  EXPECT_EQ(enough.weights, model("qwen2").bytes());
  EXPECT_EQ(enough.cache, KvCache(config, enough.pages, f32, device()).bytes());
  EXPECT_EQ(enough.max_context, config.max_positions);
  // A huge batch is served with what there is.
  const MemoryPlan most = plan_memory(
      config, f32, {.max_batch = 1 << 20, .chunk = 16}, device(), 1 << 30);
  EXPECT_LE(most.cache, 1 << 30);
}

TEST(LlmStopStrings, HoldsBackWhatMayBecomeOne) {
  StopStrings stop({"END", "", "ENABLE"});
  EXPECT_EQ(stop.push("a E"), "a ");
  EXPECT_EQ(stop.push("N"), "");
  EXPECT_EQ(stop.push("A"), "");
  EXPECT_EQ(stop.push("C"), "ENAC");
  EXPECT_EQ(stop.push("EEN"), "E");
  EXPECT_FALSE(stop.found());
  EXPECT_EQ(stop.push("D of it"), "");
  EXPECT_TRUE(stop.found());
  EXPECT_EQ(stop.push("more"), "");
  EXPECT_EQ(stop.finish(), "");
  StopStrings open({"xyz"});
  EXPECT_EQ(open.push("wxy"), "w");
  EXPECT_EQ(open.finish(), "xy");
  EXPECT_EQ(StopStrings().push("any"), "any");
}

// Whatever the pieces, the text is the same, and nothing of a stop string is
// ever shown.
TEST(LlmStopStrings, PiecesDoNotMatter) {
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 30; ++i)
      text += static_cast<char>('a' + random() % 2);
    const std::vector<std::string> strings{"aabba", "bbbab"};
    std::size_t end = std::string::npos;
    for (const std::string &each : strings)
      end = std::min(end, text.find(each));
    StopStrings stop(strings);
    std::string shown;
    for (std::size_t at = 0; at < text.size() && !stop.found();) {
      const std::size_t size = random() % 4;
      shown += stop.push(text.substr(at, size));
      at += size;
    }
    shown += stop.finish();
    EXPECT_EQ(shown, text.substr(0, end));
    EXPECT_EQ(stop.found(), end != std::string::npos);
  }
}

} // namespace
} // namespace girih::testing
