// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/cli/session.h"

#include "girih/examples/llm/cli/interrupt.h"
#include "girih/runtime/pool.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>

namespace girih::llm {

namespace {

double rate(std::int64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

EngineStatistics difference(const EngineStatistics &after,
                            const EngineStatistics &before) {
  EngineStatistics spent = after;
  spent.prompt_tokens -= before.prompt_tokens;
  spent.prompt_passes -= before.prompt_passes;
  spent.decoded_tokens -= before.decoded_tokens;
  spent.decode_steps -= before.decode_steps;
  spent.prompt_seconds -= before.prompt_seconds;
  spent.decode_seconds -= before.decode_seconds;
  return spent;
}

} // namespace

Session::Session(const ChosenModel &chosen, const EngineOptions &options)
    : opened_(open_model(chosen, options)), engine_(opened_.model, options) {}

void Session::prepare(const Request &request) {
  const auto begin = std::chrono::steady_clock::now();
  engine_.prepare(request);
  const std::chrono::duration<double> spent =
      std::chrono::steady_clock::now() - begin;
  opened_.prepare_seconds = spent.count();
}

Answer Session::answer(Request request,
                       const std::function<void(const Generated &)> &show) {
  const InterruptScope interrupt;
  const EngineStatistics before = engine_.statistics();
  Answer answer;
  answer.prompt = request.prompt;
  request.on_token = [&](const Generated &made) {
    show(made);
    return !interrupt.interrupted();
  };
  const std::int64_t id = engine_.submit(std::move(request));
  // A long prompt takes several steps, none of which makes a token.
  while (engine_.step())
    if (interrupt.interrupted())
      engine_.cancel(id);
  answer.completion = std::move(engine_.finished().at(0));
  answer.spent = difference(engine_.statistics(), before);
  return answer;
}

std::string Session::loading_figures() const {
  return fmt::format("{} on {}: loaded in {:.2f} s, prepared in {:.2f} s",
                     opened_.name, opened_.model.device.to_string(),
                     opened_.load_seconds, opened_.prepare_seconds);
}

std::string Session::figures(const Answer &answer) const {
  const EngineStatistics &spent = answer.spent;
  const auto peak = pool_statistics(opened_.model.device).peak_used_bytes;
  return fmt::format(
      "first token after {:.3f} s, prompt {:.0f} tokens/s, then {:.1f} "
      "tokens/s, {:.1f} MB, {} launches a token",
      answer.completion.first_token_seconds,
      rate(spent.prompt_tokens, spent.prompt_seconds),
      rate(spent.decoded_tokens, spent.decode_seconds),
      static_cast<double>(peak) / 1e6, spent.launches);
}

nlohmann::json Session::json(const Answer &answer) const {
  const EngineStatistics &spent = answer.spent;
  const Completion &done = answer.completion;
  nlohmann::json all{
      {"prompt_ids", answer.prompt},
      {"ids", done.tokens},
      {"finish", name(done.finish)},
      {"timings",
       {{"load_s", opened_.load_seconds},
        {"prepare_s", opened_.prepare_seconds},
        {"first_token_s", done.first_token_seconds},
        {"prompt_tokens", spent.prompt_tokens},
        {"prompt_tokens_per_s",
         rate(spent.prompt_tokens, spent.prompt_seconds)},
        {"decode_tokens_per_s",
         rate(spent.decoded_tokens, spent.decode_seconds)},
        {"peak_bytes", pool_statistics(opened_.model.device).peak_used_bytes},
        {"launches_per_token", spent.launches}}}};
  if (opened_.tokenizer)
    all["text"] = done.text;
  return all;
}

} // namespace girih::llm
