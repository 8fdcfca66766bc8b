// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/search.h"

#include "girih/autotune/evaluator.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/runtime/failure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <utility>

namespace girih::autotune {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array<std::string_view, 4> strategies{"exhaustive", "random",
                                                     "halving", "guided"};
// A choice other than the fallback must be faster by more than noise.
constexpr double least_gain = 0.99;
// Of the budget, what candidates may take; the rest is for the finalists.
constexpr double first_part = 0.75;
constexpr std::size_t rounds = 3;
// A search by the model ends after so many candidates without a gain.
constexpr std::size_t patience = 24;
// What a model is wrong by, it is for all that it cannot tell apart.
constexpr double model_error = 1.13;
// Fewer candidates than this are no search, unless there are no more.
constexpr std::size_t least_trials = 8;

/// Differs in one axis only.
bool neighbours(const Config &a, const Config &b,
                const std::vector<std::string> &axes) {
  int differences = 0;
  for (const std::string &axis : axes)
    differences += axis_value(a, axis) != axis_value(b, axis);
  return differences == 1;
}

/// The distance of two buckets, "128x64 64 -", in doublings; far where they
/// have different ranks.
double distance(const std::string &a, const std::string &b) {
  double total = 0;
  std::size_t i = 0, j = 0;
  const auto number = [](const std::string &text, std::size_t &at) {
    double value = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9')
      value = 10 * value + (text[at++] - '0');
    return value;
  };
  while (i < a.size() && j < b.size()) {
    const double x = number(a, i), y = number(b, j);
    total += std::abs(std::log2((x + 1) / (y + 1)));
    if (i < a.size() && j < b.size() && a[i++] != b[j++])
      return 1e9;
  }
  return i == a.size() && j == b.size() ? total : 1e9;
}

class Search {
public:
  Search(const Problem &problem, const Space &space,
         const SearchOptions &options, const EvaluatorMaker &make,
         const SearchContext &context)
      : options_(options), make_(make), context_(context),
        result_{.problem = problem} {
    for (const auto &[axis, values] : space.axes())
      result_.axes.push_back(axis);
    result_.candidates = space.candidates(problem);
    configs_ = kept(result_.candidates);
    order_ = model_order(problem, configs_);
    planned_ = options.most_candidates > 0
                   ? std::min<std::size_t>(
                         configs_.size(),
                         static_cast<std::size_t>(options.most_candidates))
                   : configs_.size();
  }

  SearchResult run() {
    if (context_.listener)
      context_.listener->begin(result_.problem, planned_);
    load();
    if (reuse())
      return std::move(result_);
    switch (options_.strategy) {
    case Strategy::exhaustive:
      try_all(order_, Effort::usual);
      break;
    case Strategy::random:
      std::shuffle(order_.begin(), order_.end(), std::mt19937(options_.seed));
      try_all(order_, Effort::usual);
      break;
    case Strategy::halving:
      halve();
      break;
    case Strategy::guided:
      guide();
      break;
    }
    choose();
    if (context_.listener)
      context_.listener->end(result_);
    return std::move(result_);
  }

private:
  double spent() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }
  bool interrupted() const {
    return context_.interrupted && context_.interrupted->load();
  }
  bool over(double part = first_part) const {
    return interrupted() || (options_.budget_seconds > 0 &&
                             spent() > part * options_.budget_seconds);
  }

  Evaluator &evaluator() {
    if (!evaluator_)
      evaluator_ = make_(result_.problem);
    return *evaluator_;
  }

  void load();
  bool reuse();
  void keep(const Outcome &outcome);
  void note(Outcome outcome, bool stored);
  Trial *known(const Config &config);
  const Outcome *best() const;
  void try_all(const std::vector<std::size_t> &order, Effort effort);
  void try_batch(std::vector<Config> batch, Effort effort);
  void halve();
  void guide();
  std::vector<std::size_t> promising() const;
  void finals();
  void note_model();
  void choose();

  const SearchOptions &options_;
  const EvaluatorMaker &make_;
  const SearchContext &context_;
  const Clock::time_point start_ = Clock::now();
  SearchResult result_;
  std::vector<Config> configs_;
  std::vector<std::size_t> order_; // of configs_
  std::size_t planned_ = 0;
  std::unique_ptr<Evaluator> evaluator_;
};

/// What a search that ended early has measured, for exactly these sizes.
void Search::load() {
  if (!context_.store || options_.fresh)
    return;
  for (TimingRow &row : context_.store->timings(result_.problem.key))
    if (row.shape == result_.problem.shape() &&
        std::find(configs_.begin(), configs_.end(), row.outcome.config) !=
            configs_.end())
      note(std::move(row.outcome), true);
}

/// Whether a search for exactly these sizes came to its end before.
bool Search::reuse() {
  if (!context_.store || options_.fresh)
    return false;
  const auto choice = context_.store->choice(result_.problem.key);
  if (!choice || choice->shape != result_.problem.shape())
    return false;
  result_.chosen = choice->config;
  result_.seconds = choice->seconds;
  result_.fallback_seconds = choice->fallback_seconds;
  result_.how = choice->how;
  result_.finished = true;
  note_model();
  if (context_.listener)
    context_.listener->end(result_);
  return true;
}

void Search::note_model() {
  const Trial *likes =
      known(configs_[model_order(result_.problem, configs_)[0]]);
  if (likes && likes->outcome.measured())
    result_.model_seconds = likes->outcome.seconds;
}

void Search::keep(const Outcome &outcome) {
  if (context_.store)
    context_.store->put(TimingRow{result_.problem.key,
                                  result_.problem.kernel.name(),
                                  result_.problem.shape(), outcome});
}

void Search::note(Outcome outcome, bool stored) {
  if (Trial *before = known(outcome.config))
    before->outcome = std::move(outcome);
  else
    result_.trials.push_back({std::move(outcome), spent(), stored});
  if (context_.listener)
    context_.listener->tried(result_, planned_);
}

Trial *Search::known(const Config &config) {
  for (Trial &each : result_.trials)
    if (each.outcome.config == config)
      return &each;
  return nullptr;
}

const Outcome *Search::best() const {
  const Outcome *found = nullptr;
  for (const Trial &each : result_.trials)
    if (each.outcome.measured() &&
        (!found || each.outcome.seconds < found->seconds))
      found = &each.outcome;
  return found;
}

void Search::try_batch(std::vector<Config> batch, Effort effort) {
  const std::vector<Outcome> compiled = evaluator().compile(batch);
  for (const Outcome &each : compiled) {
    if (over())
      return;
    Outcome outcome = each;
    if (each.measured()) {
      const Outcome *fastest = best();
      outcome = evaluator().measure(each.config, effort,
                                    fastest ? fastest->seconds : 0);
      if (outcome.compile_seconds == 0)
        outcome.compile_seconds = each.compile_seconds;
    }
    keep(outcome);
    note(std::move(outcome), false);
  }
}

void Search::try_all(const std::vector<std::size_t> &order, Effort effort) {
  std::vector<Config> waiting;
  // The fallback is measured in any case: the choice is compared with it.
  if (!known(result_.problem.fallback) && result_.trials.size() < planned_)
    waiting.push_back(result_.problem.fallback);
  for (const std::size_t at : order)
    if (!known(configs_[at]) && configs_[at] != result_.problem.fallback &&
        result_.trials.size() + waiting.size() < planned_)
      waiting.push_back(configs_[at]);
  for (std::size_t at = 0; at < waiting.size() && !over();) {
    const std::size_t count = std::min<std::size_t>(
        waiting.size() - at, 4 * static_cast<std::size_t>(evaluator().width()));
    try_batch({waiting.begin() + static_cast<std::ptrdiff_t>(at),
               waiting.begin() + static_cast<std::ptrdiff_t>(at + count)},
              effort);
    at += count;
  }
}

void Search::halve() {
  try_all(order_, Effort::glance);
  for (const Effort effort : {Effort::usual, Effort::thorough}) {
    std::vector<Outcome> left;
    for (const Trial &each : result_.trials)
      if (each.outcome.measured())
        left.push_back(each.outcome);
    std::sort(left.begin(), left.end(), [](const Outcome &a, const Outcome &b) {
      return a.seconds < b.seconds;
    });
    const std::size_t count =
        (left.size() + (effort == Effort::usual ? 2 : 8)) /
        (effort == Effort::usual ? 3 : 9);
    for (std::size_t at = 0; at < count && !over(); ++at) {
      Outcome again = evaluator().measure(left[at].config, effort, 0);
      keep(again);
      note(std::move(again), false);
    }
  }
}

/// What is left, the neighbours of the best first.
std::vector<std::size_t> Search::promising() const {
  std::vector<std::size_t> near, far;
  const Outcome *fastest = best();
  for (const std::size_t at : order_) {
    const bool tried = std::any_of(
        result_.trials.begin(), result_.trials.end(),
        [&](const Trial &each) { return each.outcome.config == configs_[at]; });
    if (!tried)
      (fastest && neighbours(configs_[at], fastest->config, result_.axes) ? near
                                                                          : far)
          .push_back(at);
  }
  // Neither is trusted alone.
  std::vector<std::size_t> mixed;
  for (std::size_t i = 0; i < std::max(near.size(), far.size()); ++i) {
    if (i < near.size())
      mixed.push_back(near[i]);
    if (i < far.size())
      mixed.push_back(far[i]);
  }
  return mixed;
}

void Search::guide() {
  std::vector<Config> first{result_.problem.fallback};
  if (context_.store) {
    std::vector<ChoiceRow> related = context_.store->related(
        result_.problem.kernel.name(), result_.problem.key);
    std::sort(related.begin(), related.end(),
              [&](const ChoiceRow &a, const ChoiceRow &b) {
                const std::string &own = result_.problem.key.bucket;
                return distance(a.key.bucket, own) <
                       distance(b.key.bucket, own);
              });
    for (std::size_t at = 0; at < std::min<std::size_t>(related.size(), 2);
         ++at)
      first.push_back(related[at].config);
  }
  // Small enough for something to be measured early in a short budget.
  const std::size_t batch =
      std::max<std::size_t>(4, 2 * static_cast<std::size_t>(usable_cores()));
  std::size_t without_gain = 0;
  while (!over() && without_gain < patience &&
         result_.trials.size() < planned_) {
    std::vector<Config> next;
    for (const Config &each : std::exchange(first, {}))
      if (!known(each) &&
          std::find(configs_.begin(), configs_.end(), each) != configs_.end() &&
          std::find(next.begin(), next.end(), each) == next.end())
        next.push_back(each);
    for (const std::size_t at : promising())
      if (next.size() < batch &&
          result_.trials.size() + next.size() < planned_ &&
          std::find(next.begin(), next.end(), configs_[at]) == next.end())
        next.push_back(configs_[at]);
    if (next.empty())
      return;
    const Outcome *before = best();
    const double fastest = before ? before->seconds : 0;
    const std::size_t tried = next.size();
    try_batch(std::move(next), Effort::usual);
    const Outcome *after = best();
    const bool gained =
        after && (fastest == 0 || after->seconds < least_gain * fastest);
    without_gain = gained ? 0 : without_gain + tried;
  }
}

/// The best few are measured again, in turns, so that what else the machine
/// does slows all alike.
void Search::finals() {
  std::vector<Outcome> few;
  for (const Trial &each : result_.trials)
    if (each.outcome.measured())
      few.push_back(each.outcome);
  std::sort(few.begin(), few.end(), [](const Outcome &a, const Outcome &b) {
    return a.seconds < b.seconds;
  });
  const auto fallback =
      std::find_if(few.begin(), few.end(), [&](const Outcome &each) {
        return each.config == result_.problem.fallback;
      });
  const auto places = static_cast<std::ptrdiff_t>(std::min<std::size_t>(
      few.size(), static_cast<std::size_t>(std::max(options_.finalists, 1))));
  if (fallback != few.end() && fallback - few.begin() >= places)
    std::iter_swap(fallback, few.begin() + places - 1);
  few.resize(static_cast<std::size_t>(places));
  std::vector<std::vector<double>> seconds(few.size());
  // Each round begins with another one: what comes behind a pause is quicker
  // where power is what limits.
  for (std::size_t turn = 0; turn < rounds * few.size() && !over(1.0); ++turn) {
    const std::size_t at = (turn + turn / few.size()) % few.size();
    const Outcome again =
        evaluator().measure(few[at].config, Effort::thorough, 0);
    if (again.measured())
      seconds[at].push_back(again.seconds);
    few[at].runs += again.runs;
    few[at].spread = again.spread;
  }
  for (std::size_t at = 0; at < few.size(); ++at) {
    if (seconds[at].empty())
      continue;
    few[at].seconds = summarise(seconds[at]).median;
    keep(few[at]);
    note(few[at], false);
  }
}

void Search::choose() {
  if (best() && !interrupted())
    finals();
  result_.spent_seconds = spent();
  result_.finished = !interrupted();
  const Outcome *fastest = best();
  if (!fastest) {
    // Nothing was tried: interrupted, or the budget was over before.
    result_.chosen = result_.problem.fallback;
    if (interrupted() || result_.trials.empty()) {
      result_.how = fmt::format("{}: nothing was measured in {:.1f} s{}",
                                name(options_.strategy), result_.spent_seconds,
                                interrupted() ? "" : ": give it more time");
      return;
    }
    std::string why;
    for (const Trial &each : result_.trials)
      why = fmt::format("{} {}: {}", each.outcome.config.to_string(),
                        name(each.outcome.status), each.outcome.note);
    throw RuntimeError(
        ErrorId::argument,
        {fmt::format("{}: none of {} candidates ran; the last one: {}",
                     result_.problem.label, result_.trials.size(), why),
         "it goes on running with its default Config"});
  }
  const Trial *fallback = known(result_.problem.fallback);
  if (fallback && fallback->outcome.measured()) {
    result_.fallback_seconds = fallback->outcome.seconds;
    if (fastest->seconds > least_gain * fallback->outcome.seconds)
      fastest = &fallback->outcome;
  }
  note_model();
  result_.chosen = fastest->config;
  result_.seconds = fastest->seconds;
  result_.how = fmt::format("{}: {} of {} candidates in {:.1f} s",
                            name(options_.strategy), result_.trials.size(),
                            configs_.size(), result_.spent_seconds);
  // A search that was starved is no last word: another one goes on from its
  // rows.
  const bool enough = result_.trials.size() >= std::min(planned_, least_trials);
  if (!enough && result_.finished)
    result_.how += ", too few to keep the choice: give it more time, or run it "
                   "again";
  if (context_.store && result_.finished && enough)
    context_.store->put(
        ChoiceRow{result_.problem.key, result_.problem.kernel.name(),
                  result_.problem.shape(), result_.chosen, result_.seconds,
                  result_.fallback_seconds, result_.how});
}

} // namespace

std::string_view name(Strategy strategy) {
  return strategies[static_cast<std::size_t>(strategy)];
}

Strategy parse_strategy(const std::string &text) {
  for (std::size_t at = 0; at < strategies.size(); ++at)
    if (strategies[at] == text)
      return static_cast<Strategy>(at);
  throw RuntimeError(ErrorId::argument,
                     {fmt::format("there is no strategy `{}`", text),
                      "they are exhaustive, random, halving and guided"});
}

std::vector<std::size_t> model_order(const Problem &problem,
                                     const std::vector<Config> &configs) {
  std::vector<std::size_t> order(configs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<double> seconds;
  for (const Config &each : configs)
    seconds.push_back(problem.estimate(each).seconds);
  const auto by_seconds = [&](std::size_t a, std::size_t b) {
    return std::pair(seconds[a], a) < std::pair(seconds[b], b);
  };
  std::sort(order.begin(), order.end(), by_seconds);
  std::map<std::pair<double, std::map<std::string, std::int64_t>>, int> alike;
  for (const std::size_t at : order)
    seconds[at] *= std::pow(
        model_error, alike[std::pair(seconds[at], configs[at].blocks)]++);
  std::sort(order.begin(), order.end(), by_seconds);
  return order;
}

SearchResult search(const Problem &problem, const Space &space,
                    const SearchOptions &options, const EvaluatorMaker &make,
                    const SearchContext &context) {
  return Search(problem, space, options, make, context).run();
}

} // namespace girih::autotune
