// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/engine/engine.h"

#include "girih/examples/llm/engine/prompt_pass.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <stdexcept>
#include <utility>

namespace girih::llm {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

MemoryPlan checked_plan(const Model &model, const EngineOptions &options) {
  const auto require = [](bool holds, std::string_view field) {
    if (!holds)
      throw RequestError(field, "must be positive");
  };
  require(options.max_batch > 0, "max_batch");
  require(options.chunk > 0, "chunk");
  require(options.max_context >= 0, "max_context");
  require(options.cache_tokens >= 0, "cache_tokens");
  MemoryPlan plan =
      plan_memory(model.config, model.dtype, options, model.device);
  require_memory(plan);
  return plan;
}

} // namespace

Engine::Engine(const Model &model, const EngineOptions &options)
    : model_(model), options_(options), plan_(checked_plan(model, options)),
      cache_(model.config, plan_.pages, model.dtype, model.device),
      decoder_(model, cache_, options.max_batch, plan_.max_context,
               options.graphs),
      fresh_(options.max_batch, plan_.max_context, model.device) {}

void check_prompt(const ModelConfig &config,
                  std::span<const std::int32_t> tokens, std::int64_t most) {
  const auto size = static_cast<std::int64_t>(tokens.size());
  if (size == 0)
    throw RequestError("prompt", "is empty");
  if (size > most)
    throw RequestError(
        "prompt",
        fmt::format("has {} tokens, but the context is {}", size, most));
  for (const std::int32_t token : tokens)
    if (token < 0 || token >= config.vocabulary)
      throw RequestError(
          "prompt", fmt::format("token {} is not among the {} of the model",
                                token, config.vocabulary));
}

void Engine::check(const Request &request) const {
  check_prompt(model_.config, request.prompt, plan_.max_context);
  if (request.max_new < 0)
    throw RequestError("max_new", "must not be negative");
  const SamplingOptions &how = request.sampling;
  const auto require = [](bool holds, std::string_view field,
                          std::string_view rule) {
    if (!holds)
      throw RequestError(field, rule);
  };
  // Written so that NaN is refused, too.
  require(how.temperature >= 0 && how.temperature < 1e6, "temperature",
          "must be from 0 to 1e6");
  require(how.top_p > 0 && how.top_p <= 1, "top_p", "must be in (0, 1]");
  require(how.min_p >= 0 && how.min_p <= 1, "min_p", "must be in [0, 1]");
  require(how.top_k >= 0, "top_k", "must not be negative");
  require(how.repetition_penalty > 0 && how.repetition_penalty < 1e6,
          "repetition_penalty", "must be above 0 and below 1e6");
  for (const auto &[field, value] :
       {std::pair("presence_penalty", how.presence_penalty),
        std::pair("frequency_penalty", how.frequency_penalty)})
    require(value >= -1e6 && value <= 1e6, field, "must be from -1e6 to 1e6");
  require(request.logprobs.value_or(0) >= 0 &&
              request.logprobs.value_or(0) <=
                  std::min<std::int64_t>(model_.config.vocabulary, 1024),
          "logprobs", "must be from 0 to 1024 and to the vocabulary's size");
  require(request.stop_strings.empty() || request.to_text, "stop_strings",
          "need a tokenizer");
}

/// What it may become, prompt included.
std::int64_t Engine::most_tokens(const Request &request) const {
  return std::min(static_cast<std::int64_t>(request.prompt.size()) +
                      std::min(request.max_new, plan_.max_context),
                  plan_.max_context);
}

void Engine::prepare(const Request &request) {
  check(request);
  if (!running_.empty())
    throw std::logic_error("an engine at work needs no preparation");
  Sequence like;
  like.request = request;
  Sequence *const one = &like;
  const Choice choice = Choice::of({&one, 1});
  auto decoding =
      std::async(std::launch::async, [&] { decoder_.prepare(1, choice); });
  const std::int64_t tokens = std::min(like.prompt_size(), options_.chunk);
  const Batch batch =
      empty_prompt_batch(tokens, pages_of(most_tokens(request)), model_.device);
  fresh_.fill({}, {}, choice);
  fresh_.choose(model_.forward(batch, cache_), choice);
  decoding.get();
}

std::int64_t Engine::submit(Request request) {
  check(request);
  auto made = std::make_unique<Sequence>();
  made->id = made->completion.request = next_id_++;
  made->tokens = request.prompt;
  made->most = most_tokens(request);
  if (pages_of(made->most) > plan_.pages)
    throw RequestError(
        "prompt", fmt::format("with what may follow it has {} tokens, but the "
                              "cache holds {}",
                              made->most, plan_.pages * page_size));
  made->stop = StopStrings(request.stop_strings);
  made->request = std::move(request);
  made->submitted = Clock::now();
  waiting_.push_back(std::move(made));
  return next_id_ - 1;
}

void Engine::cancel(std::int64_t request) {
  for (auto *all : {&running_})
    for (const auto &each : *all)
      if (each->id == request && !each->finished)
        finish(*each, Finish::cancelled);
  for (auto at = waiting_.begin(); at != waiting_.end(); ++at)
    if ((*at)->id == request) {
      finish(**at, Finish::cancelled);
      waiting_.erase(at);
      break;
    }
  remove_finished();
}

void Engine::admit() {
  while (!waiting_.empty() &&
         static_cast<std::int64_t>(running_.size()) < options_.max_batch) {
    Sequence &first = *waiting_.front();
    if (first.most == first.prompt_size()) {
      finish(first, Finish::length); // nothing can follow
    } else {
      if (!give_pages(first))
        return;
      running_.push_back(std::move(waiting_.front()));
    }
    waiting_.pop_front();
  }
}

/// Those of the last request where it began alike. Keys of a token depend on
/// the tokens before it alone, so that those of a common beginning are the
/// same.
bool Engine::give_pages(Sequence &sequence) {
  Kept kept = std::exchange(kept_, {});
  const auto differ = std::ranges::mismatch(kept.tokens, sequence.tokens);
  // The last token of the prompt is computed again: what follows it is asked.
  const std::int64_t same = std::min<std::int64_t>(
      differ.in1 - kept.tokens.begin(), sequence.prompt_size() - 1);
  if (same > 0 && kept.pages.resize(sequence.most)) {
    sequence.pages = std::move(kept.pages);
    sequence.cached = same;
    return true;
  }
  kept = {}; // its pages may be what is missing
  sequence.pages = PageList(cache_.allocator(), sequence.most);
  return sequence.pages.valid();
}

bool Engine::step() {
  admit();
  prefill();
  decode();
  return !waiting_.empty() || !running_.empty();
}

void Engine::run() {
  while (step()) {
  }
}

void Engine::prefill() {
  std::vector<PromptPart> parts;
  std::vector<bool> through;
  std::vector<Sequence *> whole;
  std::vector<std::int64_t> lengths;
  std::int64_t left = options_.chunk;
  for (const auto &each : running_) {
    const std::int64_t rest = each->prompt_size() - each->cached;
    const std::int64_t taken = std::min(rest, left);
    if (taken <= 0)
      continue;
    left -= taken;
    parts.push_back({each.get(), each->cached, each->cached + taken});
    through.push_back(taken == rest);
    each->cached += taken;
    if (taken == rest) {
      whole.push_back(each.get());
      lengths.push_back(each->prompt_size());
    }
  }
  if (parts.empty())
    return;
  const auto begin = Clock::now();
  const Batch batch = prompt_batch(parts, through, model_.device);
  const Array logits = model_.forward(batch, cache_); // [whole, V]
  statistics_.prompt_tokens += options_.chunk - left;
  ++statistics_.prompt_passes;
  if (!whole.empty()) {
    const Choice choice = Choice::of(whole);
    fresh_.fill(whole, lengths, choice);
    accept(whole, fresh_.choose(logits, choice));
    decoding_.insert(decoding_.end(), whole.begin(), whole.end());
    changed_ = true;
  }
  statistics_.prompt_seconds += seconds_since(begin);
  remove_finished();
}

void Engine::decode() {
  if (decoding_.empty())
    return;
  const auto begin = Clock::now();
  if (changed_)
    decoder_.set(decoding_);
  changed_ = false;
  const Chosen &chosen = decoder_.step();
  for (Sequence *each : decoding_)
    ++each->cached;
  accept(decoding_, chosen);
  statistics_.decoded_tokens += static_cast<std::int64_t>(decoding_.size());
  ++statistics_.decode_steps;
  statistics_.decode_seconds += seconds_since(begin);
  statistics_.launches = decoder_.launches();
  remove_finished();
}

/// Reads the tokens, for which it waits.
void Engine::accept(std::span<Sequence *const> sequences,
                    const Chosen &chosen) {
  const Array tokens = chosen.tokens.to(host_device);
  const auto *token = static_cast<const std::int64_t *>(tokens.data());
  Array values, alternatives;
  if (chosen.logprobs.data()) {
    values = chosen.logprobs.to(host_device);
    alternatives = chosen.alternatives.to(host_device);
  }
  for (std::size_t row = 0; row < sequences.size(); ++row) {
    Generated made;
    made.token = static_cast<std::int32_t>(token[row]);
    if (const auto wanted = sequences[row]->request.logprobs) {
      const auto width = static_cast<std::size_t>(values.size(1));
      const auto *value = static_cast<const float *>(values.data());
      const auto *other =
          static_cast<const std::int64_t *>(alternatives.data());
      for (std::size_t at = row * width;
           at <= row * width + static_cast<std::size_t>(*wanted); ++at)
        made.likelihoods.push_back(
            {static_cast<std::int32_t>(other[at]), double(value[at])});
    }
    take(*sequences[row], std::move(made));
  }
}

void Engine::take(Sequence &sequence, Generated generated) {
  Completion &done = sequence.completion;
  const Request &request = sequence.request;
  if (done.tokens.empty())
    done.first_token_seconds = seconds_since(sequence.submitted);
  sequence.tokens.push_back(generated.token);
  done.tokens.push_back(generated.token);
  std::optional<Finish> why;
  const bool ends =
      std::ranges::find(request.eos, generated.token) != request.eos.end();
  if (ends)
    why = Finish::eos;
  else if (request.to_text)
    generated.text = sequence.stop.push(request.to_text(generated.token));
  if (sequence.stop.found())
    why = Finish::stop_string;
  else if (!why && sequence.size() == sequence.most)
    why = Finish::length;
  if (why && request.to_text && !sequence.stop.found()) {
    generated.text += sequence.stop.push(request.to_text(std::nullopt));
    generated.text += sequence.stop.finish();
  }
  done.text += generated.text;
  if (request.logprobs)
    done.likelihoods.push_back(generated.likelihoods);
  if (request.on_token && !request.on_token(generated) && !why)
    why = Finish::cancelled;
  if (why)
    finish(sequence, *why);
}

void Engine::finish(Sequence &sequence, Finish why) {
  sequence.completion.finish = why;
  sequence.finished = true;
  if (options_.keep_last && sequence.pages.valid()) {
    sequence.tokens.resize(static_cast<std::size_t>(sequence.cached));
    kept_ = {std::move(sequence.tokens), std::move(sequence.pages)};
  }
  sequence.pages = {};
  finished_.push_back(std::move(sequence.completion));
}

void Engine::remove_finished() {
  const auto ended = [](const auto &each) { return each->finished; };
  changed_ |= std::erase_if(decoding_, ended) > 0;
  std::erase_if(running_, ended);
}

std::vector<Completion> Engine::finished() {
  return std::exchange(finished_, {});
}

std::vector<Completion> Engine::generate(std::vector<Request> requests) {
  std::vector<std::int64_t> ids;
  for (Request &each : requests)
    ids.push_back(submit(std::move(each)));
  run();
  std::vector<Completion> all = finished(), mine;
  for (const std::int64_t id : ids)
    for (Completion &each : all)
      if (each.request == id)
        mine.push_back(std::move(each));
  return mine;
}

} // namespace girih::llm
