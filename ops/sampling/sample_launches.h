// SPDX-License-Identifier: Apache-2.0
// The launches of sample(), see sample_kernels.h.
#pragma once

#include "girih/ops/op.h"

#include <array>

namespace girih::ops::sampling {

/// A draw of each row.
struct Draw {
  const Call &call;
  const Array &logits; // [B, V]
  /// temperature, top_k, top_p, min_p, seed, position
  const std::array<Array, 6> &numbers;
  const Array &out; // [B]

  /// parts, merge: where few tokens stay.
  void by_candidates() const;
  /// Whether there is a way by records: not for very long rows.
  bool has_records() const;
  /// records, weigh, choose: where many may stay.
  void by_records() const;
};

} // namespace girih::ops::sampling
