// SPDX-License-Identifier: Apache-2.0
// `girih-llm logits`: what a model thinks of each token of a text, as JSON
// lines.
#include "girih/examples/llm/cli/commands.h"
#include "girih/examples/llm/cli/model_options.h"
#include "girih/examples/llm/engine/engine.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <numeric>
#include <stdexcept>

namespace girih::llm {

namespace {

// Of 150 000 logits each, in f32 beside bf16: 230 MB.
constexpr std::int64_t most_rows = 256;

struct LogitsOptions {
  ModelOptions model;
  std::string text;
  std::vector<std::int32_t> tokens;
  std::int64_t top = 5;
  bool all = false;
};

void print_row(const std::vector<double> &logits, std::int32_t token,
               const LogitsOptions &options) {
  nlohmann::json row{{"id", token}};
  if (options.all) {
    row["logits"] = logits;
  } else {
    std::vector<std::size_t> order(logits.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto count =
        std::min(static_cast<std::size_t>(options.top), order.size());
    std::partial_sort(order.begin(), order.begin() + std::ptrdiff_t(count),
                      order.end(), [&](std::size_t a, std::size_t b) {
                        return logits[a] != logits[b] ? logits[a] > logits[b]
                                                      : a < b;
                      });
    for (std::size_t at = 0; at < count; ++at)
      row["top"].push_back({{"id", order[at]}, {"logit", logits[order[at]]}});
  }
  fmt::print("{}\n", row.dump());
}

std::vector<std::int32_t> prompt_of(const LogitsOptions &options,
                                    const ChosenModel &chosen) {
  if (!options.tokens.empty())
    return options.tokens;
  if (!chosen.tokenizer)
    throw std::runtime_error(chosen.files.name +
                             " has no tokenizer.json: give --tokens 1,2,3");
  return chosen.tokenizer->encode(options.text);
}

void run(const LogitsOptions &options) {
  const ChosenModel chosen = choose_model(options.model);
  const std::vector<std::int32_t> ids = prompt_of(options, chosen);
  const ModelConfig &config = chosen.files.config;
  check_prompt(config, ids, config.max_positions);
  const std::int64_t count = std::ssize(ids),
                     chunk = std::min(count, most_rows);
  // As many sequences as there are rows of logits at a time.
  const OpenedModel opened = open_model(chosen, {.max_batch = chunk,
                                                 .max_context = count,
                                                 .cache_tokens = count,
                                                 .chunk = chunk});
  auto id = ids.begin();
  logits_in_chunks(opened.model, ids, chunk, [&](const Array &logits) {
    for (std::int64_t at = 0; at < logits.size(0); ++at)
      print_row(logits.select(0, at).to_vector(), *id++, options);
  });
}

} // namespace

void add_logits_command(CLI::App &program) {
  const auto options = std::make_shared<LogitsOptions>();
  CLI::App *command = program.add_subcommand(
      "logits", "The logits behind each token of a text, a JSON object a line");
  auto *text = command->add_option("text", options->text, "text");
  command
      ->add_option("--tokens", options->tokens,
                   "ids instead, with commas between them")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->excludes(text);
  add_model_options(*command, options->model);
  command->add_option("--top", options->top, "the largest ones")
      ->check(CLI::Range(1, 1 << 22));
  command->add_flag("--all", options->all, "all of them");
  command->callback([options] { run(*options); });
}

} // namespace girih::llm
