// SPDX-License-Identifier: Apache-2.0
// Runs language models:
//
//   girih-llm run "To be, or not to be"
//   girih-llm run --model DIRECTORY --tokens 1,2,3 --json
//   girih-llm chat --model DIRECTORY
//   girih-llm inspect --model DIRECTORY
//   girih-llm bench --shape DeepSeek-R1-Distill-Qwen-1.5B
//   girih-llm tokenize "To be, or not to be"
#include "girih/examples/llm/cli/commands.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

int main(int argc, char **argv) {
  CLI::App program("Language models on tile kernels", "girih-llm");
  program.require_subcommand(1);
  girih::llm::add_run_command(program);
  girih::llm::add_chat_command(program);
  girih::llm::add_inspect_command(program);
  girih::llm::add_logits_command(program);
  girih::llm::add_bench_command(program);
  girih::llm::add_tokenize_command(program);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return program.exit(error);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "girih-llm: %s\n", error.what());
    return 1;
  }
  return 0;
}
