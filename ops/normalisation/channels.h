// SPDX-License-Identifier: Apache-2.0
// Norms of x[N, C, ...]: what their launches share.
#pragma once

#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

/// Checks x and the arrays of one number a channel that may be there. [device]
/// [dtype] [shape]
void check_channels(const Call &call, const Array &x,
                    std::initializer_list<Argument> per_channel);

/// x and out as [N, groups, C / groups, ...] with as few dimensions behind as
/// they have together, at least one.
struct ChannelViews {
  ChannelViews(const Array &x, const Array &out, std::int64_t groups);
  Array x, out;
  /// Dimensions behind the channels, and their elements.
  int inner = 1;
  std::int64_t length = 1;
};

/// An optional array of one number a channel as [groups, C / groups]; a number
/// that stands for nothing where it is not there.
Array channel_view(const std::optional<Array> &array, std::int64_t groups);

} // namespace girih::ops
