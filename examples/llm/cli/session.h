// SPDX-License-Identifier: Apache-2.0
// A model that is asked one thing after the other, and what each answer took.
#pragma once

#include "girih/examples/llm/cli/model_options.h"
#include "girih/examples/llm/engine/engine.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace girih::llm {

/// What a user asked for, and what came of it.
struct Answer {
  std::vector<std::int32_t> prompt;
  Completion completion;
  EngineStatistics spent; // on this answer alone
};

class Session {
public:
  /// Loads the model. Throws what open_model() and Engine do.
  Session(const ChosenModel &chosen, const EngineOptions &options);
  Session(const Session &) = delete; // the engine refers to the model in it
  Session &operator=(const Session &) = delete;

  /// Compiles what a request like this one takes, before anything is asked.
  void prepare(const Request &request);
  /// Generates until the request's end or Ctrl-C, which ends this answer only;
  /// `show` gets each token as it comes.
  Answer answer(Request request,
                const std::function<void(const Generated &)> &show);

  /// Logits [V] f32 behind a prompt.
  Array last_logits(const std::vector<std::int32_t> &prompt) {
    return engine_.last_logits(prompt);
  }

  const OpenedModel &opened() const { return opened_; }
  const MemoryPlan &plan() const { return engine_.plan(); }

  /// "bard-5m (built in) on host: loaded in 0.02 s, prepared in 0.10 s"
  std::string loading_figures() const;
  /// "first token after 0.002 s, prompt 4000 tokens/s, then 1500.0 tokens/s,
  /// 13.2 MB, 49 launches a token"
  std::string figures(const Answer &answer) const;
  /// Ids, text, and the figures by name.
  nlohmann::json json(const Answer &answer) const;

private:
  OpenedModel opened_;
  Engine engine_;
};

} // namespace girih::llm
