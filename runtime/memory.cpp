// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/memory.h"

#include "girih/runtime/cuda/gpu.h"
#include "girih/runtime/failure.h"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>

namespace girih {
namespace {

using cuda::ContextScope;
using cuda::DevicePointer;
using cuda::Gpu;

[[noreturn]] void fail_memory(std::size_t bytes, Device device) {
  fail(ErrorId::out_of_memory,
       fmt::format("{} has no {} bytes left", device.to_string(), bytes));
}

DevicePointer as_device(const void *pointer) {
  return reinterpret_cast<DevicePointer>(pointer);
}

void *as_pointer(DevicePointer pointer) {
  return reinterpret_cast<void *>(pointer);
}

std::shared_ptr<void> allocate_host(std::size_t bytes) {
  // Beyond what a process can address: sanitizers take it for a bug of ours.
  if (bytes > std::size_t{1} << 47)
    fail_memory(bytes, host_device);
  const std::size_t rounded =
      (bytes + memory_alignment - 1) / memory_alignment * memory_alignment;
  void *memory = std::aligned_alloc(memory_alignment, rounded);
  if (!memory)
    fail_memory(bytes, host_device);
  return {memory, [](void *old) { std::free(old); }};
}

// Deleters may run in static destructors, after the driver has shut itself
// down: then its calls fail, and there is nothing left to free.
std::shared_ptr<void> allocate_cuda(std::size_t bytes, const Gpu &gpu) {
  gpu.require_alive();
  ContextScope scope(gpu);
  DevicePointer pointer = 0;
  const cuda::Result result = gpu.api().cuMemAlloc(&pointer, bytes);
  if (result == cuda::error_out_of_memory)
    fail_memory(bytes, gpu.device());
  gpu.check(result, "cuMemAlloc");
  return {as_pointer(pointer), [&gpu](void *old) {
            if (cuda::forked_from_cuda())
              return;
            cuda::ContextHandle popped = nullptr;
            if (gpu.api().cuCtxPushCurrent(gpu.context()) != cuda::success)
              return;
            gpu.api().cuMemFree(as_device(old));
            gpu.api().cuCtxPopCurrent(&popped);
          }};
}

} // namespace

std::shared_ptr<void> allocate(std::size_t bytes, Device device) {
  if (bytes == 0)
    return {};
  return device.kind == Device::Kind::host
             ? allocate_host(bytes)
             : allocate_cuda(bytes, cuda::gpu(device.index));
}

std::shared_ptr<void> allocate_on(const Stream &stream, std::size_t bytes) {
  const Device device = stream.bound() ? stream.device() : default_device();
  if (bytes == 0 || device.kind == Device::Kind::host)
    return allocate(bytes, device);
  const Gpu &gpu = cuda::gpu(device.index);
  gpu.require_alive();
  ContextScope scope(gpu);
  DevicePointer pointer = 0;
  const cuda::Result result =
      gpu.api().cuMemAllocAsync(&pointer, bytes, stream.native());
  if (result == cuda::error_out_of_memory)
    fail_memory(bytes, device);
  gpu.check(result, "cuMemAllocAsync");
  return {as_pointer(pointer), [&gpu, stream](void *old) {
            cuda::ContextHandle popped = nullptr;
            if (cuda::forked_from_cuda() ||
                gpu.api().cuCtxPushCurrent(gpu.context()) != cuda::success)
              return;
            gpu.api().cuMemFreeAsync(as_device(old), stream.native());
            gpu.api().cuCtxPopCurrent(&popped);
          }};
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
  const Gpu &gpu = cuda::gpu(device.index);
  gpu.require_alive();
  ContextScope scope(gpu);
  gpu.check(gpu.api().cuMemsetD8Async(as_device(to), byte, bytes, nullptr),
            "cuMemsetD8Async");
  gpu.check(gpu.api().cuStreamSynchronize(nullptr), "cuStreamSynchronize");
}

} // namespace girih
