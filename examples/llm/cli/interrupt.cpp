// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/cli/interrupt.h"

#include <csignal>

namespace girih::llm {

namespace {

volatile std::sig_atomic_t noted = 0;

void note(int signal) {
  noted = 1;
  std::signal(signal, SIG_DFL);
}

} // namespace

InterruptScope::InterruptScope() {
  noted = 0;
  std::signal(SIGINT, note);
}

InterruptScope::~InterruptScope() { std::signal(SIGINT, SIG_DFL); }

bool InterruptScope::interrupted() const { return noted != 0; }

} // namespace girih::llm
