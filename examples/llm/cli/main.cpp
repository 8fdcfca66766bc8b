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
#include <iostream>
#include <system_error>

namespace {

/// Whether all that was printed is where it should be; else says that it is
/// not.
bool output_arrived() {
  std::cout.flush();
  const bool flushed = std::fflush(stdout) == 0;
  if (flushed && std::cout && !std::ferror(stdout))
    return true;
  std::fprintf(stderr, "girih-llm: standard output: cannot be written\n");
  return false;
}

/// The status of the program, without regard to what becomes of its output.
int status_of(CLI::App &program, int argc, char **argv) {
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return program.exit(error);
  } catch (const std::system_error &error) {
    if (!std::ferror(stdout)) // else that is what is said
      std::fprintf(stderr, "girih-llm: %s\n", error.what());
    return 1;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "girih-llm: %s\n", error.what());
    return 1;
  }
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  CLI::App program("Language models on tile kernels", "girih-llm");
  program.require_subcommand(1);
  girih::llm::add_run_command(program);
  girih::llm::add_chat_command(program);
  girih::llm::add_inspect_command(program);
  girih::llm::add_logits_command(program);
  girih::llm::add_bench_command(program);
  girih::llm::add_tokenize_command(program);
  const int status = status_of(program, argc, argv);
  return output_arrived() ? status : 1;
}
