// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/pool.h"

#include "girih/runtime/cuda/device_pool.h"
#include "girih/runtime/cuda/gpu.h"
#include "girih/runtime/failure.h"
#include "girih/runtime/pool/host_pool.h"

#include <fmt/format.h>

namespace girih {
namespace {

void check_size(std::int64_t bytes) {
  if (bytes < 0)
    fail(ErrorId::argument, fmt::format("a pool cannot keep {} bytes", bytes),
         {.help = "give 0 bytes or more"});
}

} // namespace

PoolStatistics pool_statistics(Device device) {
  return device.kind == Device::Kind::host
             ? HostPool::instance().statistics()
             : cuda::gpu(device.index).pool().statistics();
}

void trim_pool(Device device, std::int64_t keep_bytes) {
  check_size(keep_bytes);
  if (device.kind == Device::Kind::host)
    HostPool::instance().trim(keep_bytes);
  else
    cuda::gpu(device.index).pool().trim(keep_bytes);
}

void set_pool_limit(Device device, std::int64_t keep_bytes) {
  check_size(keep_bytes);
  if (device.kind == Device::Kind::host)
    HostPool::instance().set_limit(keep_bytes);
  else
    cuda::gpu(device.index).pool().set_limit(keep_bytes);
}

} // namespace girih
