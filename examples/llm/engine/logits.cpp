// SPDX-License-Identifier: Apache-2.0
// Logits of a sequence that is known, a chunk of it at a time.
#include "girih/examples/llm/engine/engine.h"
#include "girih/examples/llm/engine/prompt_pass.h"
#include "girih/ops/unary.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace girih::llm {

namespace {

using Take = std::function<void(const Array &)>;

/// Of all tokens, or of the last one alone, each chunk as it is there.
void pass_through(const Model &model, const KvCache &cache,
                  std::span<const std::int32_t> tokens, std::int64_t chunk,
                  bool last_alone, const Take &take) {
  const auto count = static_cast<std::int64_t>(tokens.size());
  Sequence sequence;
  sequence.tokens.assign(tokens.begin(), tokens.end());
  sequence.pages = PageList(cache.allocator(), count);
  if (!sequence.pages.valid())
    throw RequestError(
        "prompt", fmt::format("has {} tokens, but the cache holds {}", count,
                              cache.allocator().available() * page_size));
  for (std::int64_t begin = 0; begin < count; begin += chunk) {
    const std::int64_t end = std::min(begin + chunk, count);
    const PromptPart part{&sequence, begin, end};
    std::vector<bool> wanted; // empty: all
    if (last_alone)
      wanted.push_back(end == count);
    const Array logits = model.forward(
        prompt_batch(std::span(&part, 1), wanted, model.device), cache);
    if (last_alone && end < count)
      continue;
    // Behind them are those of tokens that fill the batch up.
    const Array rows = logits.slice(0, 0, last_alone ? 1 : end - begin);
    take(model.dtype == f32 ? rows : ops::cast(rows, f32));
  }
}

} // namespace

void logits_in_chunks(const Model &model, std::span<const std::int32_t> tokens,
                      std::int64_t chunk, const Take &take) {
  check_prompt(model.config, tokens, model.config.max_positions);
  const auto count = static_cast<std::int64_t>(tokens.size());
  const KvCache cache(model.config, pages_of(count), model.dtype, model.device);
  pass_through(model, cache, tokens, chunk, false, take);
}

Array all_logits(const Model &model, std::span<const std::int32_t> tokens) {
  Array all;
  logits_in_chunks(model, tokens, std::max<std::int64_t>(std::ssize(tokens), 1),
                   [&](const Array &logits) { all = logits; });
  return all;
}

Array Engine::last_logits(std::span<const std::int32_t> prompt) {
  check_prompt(model_.config, prompt, plan_.max_context);
  if (!running_.empty() || !waiting_.empty())
    throw std::logic_error("an engine at work has no pass for others");
  kept_ = {};
  Array last;
  pass_through(model_, cache_, prompt, options_.chunk, true,
               [&](const Array &logits) { last = logits.select(0, 0); });
  return last;
}

} // namespace girih::llm
