// SPDX-License-Identifier: Apache-2.0
// The subcommands of girih-llm: each adds its options, and what it does, to the
// program. What goes wrong is thrown as a std::exception.
#pragma once

namespace CLI {
class App;
}

namespace girih::llm {

void add_bench_command(CLI::App &program);
void add_chat_command(CLI::App &program);
void add_inspect_command(CLI::App &program);
void add_logits_command(CLI::App &program);
void add_run_command(CLI::App &program);
void add_tokenize_command(CLI::App &program);

} // namespace girih::llm
