// SPDX-License-Identifier: Apache-2.0
// A request that is being worked on.
#pragma once

#include "girih/examples/llm/cache/kv_cache.h"
#include "girih/examples/llm/engine/request.h"
#include "girih/examples/llm/engine/stop_strings.h"

#include <chrono>
#include <cstdint>
#include <vector>

namespace girih::llm {

struct Sequence {
  std::int64_t id = 0;
  Request request;
  std::vector<std::int32_t> tokens; // the prompt, and what was generated
  std::int64_t cached = 0;          // tokens whose keys are in the cache
  std::int64_t most = 0;            // tokens, prompt included
  PageList pages;                   // for `most` tokens
  StopStrings stop;
  Completion completion;
  bool finished = false;
  std::chrono::steady_clock::time_point submitted;

  std::int64_t prompt_size() const {
    return static_cast<std::int64_t>(request.prompt.size());
  }
  std::int64_t size() const { return static_cast<std::int64_t>(tokens.size()); }
};

} // namespace girih::llm
