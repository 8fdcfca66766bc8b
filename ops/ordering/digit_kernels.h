// SPDX-License-Identifier: Apache-2.0
// The kernels of sorts of long rows, a digit of 8 bits at a time (order.h).
#pragma once

#include "girih/runtime/kernel.h"

namespace girih::ops::order {

/// Digits that a place of a key can have.
inline constexpr std::int64_t digit_count = 256;

/// The numbers that a kernel is made with.
struct DigitForm {
  int kept = 1; // dimensions before the last one
  bool descending = false;
  bool first = false;  // places are those of x itself
  bool summed = false; // what begins where was added up before
  auto operator<=>(const DigitForm &) const = default;
};

/// x[kept..., N], places[kept..., N] unless `first`, shift -> values,
/// places[kept..., N], starts[kept..., C * 256]: each of the C pieces of a row
/// in the order of the digit at `shift`, and for each of them how many elements
/// have a smaller digit. The Config says how long pieces are: T.
const Kernel &digit_runs_kernel(const DigitForm &form);
/// starts[kept..., C * 256], length of a piece -> ahead[kept..., C * 256],
/// totals[kept..., 256]: the sum of the two for a piece and digit, and a place
/// in the piece, is where an element goes.
const Kernel &digit_sums_kernel(int kept);
/// values, places[kept..., N], shift, starts[kept..., C * 256] (if `summed`:
/// ahead and totals) -> values, places[kept..., k]: pieces of digit_runs become
/// one; what is past k is dropped.
const Kernel &digit_merge_kernel(const DigitForm &form);

} // namespace girih::ops::order
