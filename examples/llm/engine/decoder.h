// SPDX-License-Identifier: Apache-2.0
// One token for each sequence of a batch: run once as it is, then captured and
// replayed with one call.
#pragma once

#include "girih/examples/llm/engine/rows.h"
#include "girih/runtime/graph.h"

#include <map>
#include <span>
#include <utility>
#include <vector>

namespace girih::llm {

class Decoder {
public:
  /// `rows` sequences of `tokens` tokens at most. Without `graphs` nothing is
  /// captured.
  Decoder(const Model &model, const KvCache &cache, std::int64_t rows,
          std::int64_t tokens, bool graphs);

  /// Runs a step of so many rows without a sequence in any.
  void prepare(std::int64_t rows, const Choice &choice);
  /// The batch to go on with: what follows are their next tokens.
  void set(std::span<Sequence *const> sequences);
  /// Submits one step and gives the tokens that it chooses, a row for each
  /// sequence (rows behind them are empty). The next step needs nothing more.
  const Chosen &step();

  /// Launches of one step as it is now; 0 before one was captured.
  std::size_t launches() const;

private:
  struct Step {
    bool ran = false; // what a capture would have to load is there
    Graph graph;
    Chosen chosen;
  };
  void run(Step &step) const;

  const Model &model_;
  const KvCache &cache_;
  Rows rows_;
  bool graphs_;
  bool captures_at_once_ = false; // code can be loaded in a capture
  Stream capturing_;
  Choice choice_;
  std::int64_t count_ = 0; // rows of a step
  std::map<std::pair<std::int64_t, Choice>, Step> steps_;
};

} // namespace girih::llm
