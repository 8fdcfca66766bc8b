// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/cli/commands.h"
#include "girih/examples/llm/cli/model_options.h"
#include "girih/examples/llm/cli/tokenize.h"
#include "girih/examples/llm/error.h"
#include "girih/examples/llm/weights/default_model.h"

#include <CLI/CLI.hpp>

#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

namespace girih::llm {
namespace {

struct Choices {
  std::string model, text, input;
  TokenizeOptions options;
  bool no_special_tokens = false, plain = false;
};

Tokenizer open_tokenizer(const std::string &model) {
  if (!model.empty())
    return Tokenizer::open(model);
  return Tokenizer::parse(default_model_file("tokenizer.json").text(),
                          default_model_file("tokenizer_config.json").text(),
                          default_model_path("tokenizer.json"));
}

void run(Choices choices, bool text_given) {
  TokenizeOptions &options = choices.options;
  options.encode = {.add_special_tokens = !choices.no_special_tokens,
                    .parse_special = !choices.plain};
  Tokenizer tokenizer = open_tokenizer(choices.model);
  std::ios::sync_with_stdio(false);
  if (text_given) {
    std::istringstream in(choices.text);
    return tokenize(tokenizer, options, in, "text", std::cout);
  }
  if (choices.input.empty())
    return tokenize(tokenizer, options, std::cin, "standard input", std::cout);
  std::ifstream in(choices.input, std::ios::binary);
  if (!in)
    throw ModelError(choices.input, "", "cannot be read");
  tokenize(tokenizer, options, in, choices.input, std::cout);
}

} // namespace

void add_tokenize_command(CLI::App &program) {
  auto choices = std::make_shared<Choices>();
  CLI::App *command = program.add_subcommand(
      "tokenize", "Text to the ids of a model's tokens, and back");
  auto *text = command->add_option("text", choices->text,
                                   "text, or ids; else the input is read");
  command
      ->add_option("--model", choices->model,
                   "directory with tokenizer.json (default: built in)")
      ->check(not_empty());
  command
      ->add_option("--input", choices->input,
                   "file to read (default: standard input)")
      ->check(not_empty());
  command->add_flag("--jsonl", choices->options.jsonl,
                    "a JSON string a line in, a JSON array of ids a line out");
  auto *decode =
      command->add_flag("--decode", choices->options.decode, "the other way");
  command
      ->add_flag("--chat", choices->options.chat,
                 "a JSON array of messages a line in: role and content")
      ->excludes(decode);
  command->add_flag("--no-special-tokens", choices->no_special_tokens,
                    "add none at the beginning and the end");
  command->add_flag("--plain", choices->plain,
                    "read no token in the text, such as <|im_end|>");
  command->add_flag("--skip-special-tokens",
                    choices->options.skip_special_tokens,
                    "leave special tokens out of decoded text");
  command->callback([choices, text] { run(*choices, text->count() > 0); });
}

} // namespace girih::llm
