// SPDX-License-Identifier: Apache-2.0
// The element in the middle of an order.
#pragma once

#include "girih/ops/ordering/pick.h"

namespace girih::ops::order {

/// The median of x along dim, or of all elements, into arrays without that
/// dimension; `indices` may be null.
void launch_median(const Call &call, const Array &x,
                   const std::optional<std::int64_t> &dim, const Array &values,
                   const Array *indices);

std::vector<KernelEntry> median_entries();

} // namespace girih::ops::order
