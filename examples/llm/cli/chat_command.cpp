// SPDX-License-Identifier: Apache-2.0
// `girih-llm chat`: a conversation, one line a message.
#include "girih/examples/llm/cli/commands.h"
#include "girih/examples/llm/cli/conversation.h"
#include "girih/examples/llm/cli/generation_options.h"
#include "girih/examples/llm/cli/session.h"
#include "girih/examples/llm/error.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>

#include <unistd.h>

namespace girih::llm {

namespace {

struct ChatOptions {
  ModelOptions model;
  GenerationOptions generation;
  // Each question begins with all that was said before it.
  EngineOptions engine{.max_batch = 1, .keep_last = true};
  std::string system;
  bool json = false, quiet = false;
};

/// The model, if one can talk with it: known before its weights are loaded.
ChosenModel choose_chat_model(const ModelOptions &options) {
  ChosenModel chosen = choose_model(options);
  const std::string &name = chosen.files.name;
  if (!chosen.tokenizer)
    throw std::runtime_error(
        name + " has no tokenizer.json, which a conversation needs: " +
        "`girih-llm run --tokens 1,2,3` goes without");
  if (!chosen.tokenizer->chat_format())
    throw std::runtime_error(
        name + " has no chat template of a family that is known here (ChatML, "
               "Llama 3, DeepSeek), neither chat_template.jinja nor in "
               "tokenizer_config.json, nor has its tokenizer.json such a "
               "family's tokens: use `girih-llm run`, which continues a text");
  return chosen;
}

class Chat {
public:
  explicit Chat(const ChatOptions &options)
      : options_(options),
        session_(choose_chat_model(options.model), options.engine),
        conversation_(*session_.opened().tokenizer, options.system,
                      session_.plan().max_context, options.generation.max_new),
        terminal_(isatty(STDIN_FILENO) != 0) {
    session_.prepare(request_for("?"));
  }

  void run() {
    if (!options_.quiet)
      fmt::print(stderr, "{}\n", session_.loading_figures());
    if (terminal_)
      fmt::print(stderr, "/reset forgets what was said, /exit or Ctrl-D ends, "
                         "Ctrl-C stops an answer\n");
    while (const auto line = next_line()) {
      if (*line == "/exit")
        return;
      if (*line == "/reset")
        conversation_.reset();
      else if (line->find_first_not_of(" \t") != std::string::npos)
        take(*line);
    }
    if (terminal_)
      fmt::print(stderr, "\n");
  }

private:
  std::optional<std::string> next_line() const {
    if (terminal_)
      fmt::print(stderr, "> ");
    std::string line;
    if (!std::getline(std::cin, line))
      return std::nullopt;
    if (line.ends_with('\r'))
      line.pop_back();
    return line;
  }

  Request request_for(const std::string &question) {
    ChatPrompt prompt = conversation_.ask(question);
    if (prompt.forgotten > 0)
      fmt::print(
          stderr,
          "[the context of {} tokens is full: the oldest {} forgotten]\n",
          session_.plan().max_context,
          prompt.forgotten == 1
              ? "question and its answer are"
              : fmt::format("{} questions and their answers are",
                            prompt.forgotten));
    Request request = request_of(options_.generation, session_.opened());
    request.prompt = std::move(prompt.ids);
    const auto end = end_of_answer(*session_.opened().tokenizer);
    if (end && !options_.generation.ignore_eos)
      request.eos.push_back(*end);
    return request;
  }

  /// At a terminal a message that cannot be asked is all that is lost;
  /// elsewhere nobody would see that its answer is missing.
  void take(const std::string &question) {
    try {
      answer(question);
    } catch (const ModelError &error) {
      if (!terminal_)
        throw;
      fmt::print(stderr, "girih-llm: {}\n", error.what());
    }
  }

  void answer(const std::string &question) {
    const Answer answer =
        session_.answer(request_for(question), [&](const Generated &made) {
          if (options_.json)
            return;
          fmt::print("{}", made.text);
          std::fflush(stdout);
        });
    if (options_.json)
      fmt::print("{}\n", session_.json(answer).dump());
    else
      fmt::print("\n");
    std::fflush(stdout);
    if (!options_.quiet)
      fmt::print(stderr, "[{} tokens, {} of them new; {}]\n",
                 answer.prompt.size(), answer.spent.prompt_tokens,
                 session_.figures(answer));
    // One that was stopped before it began was not said.
    if (!answer.completion.tokens.empty())
      conversation_.remember(question, answer.completion.text);
  }

  const ChatOptions &options_;
  Session session_;
  Conversation conversation_;
  bool terminal_;
};

} // namespace

void add_chat_command(CLI::App &program) {
  const auto options = std::make_shared<ChatOptions>();
  CLI::App *command = program.add_subcommand(
      "chat", "A conversation: each line of the input is a message");
  command->footer(
      "All that was said before goes with a message, in the form of the\n"
      "model's chat template; of that only what is not in the cache is "
      "computed\n"
      "again. Where the context is full the oldest messages and their answers\n"
      "are forgotten, with a notice. /reset forgets all, /exit or the end of "
      "the\n"
      "input ends. Ctrl-C ends an answer; at the prompt it ends the program.");
  add_model_options(*command, options->model);
  command->add_option("--system", options->system,
                      "what the model is told before all else");
  add_generation_options(*command, options->generation);
  command
      ->add_option("--context", options->engine.max_context,
                   "tokens that the conversation may have (default: the "
                   "model's)")
      ->check(context_range());
  command->add_flag("--json", options->json,
                    "print one JSON object for each answer");
  command->add_flag("--quiet", options->quiet, "print answers only");
  command->callback([options] { Chat(*options).run(); });
}

} // namespace girih::llm
