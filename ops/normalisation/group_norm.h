// SPDX-License-Identifier: Apache-2.0
// The launch of group norms, which are instance norms where a group is one
// channel.
#pragma once

#include "girih/ops/normalisation/channels.h"

namespace girih::ops {

void launch_group_norm(const Call &call, const Array &x, std::int64_t groups,
                       const std::optional<Array> &weight,
                       const std::optional<Array> &bias, double eps,
                       const Array &out);

} // namespace girih::ops
