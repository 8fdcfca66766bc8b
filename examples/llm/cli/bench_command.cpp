// SPDX-License-Identifier: Apache-2.0
// `girih-llm bench`: how fast a model reads prompts and generates.
#include "girih/examples/llm/cli/commands.h"
#include "girih/examples/llm/cli/model_options.h"
#include "girih/examples/llm/engine/engine.h"
#include "girih/runtime/pool.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <random>

namespace girih::llm {

namespace {

struct BenchOptions {
  ModelOptions model;
  std::int64_t batch = 1, prompt = 128, tokens = 200, runs = 3, chunk = 4096;
  bool no_graphs = false, json = false;

  EngineOptions engine() const {
    return {.max_batch = batch,
            .max_context = prompt + tokens + 1,
            .chunk = chunk,
            .graphs = !no_graphs};
  }
};

struct Figures {
  double first_seconds = 0; // of the first run, with all that is compiled
  double prompt_seconds = 0, decode_seconds = 0;
  std::int64_t prompt_tokens = 0, decoded_tokens = 0, steps = 0;
  std::size_t launches = 0;
};

std::vector<Request> requests_of(const BenchOptions &options,
                                 const ModelConfig &config, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Request> requests(static_cast<std::size_t>(options.batch));
  for (Request &each : requests) {
    for (std::int64_t at = 0; at < options.prompt; ++at)
      each.prompt.push_back(static_cast<std::int32_t>(
          random() % static_cast<unsigned>(config.vocabulary)));
    each.max_new = options.tokens + 1;
  }
  return requests;
}

Figures measure(const BenchOptions &options, const Model &model) {
  Engine engine(model, options.engine());
  Figures best;
  for (std::int64_t run = -1; run < options.runs; ++run) {
    const EngineStatistics before = engine.statistics();
    const auto begin = std::chrono::steady_clock::now();
    engine.generate(
        requests_of(options, model.config, static_cast<unsigned>(run + 1)));
    const std::chrono::duration<double> all =
        std::chrono::steady_clock::now() - begin;
    const EngineStatistics &after = engine.statistics();
    if (run < 0) {
      best.first_seconds = all.count();
      continue;
    }
    const double prompt = after.prompt_seconds - before.prompt_seconds,
                 decode = after.decode_seconds - before.decode_seconds;
    if (run == 0 || prompt < best.prompt_seconds)
      best.prompt_seconds = prompt;
    if (run == 0 || decode < best.decode_seconds)
      best.decode_seconds = decode;
    best.prompt_tokens = after.prompt_tokens - before.prompt_tokens;
    best.decoded_tokens = after.decoded_tokens - before.decoded_tokens;
    best.steps = after.decode_steps - before.decode_steps;
    best.launches = after.launches;
  }
  return best;
}

void print(const BenchOptions &options, const OpenedModel &opened,
           const Figures &figures) {
  const Model &model = opened.model;
  const double per_step =
      figures.decode_seconds /
      static_cast<double>(std::max<std::int64_t>(figures.steps, 1));
  const nlohmann::json all{
      {"model", opened.name},
      {"device", model.device.to_string()},
      {"dtype", name(model.dtype)},
      {"batch", options.batch},
      {"prompt", options.prompt},
      {"weights_bytes", model.bytes()},
      {"peak_bytes", pool_statistics(model.device).peak_used_bytes},
      {"load_s", opened.load_seconds},
      {"first_run_s", figures.first_seconds},
      {"prompt_ms", figures.prompt_seconds * 1e3},
      {"prompt_tokens_per_s",
       static_cast<double>(figures.prompt_tokens) / figures.prompt_seconds},
      {"decode_tokens_per_s",
       static_cast<double>(figures.decoded_tokens) / figures.decode_seconds},
      {"step_us", per_step * 1e6},
      {"weights_gb_per_s", static_cast<double>(model.bytes()) / per_step / 1e9},
      {"launches_per_step", figures.launches}};
  if (options.json)
    return fmt::print("{}\n", all.dump());
  for (const auto &[key, value] : all.items())
    fmt::print("{:<22} {}\n", key, value.dump());
}

void bench(const BenchOptions &options) {
  const OpenedModel opened = open_model(options.model, options.engine());
  print(options, opened, measure(options, opened.model));
}

} // namespace

void add_bench_command(CLI::App &program) {
  const auto options = std::make_shared<BenchOptions>();
  CLI::App *command =
      program.add_subcommand("bench", "Measures prompts and generation");
  add_model_options(*command, options->model);
  command->add_option("--batch", options->batch, "sequences at a time")
      ->check(CLI::Range(1, 1024));
  command->add_option("--prompt", options->prompt, "tokens of each prompt")
      ->check(CLI::Range(1, 1 << 20));
  command->add_option("--max-new", options->tokens, "tokens after each")
      ->check(CLI::Range(1, 1 << 20));
  command->add_option("--runs", options->runs, "the best of them is told")
      ->check(CLI::Range(1, 100));
  command->add_option("--chunk", options->chunk, "prompt tokens of a pass")
      ->check(CLI::Range(1, 1 << 20));
  command->add_flag("--no-graphs", options->no_graphs,
                    "submit each launch by itself");
  command->add_flag("--json", options->json, "print one line of JSON");
  command->callback([options] { bench(*options); });
}

} // namespace girih::llm
