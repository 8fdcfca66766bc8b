// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/autotune.h"

#include "girih/autotune/evaluator.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/env.h"
#include "girih/runtime/capture.h"
#include "girih/runtime/failure.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

namespace girih::autotune {
namespace {

bool explains() { return env_has("GIRIH_LOG", "tune"); }

std::string describe(const ConfigQuery &query) {
  return fmt::format("{} [{}] [{}] on {}", query.source.name, query.key.bucket,
                     query.key.dtypes, query.key.device);
}

ConfigTable read_table(const std::string &path) {
  std::error_code ignored;
  if (path.empty() || !std::filesystem::exists(path, ignored))
    return {};
  try {
    return ConfigTable(Store(path, Store::Mode::read_only).choices());
  } catch (const RuntimeError &error) {
    log_line("tune", fmt::format("kernels run with their default Configs: {}",
                                 error.what()));
    return {};
  }
}

/// A search without a store forgets when the process ends; it is not worth an
/// error.
std::optional<Store> open_store(const std::string &path) {
  if (path.empty())
    return std::nullopt;
  try {
    return Store(path, Store::Mode::write);
  } catch (const RuntimeError &error) {
    log_line("tune",
             fmt::format("what is found is not kept: {}", error.what()));
    return std::nullopt;
  }
}

/// Processes of its own, so that a candidate that hangs or crashes does not
/// take the caller with it; this one where there is no program to start.
std::unique_ptr<Evaluator> evaluator_for_caller(const Problem &problem,
                                                double budget) {
  WorkerOptions options{.command = worker_command(),
                        .compilers = usable_cores()};
  if (budget > 0)
    options.run_seconds = std::clamp(budget / 2, 1.0, options.run_seconds);
  try {
    return worker_evaluator(problem, options);
  } catch (const RuntimeError &error) {
    // Where the default does not run there, it is not tried here.
    if (error.id() != ErrorId::file)
      throw;
    if (explains())
      log_line("tune",
               fmt::format("candidates run in this process: {}", error.what()));
  }
  return local_evaluator(problem, usable_cores());
}

} // namespace

Mode tuning_mode(Mode otherwise) {
  const auto text = env("GIRIH_AUTOTUNE");
  if (!text)
    return otherwise;
  if (*text == "off")
    return Mode::off;
  if (*text == "use")
    return Mode::use;
  if (*text == "search")
    return Mode::search;
  throw RuntimeError(ErrorId::environment,
                     {"GIRIH_AUTOTUNE", *text, "expected off, use or search"});
}

TunedConfigs::TunedConfigs(Options options) : options_(std::move(options)) {
  if (options_.mode != Mode::off)
    table_ = read_table(options_.path);
}

bool TunedConfigs::knows(std::string_view kernel) const {
  // The tuner's own kernels are there before anything is tuned.
  if (options_.mode == Mode::off || kernel.starts_with("tuner_"))
    return false;
  return options_.mode == Mode::search || explains() || table_.knows(kernel);
}

std::optional<Config> TunedConfigs::choose(const ConfigQuery &query) {
  if (const ChoiceRow *row = table_.find(query.key)) {
    if (explains())
      log_line("tune",
               fmt::format("{}: Config {}: {:.2f} us where the default took "
                           "{:.2f} ({})",
                           describe(query), row->config.to_string(),
                           1e6 * row->seconds, 1e6 * row->fallback_seconds,
                           row->how));
    return row->config;
  }
  if (options_.mode == Mode::search)
    return search_for(query);
  if (explains())
    log_line("tune", fmt::format("{}: default Config {}: {}", describe(query),
                                 query.fallback.to_string(),
                                 table_.why_not(query.source.name, query.key)));
  return std::nullopt;
}

std::optional<Config> TunedConfigs::search_for(const ConfigQuery &query) {
  if (current_capture()) {
    log_line("tune", fmt::format("{}: default Config: nothing is searched for "
                                 "while a graph is captured",
                                 describe(query)));
    return std::nullopt;
  }
  const std::string text = query.key.text();
  const std::lock_guard lock(mutex_);
  if (const auto found = found_.find(text); found != found_.end())
    return found->second;
  std::optional<Config> &slot = found_[text];
  const SearchResult result = run_search(problem_of(query));
  const std::string dropped = reasons_text(result.candidates);
  if (!dropped.empty() && (explains() || kept(result.candidates).size() == 1))
    log_line("tune", fmt::format("{}: of {} candidates of its space {}: {}",
                                 describe(query), result.candidates.size(),
                                 kept(result.candidates).size() == 1
                                     ? "all but the default are dropped"
                                     : "these are dropped",
                                 dropped));
  if (explains()) {
    log_line("tune", fmt::format("{}: Config {}: {:.2f} us where the default "
                                 "took {:.2f} ({})",
                                 describe(query), result.chosen.to_string(),
                                 1e6 * result.seconds,
                                 1e6 * result.fallback_seconds, result.how));
    log_line("tune",
             fmt::format("the model says {}",
                         result.problem.estimate(result.chosen).to_string()));
  }
  slot = result.chosen;
  return slot;
}

SearchResult TunedConfigs::run_search(const Problem &problem) {
  const Space space =
      options_.space ? options_.space(problem) : Space::derived(problem);
  std::optional<Store> store = open_store(options_.path);
  SearchContext context;
  context.store = store ? &*store : nullptr;
  const double budget = options_.search.budget_seconds;
  const EvaluatorMaker make = [budget](const Problem &each) {
    return evaluator_for_caller(each, budget);
  };
  try {
    return search(problem, space, options_.search, make, context);
  } catch (const RuntimeError &error) {
    // A store that fails half-way costs what was measured, not the search.
    if (error.id() != ErrorId::file || !context.store)
      throw;
    log_line("tune",
             fmt::format("what is found is not kept: {}", error.what()));
    context.store = nullptr;
    return search(problem, space, options_.search, make, context);
  }
}

std::shared_ptr<ConfigProvider> provider_of_environment() {
  TunedConfigs::Options options;
  options.mode = tuning_mode();
  if (options.mode == Mode::off)
    return nullptr;
  options.path = store_path();
  options.search.budget_seconds = static_cast<double>(
      env_integer("GIRIH_TUNE_BUDGET", 1, 1000000).value_or(10));
  auto made = std::make_shared<TunedConfigs>(std::move(options));
  if (tuning_mode() == Mode::use && made->table().empty() && !explains())
    return nullptr;
  return made;
}

} // namespace girih::autotune
