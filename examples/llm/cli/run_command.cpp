// SPDX-License-Identifier: Apache-2.0
// `girih-llm run`: continues a prompt.
#include "girih/examples/llm/cli/commands.h"
#include "girih/examples/llm/cli/generation_options.h"
#include "girih/examples/llm/cli/interrupt.h"
#include "girih/examples/llm/engine/engine.h"
#include "girih/runtime/pool.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace girih::llm {

namespace {

struct RunOptions {
  ModelOptions model;
  GenerationOptions generation;
  EngineOptions engine{.max_batch = 1};
  std::string prompt;
  std::vector<std::int32_t> tokens;
  std::optional<std::int64_t> logprobs;
  bool json = false, logits = false, quiet = false;
};

std::vector<std::int32_t> prompt_of(const RunOptions &options,
                                    const OpenedModel &opened) {
  if (!options.tokens.empty())
    return options.tokens;
  if (!opened.tokenizer)
    throw std::runtime_error(opened.name +
                             " has no tokenizer.json: give --tokens 1,2,3");
  auto ids = opened.tokenizer->encode(options.prompt);
  // An empty text is begun as the model begins one.
  const auto bos = opened.tokenizer->bos();
  if (ids.empty() && bos)
    ids.push_back(*bos);
  return ids;
}

nlohmann::json timings_of(const OpenedModel &opened, const Engine &engine,
                          const Completion &done) {
  const EngineStatistics &spent = engine.statistics();
  const auto rate = [](std::int64_t count, double seconds) {
    return seconds > 0 ? static_cast<double>(count) / seconds : 0;
  };
  return {
      {"load_s", opened.load_seconds},
      {"prepare_s", opened.prepare_seconds},
      {"first_token_s", done.first_token_seconds},
      {"prompt_tokens_per_s", rate(spent.prompt_tokens, spent.prompt_seconds)},
      {"decode_tokens_per_s", rate(spent.decoded_tokens, spent.decode_seconds)},
      {"peak_bytes", pool_statistics(opened.model.device).peak_used_bytes},
      {"launches_per_token", spent.launches}};
}

void print_json(const RunOptions &options, const OpenedModel &opened,
                const Engine &engine, const std::vector<std::int32_t> &prompt,
                const Completion &done) {
  nlohmann::json all{{"prompt_ids", prompt},
                     {"ids", done.tokens},
                     {"finish", name(done.finish)},
                     {"timings", timings_of(opened, engine, done)}};
  if (opened.tokenizer)
    all["text"] = done.text;
  for (const auto &each : done.likelihoods) {
    nlohmann::json row = nlohmann::json::array();
    for (const Likelihood &one : each)
      row.push_back({{"id", one.token}, {"logprob", one.logprob}});
    all["logprobs"].push_back(std::move(row));
  }
  if (options.logits) {
    const Array logits = all_logits(opened.model, prompt);
    all["logits"] = logits.select(0, logits.size(0) - 1).to_vector();
  }
  fmt::print("{}\n", all.dump());
}

void print_figures(const OpenedModel &opened, const Engine &engine,
                   const Completion &done) {
  const nlohmann::json timings = timings_of(opened, engine, done);
  fmt::print(
      stderr,
      "\n{} on {}: loaded in {:.2f} s, prepared in {:.2f} s, first token after "
      "{:.3f} s, prompt {:.0f} tokens/s, then {:.1f} tokens/s, {:.1f} MB, {} "
      "launches a token\n",
      opened.name, opened.model.device.to_string(), opened.load_seconds,
      opened.prepare_seconds, done.first_token_seconds,
      timings["prompt_tokens_per_s"].get<double>(),
      timings["decode_tokens_per_s"].get<double>(),
      timings["peak_bytes"].get<double>() / 1e6, engine.statistics().launches);
}

void run(RunOptions options) {
  OpenedModel opened = open_model(options.model, options.engine);
  const auto prompt = prompt_of(options, opened);
  Engine engine(opened.model, options.engine);
  Request request = request_of(options.generation, opened);
  request.prompt = prompt;
  request.logprobs = options.logprobs;
  const auto begin = std::chrono::steady_clock::now();
  engine.prepare(request);
  const std::chrono::duration<double> preparation =
      std::chrono::steady_clock::now() - begin;
  opened.prepare_seconds = preparation.count();
  const InterruptScope interrupt;
  const bool stream = !options.json;
  if (stream && options.tokens.empty())
    fmt::print("{}", options.prompt);
  request.on_token = [&](const Generated &made) {
    if (stream && opened.tokenizer)
      fmt::print("{}", made.text);
    else if (stream)
      fmt::print("{} ", made.token);
    std::fflush(stdout);
    return !interrupt.interrupted();
  };
  const Completion done = engine.generate({std::move(request)}).at(0);
  if (options.json)
    return print_json(options, opened, engine, prompt, done);
  fmt::print("\n");
  std::fflush(stdout);
  if (!options.quiet)
    print_figures(opened, engine, done);
}

} // namespace

void add_run_command(CLI::App &program) {
  const auto options = std::make_shared<RunOptions>();
  CLI::App *command = program.add_subcommand("run", "Continues a prompt");
  auto *text = command->add_option("prompt", options->prompt, "text");
  command
      ->add_option("--tokens", options->tokens,
                   "ids instead, with commas between them")
      ->delimiter(',')
      ->excludes(text);
  add_model_options(*command, options->model);
  add_generation_options(*command, options->generation);
  command->add_option("--context", options->engine.max_context,
                      "tokens that prompt and answer may have (default: the "
                      "model's)");
  command->add_option("--logprobs", options->logprobs,
                      "with --json: of each token, and of the N likeliest");
  command->add_flag("--logits", options->logits,
                    "with --json: those behind the prompt");
  command->add_flag("--json", options->json, "print one JSON object");
  command->add_flag("--quiet", options->quiet, "print the text only");
  command->callback([options] { run(*options); });
}

} // namespace girih::llm
