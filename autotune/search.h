// SPDX-License-Identifier: Apache-2.0
// Search: which candidates are tried, in what order, and which one is chosen.
#pragma once

#include "girih/autotune/outcome.h"
#include "girih/autotune/problem.h"
#include "girih/autotune/space.h"
#include "girih/autotune/store.h"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace girih::autotune {

class Evaluator;

enum class Strategy : std::uint8_t {
  exhaustive, // all of them
  random,     // in random order
  halving,    // all of them a little, the best third more, the best ninth most
  guided,     // in the order of the model, and then around the best so far
};
std::string_view name(Strategy strategy);
/// Throws RuntimeError [argument].
Strategy parse_strategy(const std::string &text);

struct SearchOptions {
  Strategy strategy = Strategy::guided;
  double budget_seconds = 10; // of a problem; 0: as long as it takes
  int most_candidates = 0;    // 0: all
  unsigned seed = 1;          // of the random order
  bool fresh = false;         // rows of the store are measured again
  int finalists = 4;          // that are measured again, taking turns
};

/// A candidate that was tried.
struct Trial {
  Outcome outcome;
  double at_seconds = 0; // since the search began
  bool stored = false;   // was in the store
};

struct SearchResult {
  Problem problem;
  std::vector<std::string> axes = {};
  std::vector<Candidate> candidates = {};
  std::vector<Trial> trials = {}; // in the order in which they were tried
  Config chosen = {};
  double seconds = 0, fallback_seconds = 0; // 0: it was not measured
  double model_seconds = 0; // of the candidate that the model likes best
  double spent_seconds = 0;
  bool finished = false; // neither interrupted nor given up
  std::string how = {};  // "guided: 24 of 180 candidates in 9.8 s"
};

/// What a search tells while it goes on. Called by its thread.
struct SearchListener {
  virtual ~SearchListener() = default;
  virtual void begin(const Problem &, std::size_t /*candidates*/) {}
  virtual void tried(const SearchResult & /*so_far*/, std::size_t /*planned*/) {
  }
  virtual void end(const SearchResult &) {}
};

struct SearchContext {
  Store *store = nullptr; // none: nothing is kept
  SearchListener *listener = nullptr;
  const std::atomic<bool> *interrupted = nullptr;
};

/// Makes the evaluator of a problem; not called where the store has all.
using EvaluatorMaker =
    std::function<std::unique_ptr<Evaluator>(const Problem &)>;

/// Tries candidates, writes each outcome into the store before the next one,
/// measures the best again, taking turns, and chooses: the fallback unless
/// another is faster by more than 1 %. Throws RuntimeError [argument] where the
/// space has no candidates, or every one that was tried failed; that is also
/// the one reason for which nothing is chosen.
SearchResult search(const Problem &problem, const Space &space,
                    const SearchOptions &options, const EvaluatorMaker &make,
                    const SearchContext &context);

/// Positions of `configs`, the fastest first as the model has it. Of Configs
/// with the same blocks and the same estimate the first one stands for all:
/// each further one has the place of a slower one, as the model may be wrong,
/// and would be for all of them.
std::vector<std::size_t> model_order(const Problem &problem,
                                     const std::vector<Config> &configs);

} // namespace girih::autotune
