// SPDX-License-Identifier: Apache-2.0
#include "sweep.h"

#include "progress.h"

#include "girih/autotune/evaluator.h"
#include "girih/autotune/report/report.h"
#include "girih/dsl/support/diagnostics.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <atomic>
#include <charconv>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

namespace girih::autotune {
namespace {

std::atomic<bool> interrupted{false};

extern "C" void girih_tune_interrupt(int signal) {
  // A second one ends the process at once: the store has all that was measured.
  if (interrupted.exchange(true)) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

std::vector<Case> cases_of(const SweepOptions &options) {
  const auto dtype = parse_dtype(options.dtype);
  if (!dtype)
    throw RuntimeError(ErrorId::argument,
                       {fmt::format("there is no dtype '{}'", options.dtype),
                        "such as bf16, f16, f32"});
  const std::size_t rank = size_names_of(options.op).size();
  const std::string family =
      options.family.empty() ? "llama3-8b" : options.family;
  std::vector<std::vector<std::int64_t>> shapes =
      options.shapes.empty() ? family_shapes(family, options.op)
                             : parse_shapes(options.shapes);
  if (shapes.empty())
    throw RuntimeError(
        ErrorId::argument,
        {fmt::format("models of the family {} have no list of sizes of {}",
                     family, options.op),
         "give --shapes"});
  std::vector<Case> cases;
  for (auto &sizes : shapes) {
    if (sizes.size() != rank)
      throw RuntimeError(
          ErrorId::argument,
          {fmt::format("{} has sizes {}, of which a shape gives {}", options.op,
                       fmt::join(size_names_of(options.op), "x"),
                       sizes.size())});
    cases.push_back({options.op, std::move(sizes), *dtype});
  }
  return cases;
}

void write_file(const std::filesystem::path &path, const std::string &text) {
  if (!(std::ofstream(path, std::ios::binary) << text).flush())
    throw RuntimeError(ErrorId::file,
                       {fmt::format("cannot write {}", path.string()),
                        "name another folder by --out"});
}

void explain(const SearchResult &result) {
  fmt::print("{}:\n", result.problem.label);
  for (const auto &[reason, count] : reasons(result.candidates))
    fmt::print("  dropped {:>5}: {}\n", count, reason);
  if (result.trials.empty())
    return;
  fmt::print("  default {}: the model says {}\n",
             result.problem.fallback.to_string(),
             result.problem.estimate(result.problem.fallback).to_string());
  fmt::print("  chosen  {}: the model says {}\n", result.chosen.to_string(),
             result.problem.estimate(result.chosen).to_string());
}

class Sweep {
public:
  explicit Sweep(const SweepOptions &options)
      : options_(options),
        device_(options.device.empty() ? default_device()
                                       : parse_device(options.device)),
        cases_(cases_of(options)),
        progress_(cases_.size(), parse_duration(options.budget)) {
    (void)properties(device_); // one that is not there has no shapes to try
    search_.strategy = parse_strategy(options.strategy);
    search_.budget_seconds = parse_duration(options.budget);
    search_.most_candidates = options.most_candidates;
    search_.fresh = options.fresh;
    workers_.command = worker_command();
    workers_.compilers = options.workers > 0 ? options.workers : usable_cores();
    workers_.compile_seconds = workers_.run_seconds =
        parse_duration(options.timeout);
    if (workers_.run_seconds == 0)
      throw RuntimeError(ErrorId::argument,
                         {"a timeout of 0 leaves no candidate any time",
                          "such as 500ms, 10s, 2m"});
    if (options.store != "off" && !options.store.empty())
      store_.emplace(options.store, Store::Mode::write);
    folder_ = options.out.empty() ? "tune-" + options.op : options.out;
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error)
      throw RuntimeError(
          ErrorId::file,
          {fmt::format("cannot make {}: {}", folder_.string(), error.message()),
           "name another folder by --out"});
  }

  int run() {
    for (const Case &each : cases_) {
      if (interrupted)
        break;
      try {
        tune(each);
      } catch (const RuntimeError &error) {
        // The store has failed, not the shape.
        if (error.id() == ErrorId::file)
          throw;
        fail(each, error);
      } catch (const CompileError &error) {
        fail(each, error);
      }
      progress_.next();
    }
    progress_.finish();
    report();
    if (interrupted)
      fmt::print("interrupted: the same command goes on from here\n");
    return interrupted ? 130 : failures_ > 0 ? 1 : 0;
  }

private:
  void fail(const Case &of, const Error &error) {
    ++failures_;
    // Where in the tuner it was called is nobody's business.
    Diagnostic said = error.diagnostic();
    said.where = {};
    progress_.say(
        fmt::format("{}: not tuned: {}", of.label(), said.to_string()));
  }

  /// Whatever is chosen, launches that nobody tuned run with the default.
  void report_default(const SearchResult &result) {
    for (const Trial &each : result.trials)
      if (each.outcome.config == result.problem.fallback &&
          each.outcome.status == Outcome::Status::wrong) {
        ++failures_;
        progress_.say(fmt::format(
            "{}: the default Config {} is wrong: {}", result.problem.label,
            result.problem.fallback.to_string(), each.outcome.note));
      }
  }

  void tune(const Case &of) {
    for (const Problem &problem : problems_of(of, device_)) {
      if (interrupted)
        return;
      // A choice is one of a bucket: the first of its sizes stands for all.
      if (!done_.insert(problem.key.text()).second) {
        progress_.say(
            fmt::format("{}: the sizes before it stand for it", problem.label));
        continue;
      }
      if (problem.roles.blocks.empty()) {
        progress_.say(
            fmt::format("{}: its kernel has no block sizes", problem.label));
        continue;
      }
      const EvaluatorMaker make = [this](const Problem &each) {
        return worker_evaluator(each, workers_);
      };
      results_.push_back(
          search(problem, Space::derived(problem), search_, make,
                 {store_ ? &*store_ : nullptr, &progress_, &interrupted}));
      report_default(results_.back());
      if (options_.explain)
        explain(results_.back());
    }
  }

  void report() {
    Report made;
    made.title = fmt::format("{} on {}", options_.op, properties(device_).name);
    made.device = tuning_device(device_);
    made.compiler = tuning_compiler(device_);
    made.command = options_.command;
    made.date =
        fmt::format("{:%Y-%m-%d %H:%M}", fmt::gmtime(std::time(nullptr)));
    made.results = std::move(results_);
    made.roofs = measure_roofs(device_, made.results);
    const std::string table = table_of(made);
    write_file(folder_ / "table.txt", table);
    write_file(folder_ / "candidates.csv", csv_of(made));
    write_file(folder_ / "report.html", html_of(made));
    fmt::print("{}\n{}\n", made.results.empty() ? "nothing was tuned\n" : table,
               (folder_ / "report.html").string());
  }

  const SweepOptions &options_;
  Device device_;
  std::vector<Case> cases_;
  Progress progress_;
  SearchOptions search_;
  WorkerOptions workers_;
  std::optional<Store> store_;
  std::filesystem::path folder_;
  std::vector<SearchResult> results_;
  std::set<std::string> done_;
  int failures_ = 0;
};

} // namespace

double parse_duration(const std::string &text) {
  double value = 0;
  const char *end = text.data() + text.size();
  const auto [unit, error] = std::from_chars(text.data(), end, value);
  const std::string_view left(unit, static_cast<std::size_t>(end - unit));
  const double scale = left == "ms"                ? 1e-3
                       : left == "s" || left == "" ? 1
                       : left == "m"               ? 60
                       : left == "h"               ? 3600
                                                   : 0;
  if (error != std::errc() || scale == 0 || !(value >= 0) || value > 1e6)
    throw RuntimeError(
        ErrorId::argument,
        {fmt::format("`{}` is no duration", text), "such as 500ms, 10s, 2m"});
  return value * scale;
}

int sweep(const SweepOptions &options) {
  std::signal(SIGINT, girih_tune_interrupt);
  std::signal(SIGTERM, girih_tune_interrupt);
  return Sweep(options).run();
}

} // namespace girih::autotune
