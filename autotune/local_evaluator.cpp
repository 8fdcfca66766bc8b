// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/evaluator.h"

#include "girih/dsl/support/cpu_limit.h"
#include "girih/runtime/executable.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

namespace girih::autotune {
namespace {

class LocalEvaluator : public Evaluator {
public:
  LocalEvaluator(const Problem &problem, int threads)
      : problem_(problem), threads_(std::max(threads, 1)),
        bench_(problem.arrays, problem.kernel.source().directions) {
    bench_.set_reference(problem.kernel, {problem.fallback, {}},
                         problem.reference);
  }

  std::vector<Outcome> compile(std::span<const Config> configs) override {
    std::vector<Outcome> outcomes(configs.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t at = next++; at < configs.size(); at = next++)
        outcomes[at] = compile_one(configs[at]);
    };
    std::vector<std::thread> others;
    for (int thread = 1; thread < threads_; ++thread)
      others.emplace_back(work);
    work();
    for (std::thread &each : others)
      each.join();
    return outcomes;
  }

  Outcome measure(const Config &config, Effort effort, double limit) override {
    return bench_.run(problem_.kernel, {config, {}}, effort, limit);
  }

  int width() const override { return threads_; }

private:
  Outcome compile_one(const Config &config) {
    Outcome outcome;
    outcome.config = config;
    try {
      const Program program =
          problem_.kernel.launched_program(problem_.arrays, {config, {}});
      compile_ahead(program, target_of(problem_.device));
    } catch (const std::exception &error) {
      outcome.status = Outcome::Status::failed;
      outcome.note = one_line(error.what());
    }
    return outcome;
  }

  Problem problem_;
  int threads_;
  TestBench bench_;
};

} // namespace

std::unique_ptr<Evaluator> local_evaluator(const Problem &problem,
                                           int threads) {
  return std::make_unique<LocalEvaluator>(problem, threads);
}

int usable_cores() { return std::max(cpu_limit(), 1); }

} // namespace girih::autotune
