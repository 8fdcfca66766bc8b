// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/memory.h"

#include "girih/runtime/capture.h"
#include "girih/runtime/cuda/device_pool.h"
#include "girih/runtime/cuda/gpu.h"
#include "girih/runtime/failure.h"
#include "girih/runtime/pool/host_pool.h"

#include <fmt/format.h>

#include <cstring>

namespace girih {
namespace {

using cuda::ContextScope;
using cuda::DevicePointer;
using cuda::Gpu;

[[noreturn]] void fail_memory(std::size_t bytes, Device device) {
  fail(ErrorId::out_of_memory,
       fmt::format("{} has no {} bytes left", device.to_string(), bytes),
       {.help = "free Arrays that are not needed, or use smaller ones"});
}

DevicePointer as_device(const void *pointer) {
  return reinterpret_cast<DevicePointer>(pointer);
}

std::shared_ptr<void> allocate_host(std::size_t bytes) {
  // Beyond what a process can address: sanitizers take it for a bug of ours.
  if (bytes > std::size_t{1} << 47)
    fail_memory(bytes, host_device);
  std::shared_ptr<void> memory = HostPool::instance().allocate(bytes);
  if (!memory)
    fail_memory(bytes, host_device);
  return memory;
}

} // namespace

std::shared_ptr<void> allocate(std::size_t bytes, Device device) {
  if (bytes == 0)
    return {};
  if (Capture *capture = capture_on(device))
    return capture->allocate(bytes);
  return device.kind == Device::Kind::host
             ? allocate_host(bytes)
             : cuda::gpu(device.index).pool().allocate(bytes, Stream());
}

std::shared_ptr<void> allocate_on(const Stream &stream, std::size_t bytes) {
  const Device device = stream.bound() ? stream.device() : default_device();
  if (bytes == 0 || device.kind == Device::Kind::host || capture_on(device))
    return allocate(bytes, device);
  return cuda::gpu(device.index).pool().allocate(bytes, stream);
}

std::shared_ptr<void> allocate_apart(const Stream &stream, std::size_t bytes) {
  const Device device = stream.device();
  return device.kind == Device::Kind::host
             ? allocate_host(bytes)
             : cuda::gpu(device.index).pool().allocate_fresh(bytes, stream);
}

std::shared_ptr<void> allocate_zeros(const Stream &stream, Device device,
                                     std::size_t bytes) {
  if (bytes == 0)
    return {};
  if (device.kind == Device::Kind::cuda) {
    if (Capture *capture = capture_on(device))
      return capture->allocate_zeros(stream, bytes);
    return cuda::gpu(device.index).pool().allocate_zeros(bytes, stream);
  }
  // A program that fails on the host leaves anything; no launch is spared.
  const std::int64_t shape[] = {static_cast<std::int64_t>(bytes)};
  return Array::zeros(shape, DType::u8, device).owner();
}

void copy_bytes(void *to, Device to_device, const void *from,
                Device from_device, std::size_t bytes) {
  if (bytes == 0)
    return;
  const bool to_host = to_device.kind == Device::Kind::host;
  const bool from_host = from_device.kind == Device::Kind::host;
  if (to_host && from_host) {
    std::memmove(to, from, bytes);
    return;
  }
  refuse_in_capture(to_host ? from_device : to_device, "a copy");
  refuse_in_capture(from_host ? to_device : from_device, "a copy");
  const Gpu &gpu = cuda::gpu(to_host ? from_device.index : to_device.index);
  gpu.require_alive();
  ContextScope scope(gpu);
  const auto &api = gpu.api();
  if (to_host)
    gpu.check(api.cuMemcpyDtoHAsync(to, as_device(from), bytes, nullptr),
              "cuMemcpyDtoHAsync");
  else if (from_host)
    gpu.check(api.cuMemcpyHtoDAsync(as_device(to), from, bytes, nullptr),
              "cuMemcpyHtoDAsync");
  else if (to_device == from_device)
    gpu.check(
        api.cuMemcpyDtoDAsync(as_device(to), as_device(from), bytes, nullptr),
        "cuMemcpyDtoDAsync");
  else
    gpu.check(api.cuMemcpyPeerAsync(
                  as_device(to), gpu.context(), as_device(from),
                  cuda::gpu(from_device.index).context(), bytes, nullptr),
              "cuMemcpyPeerAsync");
  gpu.check(api.cuStreamSynchronize(nullptr), "cuStreamSynchronize");
}

void fill_bytes(void *to, Device device, std::uint8_t byte, std::size_t bytes) {
  if (bytes == 0)
    return;
  if (device.kind == Device::Kind::host) {
    std::memset(to, byte, bytes);
    return;
  }
  refuse_in_capture(device, "filling memory");
  const Gpu &gpu = cuda::gpu(device.index);
  gpu.require_alive();
  ContextScope scope(gpu);
  gpu.check(gpu.api().cuMemsetD8Async(as_device(to), byte, bytes, nullptr),
            "cuMemsetD8Async");
  gpu.check(gpu.api().cuStreamSynchronize(nullptr), "cuStreamSynchronize");
}

} // namespace girih
