// SPDX-License-Identifier: Apache-2.0
// Devices whose warp groups multiply.
#pragma once

#include "girih/runtime/device.h"

namespace girih::ops {

/// Whether warp groups of the device multiply (wgmma), beside which other warps
/// may copy: sm_90 alone.
inline bool has_warp_groups(Device device) {
  return device.kind == Device::Kind::cuda &&
         properties(device).compute_capability == 90;
}

/// Up to so many columns a product of few rows is best transposed: the columns
/// are rows of tiles then, 64 of them for each multiprocessor. More make tiles
/// of few rows, some of them empty, by as many columns as there are for each.
inline constexpr std::int64_t most_transposed_columns = std::int64_t{64} * 132;

} // namespace girih::ops
