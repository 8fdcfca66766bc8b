// SPDX-License-Identifier: Apache-2.0
// The kernels of select.h.
#pragma once

#include "girih/runtime/kernel.h"

#include <compare>

namespace girih::ops::order {

/// The numbers that a kernel is made with.
struct SelectForm {
  int kept = 1;            // dimensions before the last one
  bool descending = false; // the largest come first
  std::int64_t group = 0;  // elements of a group
  std::int64_t slots = 0;  // numbers that are kept
  auto operator<=>(const SelectForm &) const = default;
};

/// x[kept..., R] -> tops[kept..., G]: the first in order of each group.
const Kernel &group_tops_kernel(const SelectForm &form);
/// tops[kept..., G], wanted -> slots[kept..., S]: the groups whose tops come
/// first, by number; -1 fills up.
const Kernel &top_groups_kernel(const SelectForm &form);
/// x[kept..., R], wanted, slots: replaces groups by the elements that come
/// first among theirs, in the order of their places.
const Kernel &narrow_kernel(const SelectForm &form);
/// The three that end with the first elements in order, values and
/// indices[kept..., k]. Slots are scratch.
/// x, wanted, slots -> values, indices: of the groups in slots.
const Kernel &select_narrow_kernel(const SelectForm &form);
/// x, tops, wanted, slots -> values, indices: of all groups.
const Kernel &select_groups_kernel(const SelectForm &form);
/// x, wanted, slots -> values, indices: of a row that fits a tile.
const Kernel &select_row_kernel(const SelectForm &form);

} // namespace girih::ops::order
