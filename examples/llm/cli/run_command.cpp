// SPDX-License-Identifier: Apache-2.0
// `girih-llm run`: continues a prompt.
#include "girih/examples/llm/cli/commands.h"
#include "girih/examples/llm/cli/generation_options.h"
#include "girih/examples/llm/cli/session.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <csignal>
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

void print_json(const RunOptions &options, Session &session,
                const Answer &answer) {
  nlohmann::json all = session.json(answer);
  for (const auto &each : answer.completion.likelihoods) {
    nlohmann::json row = nlohmann::json::array();
    for (const Likelihood &one : each)
      row.push_back({{"id", one.token}, {"logprob", one.logprob}});
    all["logprobs"].push_back(std::move(row));
  }
  if (options.logits)
    all["logits"] = session.last_logits(answer.prompt).to_vector();
  fmt::print("{}\n", all.dump());
}

/// What was stopped has the status that shells give to Ctrl-C.
void throw_if_stopped(const Answer &answer) {
  if (answer.completion.finish == Finish::cancelled)
    throw CLI::RuntimeError(128 + SIGINT);
}

void run(const RunOptions &options) {
  Session session(choose_model(options.model), options.engine);
  const OpenedModel &opened = session.opened();
  Request request = request_of(options.generation, opened);
  request.prompt = prompt_of(options, opened);
  request.logprobs = options.logprobs;
  session.prepare(request);
  if (options.json) {
    const Answer answer =
        session.answer(std::move(request), [](const auto &) {});
    print_json(options, session, answer);
    return throw_if_stopped(answer);
  }
  if (options.tokens.empty())
    fmt::print("{}", options.prompt);
  const Answer answer =
      session.answer(std::move(request), [&](const Generated &made) {
        if (opened.tokenizer)
          fmt::print("{}", made.text);
        else
          fmt::print("{} ", made.token);
        std::fflush(stdout);
      });
  fmt::print("\n");
  std::fflush(stdout);
  if (!options.quiet)
    fmt::print(stderr, "\n{}, {}\n", session.loading_figures(),
               session.figures(answer));
  throw_if_stopped(answer);
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
      ->allow_extra_args(false)
      ->excludes(text);
  add_model_options(*command, options->model);
  add_generation_options(*command, options->generation);
  command
      ->add_option("--context", options->engine.max_context,
                   "tokens that prompt and answer may have (default: the "
                   "model's)")
      ->check(context_range());
  command
      ->add_option("--logprobs", options->logprobs,
                   "with --json: of each token, and of the N likeliest")
      ->check(whole_number());
  command->add_flag("--logits", options->logits,
                    "with --json: those behind the prompt");
  command->add_flag("--json", options->json, "print one JSON object");
  command->add_flag("--quiet", options->quiet, "print the text only");
  command->callback([options] { run(*options); });
}

} // namespace girih::llm
