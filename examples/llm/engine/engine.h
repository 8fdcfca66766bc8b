// SPDX-License-Identifier: Apache-2.0
// Requests in, tokens out: many sequences of different lengths at a time, over
// one cache.
#pragma once

#include "girih/examples/llm/engine/decoder.h"
#include "girih/examples/llm/engine/memory_plan.h"
#include "girih/examples/llm/engine/request.h"

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace girih::llm {

/// What an engine has done so far.
struct EngineStatistics {
  std::int64_t prompt_tokens = 0, prompt_passes = 0;
  std::int64_t decoded_tokens = 0, decode_steps = 0;
  double prompt_seconds = 0, decode_seconds = 0;
  std::size_t launches = 0; // of the last captured step
};

/// Each step computes a chunk of the prompts that wait, first come, first
/// served, and a token of every sequence whose prompt is through. A sequence
/// gets pages for all that it may become when it begins, so that none is ever
/// stopped for want of memory. What a sequence generates does not depend on
/// what else is there. With `keep_last` a conversation that goes on costs only
/// its new tokens. Of one thread.
class Engine {
public:
  /// Takes memory for the cache, by plan_memory(). Throws RequestError where
  /// there is too little.
  Engine(const Model &model, const EngineOptions &options = {});

  /// Compiles or loads what a request like this one takes, on several threads,
  /// so that it need not wait for one kernel after the other. Of an engine that
  /// has nothing to do yet.
  void prepare(const Request &request);

  /// Puts a request in the queue and gives its number. Throws RequestError for
  /// one that can never be served.
  std::int64_t submit(Request request);
  /// Ends a request before its time. Unknown ones are passed over.
  void cancel(std::int64_t request);
  /// One step; false when nothing is left to do.
  bool step();
  /// Steps until nothing is left.
  void run();
  /// Requests that have ended since the last call, in the order of their ends.
  std::vector<Completion> finished();

  /// All of these from beginning to end, in their order.
  std::vector<Completion> generate(std::vector<Request> requests);

  /// Logits [V] f32 behind the last token of a prompt. Of an engine that has
  /// nothing to do; what it kept of the last request is forgotten. Throws
  /// RequestError for a prompt that it has no room for.
  Array last_logits(std::span<const std::int32_t> prompt);

  const EngineStatistics &statistics() const { return statistics_; }
  const MemoryPlan &plan() const { return plan_; }
  const KvCache &cache() const { return cache_; }

private:
  void check(const Request &request) const;
  std::int64_t most_tokens(const Request &request) const;
  void admit();
  bool give_pages(Sequence &sequence);
  void prefill();
  void decode();
  void accept(std::span<Sequence *const> sequences, const Chosen &chosen);
  void take(Sequence &sequence, Generated generated);
  void finish(Sequence &sequence, Finish why);
  void remove_finished();

  const Model &model_;
  EngineOptions options_;
  MemoryPlan plan_;
  KvCache cache_;
  Decoder decoder_;
  // What the request that ended last has left in the cache.
  struct Kept {
    std::vector<std::int32_t> tokens;
    PageList pages;
  };
  Kept kept_;
  Rows fresh_; // of sequences whose prompts end in a pass
  std::deque<std::unique_ptr<Sequence>> waiting_;
  std::vector<std::unique_ptr<Sequence>> running_;
  std::vector<Sequence *> decoding_; // of running_, as the decoder has them
  bool changed_ = false;             // decoding_ since the decoder was set
  std::vector<Completion> finished_;
  std::int64_t next_id_ = 0;
  EngineStatistics statistics_;
};

/// Throws RequestError where a prompt is empty, has more than `most` tokens, or
/// one that is not among the model's.
void check_prompt(const ModelConfig &config,
                  std::span<const std::int32_t> tokens, std::int64_t most);

/// Logits of every token of a sequence without an engine, `chunk` tokens at a
/// time and in their order: `take` is given [t, V] f32. Throws RequestError
/// where check_prompt() does, for the positions that the model has.
void logits_in_chunks(const Model &model, std::span<const std::int32_t> tokens,
                      std::int64_t chunk,
                      const std::function<void(const Array &)> &take);
/// All of them at once: [T, V] f32.
Array all_logits(const Model &model, std::span<const std::int32_t> tokens);

} // namespace girih::llm
