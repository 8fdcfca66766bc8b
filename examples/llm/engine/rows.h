// SPDX-License-Identifier: Apache-2.0
// What a step reads of each sequence of a batch, on the device.
#pragma once

#include "girih/examples/llm/engine/sequence.h"
#include "girih/examples/llm/model/model.h"
#include "girih/ops/sampling.h"

#include <array>
#include <compare>
#include <span>
#include <vector>

namespace girih::llm {

/// What choosing tokens takes, for a whole batch.
struct Choice {
  bool sampled = false, penalised = false;
  std::int64_t logprobs = -1; // likeliest tokens told beside; -1: none at all
  auto operator<=>(const Choice &) const = default;

  /// Of all these together.
  static Choice of(std::span<Sequence *const> sequences);
};

/// Tokens chosen for a batch, and where asked for their logprobs.
struct Chosen {
  Array tokens;                 // [B] i64
  Array logprobs, alternatives; // [B, 1 + n] f32 and i64
};

/// One row for each sequence, in memory that stays where it is, so that a
/// captured step finds it: filled from the host when sequences come and go,
/// moved on by the device itself after each token.
class Rows {
public:
  /// For at most so many sequences of so many tokens.
  Rows(std::int64_t rows, std::int64_t tokens, Device device);

  /// Rows of sequences whose last `fresh` tokens are the ones to be computed
  /// next, [sequence] each; further rows are empty: no keys, nothing written.
  void fill(std::span<Sequence *const> sequences,
            std::span<const std::int64_t> lengths, const Choice &choice);

  /// The batch of one token for each of the first `count` rows.
  Batch batch(std::int64_t count) const;
  /// Views of the first `count` rows.
  Array lengths(std::int64_t count) const { return integers(2, count); }
  Array block_table(std::int64_t count) const {
    return table_.slice(0, 0, count);
  }

  /// Chooses a token of each row of logits [count, V].
  Chosen choose(const Array &logits, const Choice &choice) const;
  /// Chosen tokens become the ones to be computed next.
  void advance(const Array &tokens, const Choice &choice) const;

private:
  Array integers(int row, std::int64_t count) const {
    return integers_.select(0, row).slice(0, 0, count);
  }
  Array reals(int row, std::int64_t count) const {
    return reals_.select(0, row).slice(0, 0, count);
  }
  void fill_history(std::span<Sequence *const> sequences);

  std::int64_t rows_, tokens_;
  Device device_;
  // tokens, positions, lengths, slots, seeds, top_k
  Array integers_; // [6, rows] i64
  // temperature, top_p, min_p, repetition, presence, frequency
  Array reals_;             // [6, rows] f32
  Array table_;             // [rows, pages] i32
  Array prompts_, outputs_; // [rows, tokens] i64, by position; -1: none
};

} // namespace girih::llm
