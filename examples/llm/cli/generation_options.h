// SPDX-License-Identifier: Apache-2.0
// How tokens are chosen and where they end: options that subcommands share.
#pragma once

#include "girih/examples/llm/cli/model_options.h"
#include "girih/examples/llm/engine/request.h"

#include <optional>
#include <string>
#include <vector>

namespace girih::llm {

struct GenerationOptions {
  std::int64_t max_new = 256;
  // Without them what generation_config.json says.
  std::optional<double> temperature, top_p, min_p, repetition_penalty;
  std::optional<std::int64_t> top_k;
  double presence_penalty = 0, frequency_penalty = 0;
  std::int64_t seed = 0;
  std::vector<std::string> stop_strings;
  bool ignore_eos = false;
};

void add_generation_options(CLI::App &command, GenerationOptions &options);

/// A request of that kind, its prompt still empty.
Request request_of(const GenerationOptions &options, const OpenedModel &opened);

} // namespace girih::llm
