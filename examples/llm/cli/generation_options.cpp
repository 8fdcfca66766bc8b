// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/cli/generation_options.h"

#include "girih/examples/llm/tokenizer/text_stream.h"

#include <CLI/CLI.hpp>

#include <memory>

namespace girih::llm {

void add_generation_options(CLI::App &command, GenerationOptions &options) {
  command.add_option("--max-new", options.max_new, "tokens at most")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 22));
  command.add_option("--temperature", options.temperature,
                     "0: always the likeliest token");
  command.add_option("--top-k", options.top_k, "of the k likeliest; 0: of all")
      ->check(whole_number());
  command.add_option("--top-p", options.top_p,
                     "of the likeliest that have this much probability");
  command.add_option("--min-p", options.min_p,
                     "of those so likely beside the likeliest");
  command.add_option("--repetition-penalty", options.repetition_penalty,
                     "of tokens that were there; 1: none");
  command.add_option("--presence-penalty", options.presence_penalty,
                     "of tokens that were generated");
  command.add_option("--frequency-penalty", options.frequency_penalty,
                     "for each time that they were");
  command.add_option("--seed", options.seed, "of what is drawn")
      ->check(whole_number());
  command
      .add_option("--stop", options.stop_strings,
                  "text that ends the generation; may be repeated")
      ->allow_extra_args(false);
  command.add_flag("--ignore-eos", options.ignore_eos,
                   "go on behind the end of the text");
}

Request request_of(const GenerationOptions &options,
                   const OpenedModel &opened) {
  const GenerationConfig &config = opened.generation;
  Request request;
  request.max_new = options.max_new;
  SamplingOptions &how = request.sampling;
  how.temperature =
      options.temperature.value_or(config.sample ? config.temperature : 0);
  how.top_k = options.top_k.value_or(config.sample ? config.top_k : 0);
  how.top_p = options.top_p.value_or(config.sample ? config.top_p : 1);
  how.min_p = options.min_p.value_or(config.sample ? config.min_p : 0);
  how.repetition_penalty =
      options.repetition_penalty.value_or(config.repetition_penalty);
  how.presence_penalty = options.presence_penalty;
  how.frequency_penalty = options.frequency_penalty;
  how.seed = options.seed;
  if (!options.ignore_eos)
    request.eos = config.eos;
  request.stop_strings = options.stop_strings;
  if (opened.tokenizer) {
    const auto text = std::make_shared<TextStream>(*opened.tokenizer);
    request.to_text = [text](std::optional<std::int32_t> token) {
      return token ? text->push(*token) : text->finish();
    };
  }
  return request;
}

} // namespace girih::llm
