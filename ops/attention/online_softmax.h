// SPDX-License-Identifier: Apache-2.0
// A softmax over keys that come block by block, and the values it weighs.
#pragma once

#include "girih/dsl/dsl.h"

#include <cmath>
#include <numbers>
#include <optional>
#include <vector>

namespace girih::ops {

/// Carried by a loop over blocks of keys: for each row (a query) the largest
/// score so far, the sum of exponentials and the weighed values, both relative
/// to it. Scores are powers of 2: times log2(e). A row without a visible key
/// stays empty and gives 0.
class OnlineSoftmax {
public:
  OnlineSoftmax(std::int64_t rows, std::int64_t width, DType type)
      : rows_(rows), acc_(zeros({rows, width}, type)),
        top_(full({rows, 1}, -INFINITY, type)), total_(zeros({rows, 1}, type)) {
  }

  /// A key without a value, of which each row has its score.
  void sink(const Tile &score) {
    top_ = broadcast_to(score, {rows_, 1});
    total_ = where(top_ == -INFINITY, total_, 1);
  }

  /// A key by itself: scores [rows, 1] and its value [1, width], of the
  /// computed type. A score of minus infinity leaves all as it is.
  void add(const Tile &score, const Tile &value, DType dtype) {
    Tile next = max(top_, score);
    Tile from = where(next == -INFINITY, 0, next);
    Tile weight = exp2(score - from), shrink = exp2(top_ - from);
    total_ = total_ * shrink + weight;
    acc_ = acc_ * shrink + cast(cast(weight, dtype), acc_.dtype()) * value;
    top_ = next;
  }

  /// Blocks of scores [rows, N] and of values [N, width]: several in one step
  /// share the reductions and the correction of what was summed before. With a
  /// positive `factor` scores are those times it.
  template <class Value>
  void step(const std::vector<Tile> &scores, const std::vector<Value> &values,
            DType dtype, const std::optional<Tile> &factor = {}) {
    Tile largest = scores[0];
    for (std::size_t i = 1; i < scores.size(); ++i)
      largest = max(largest, scores[i]);
    Tile row_top = max(largest, dim(1).kept());
    Tile next = max(top_, factor ? row_top * *factor : row_top);
    Tile from = where(next == -INFINITY, 0, next);
    std::vector<Tile> weights;
    for (const Tile &each : scores)
      weights.push_back(exp2(factor ? fma(each, *factor, -from) : each - from,
                             Subnormals::flush_to_zero));
    Tile added = weights[0];
    for (std::size_t i = 1; i < weights.size(); ++i)
      added = added + weights[i];
    Tile shrink = exp2(top_ - from);
    total_ = total_ * shrink + girih::sum(added, dim(1).kept());
    acc_ = acc_ * shrink;
    for (std::size_t i = 0; i < values.size(); ++i)
      acc_ += dot(cast(weights[i], dtype), values[i]);
    top_ = next;
  }

  Tile result() const { return acc_ / where(total_ == 0, 1, total_); }
  /// log2 of the sum of exponentials, [rows, 1]; minus infinity for an empty
  /// row.
  Tile log2_sum() const {
    return where(total_ == 0, -INFINITY, top_ + log2(total_));
  }
  /// The natural logarithm of the sum.
  Tile log_sum() const { return log2_sum() * std::numbers::ln2; }

private:
  std::int64_t rows_;
  Tile acc_, top_, total_;
};

/// What turns products of queries and keys into scores: numbers of the call,
/// scalars of the computed type.
struct ScoreScale {
  Tile scale;    // times log2(e), or of the capped score's argument
  Tile soft_cap; // log2(e) times it
  bool capped;

  ScoreScale(const Tile &plain_scale, const Tile &cap, bool has_cap)
      : scale(has_cap ? plain_scale / cap : plain_scale * std::numbers::log2e),
        soft_cap(cap * std::numbers::log2e), capped(has_cap) {}

  Tile operator()(const Tile &product) const {
    return capped ? tanh(product * scale) * soft_cap : product * scale;
  }
};

} // namespace girih::ops
