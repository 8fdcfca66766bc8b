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
  /// Whether passes over a row by one program are what costs: not on the host,
  /// and for very long rows there is no other way.
  bool gains_by_records() const;
  /// records, weigh, choose: where many may stay. `by_share`: a share of what
  /// top_k leaves is asked for, so the mass of that is searched for.
  void by_records(bool by_share) const;

private:
  struct Limits {
    Array least, most;
  };
  Limits mass_of_top_k(const Array &tops, const Array &lows) const;
};

} // namespace girih::ops::sampling
