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

} // namespace girih::ops
