// SPDX-License-Identifier: Apache-2.0
// Elements at fractions of an order.
#pragma once

#include "girih/ops/ordering/pick.h"

namespace girih::ops::order {

Shaped quantile_result(const Call &call, const Array &x, const ArrayOrNumber &q,
                       const std::optional<std::int64_t> &dim, bool keepdim,
                       std::string_view interpolation);

void launch_quantile(const Call &call, const Array &x, const ArrayOrNumber &q,
                     const std::optional<std::int64_t> &dim, bool keepdim,
                     std::string_view interpolation, const Array &out);

std::vector<KernelEntry> quantile_entries();

} // namespace girih::ops::order
