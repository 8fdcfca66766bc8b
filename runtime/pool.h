// SPDX-License-Identifier: Apache-2.0
// The memory pools of the devices: what they hold, and giving it back.
#pragma once

#include "girih/runtime/device.h"

#include <cstdint>

namespace girih {

/// What a device's pool has done so far.
struct PoolStatistics {
  std::int64_t used_bytes = 0; // by Arrays that exist
  std::int64_t peak_used_bytes = 0;
  std::int64_t kept_bytes = 0; // freed, and kept for the next request
  std::int64_t requests = 0;
  std::int64_t reused = 0; // requests served from what was kept
};

/// Every Array of `device` that the library made lies in its pool: freed memory
/// is kept there and serves the next request of about that size, so that a loop
/// allocates nothing after its first round. On the host only blocks of 64 KiB
/// and more are kept. Throws RuntimeError when there is no such device.
PoolStatistics pool_statistics(Device device);

/// Gives kept memory back to the system, the largest blocks first, until at
/// most `keep_bytes` are kept. Waits for the device where that is needed.
void trim_pool(Device device, std::int64_t keep_bytes = 0);

/// Memory kept beyond this is given back when it is freed. At first it is
/// GIRIH_POOL_KEEP, or else 256 MiB on the host and no limit on a GPU. A full
/// GPU gets everything back before a request fails.
void set_pool_limit(Device device, std::int64_t keep_bytes);

} // namespace girih
