// SPDX-License-Identifier: Apache-2.0
// Evaluator: what a search asks for outcomes.
#pragma once

#include "girih/autotune/measure.h"
#include "girih/autotune/problem.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace girih::autotune {

class Evaluator {
public:
  virtual ~Evaluator() = default;
  /// Compiles all of them, several at a time. Gives one outcome for each:
  /// measured, with 0 seconds, where there is code now.
  virtual std::vector<Outcome> compile(std::span<const Config> configs) = 0;
  /// Runs one. See TestBench::run.
  virtual Outcome measure(const Config &config, Effort effort,
                          double limit) = 0;
  /// How many are compiled at a time.
  virtual int width() const = 0;
};

/// In this process: by threads. A candidate that hangs hangs the process.
std::unique_ptr<Evaluator> local_evaluator(const Problem &problem, int threads);

struct WorkerOptions {
  /// A program, and what it is started with, that calls serve() with its
  /// standard input: `girih-tune worker`.
  std::vector<std::string> command;
  int compilers = 1;
  double compile_seconds = 60, run_seconds = 20; // then a candidate is given up
};

/// In processes of their own: nothing that a candidate does ends this one.
/// Throws RuntimeError [file] where no worker can be started, and [argument]
/// with its words where the fallback does not run.
std::unique_ptr<Evaluator> worker_evaluator(const Problem &problem,
                                            const WorkerOptions &options);

/// What starts a worker beside this program: itself where it is girih-tune or
/// the bundle, else the girih-tune in its folder; empty where there is none.
std::vector<std::string> worker_command();

/// A worker: answers what is asked on a socket, until it is closed. Gives the
/// exit status.
int serve(int socket);

/// Cores that this process may use.
int usable_cores();

} // namespace girih::autotune
