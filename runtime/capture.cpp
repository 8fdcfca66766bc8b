// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/capture.h"

#include "girih/runtime/cuda/device_pool.h"
#include "girih/runtime/cuda/gpu.h"
#include "girih/runtime/failure.h"
#include "girih/runtime/launch/overlap.h"
#include "girih/runtime/memory.h"
#include "girih/runtime/pool/size_class.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace girih {
namespace {

// A plain pointer: calls may come from static destructors.
thread_local Capture *current = nullptr;

cuda::DevicePointer address_of(const Array &array) {
  return reinterpret_cast<cuda::DevicePointer>(array.data());
}

AddressRange addresses_of(const Array &array) {
  const ByteRange range = byte_range(array);
  const auto at = reinterpret_cast<std::intptr_t>(array.data());
  return {at + range.begin, at + range.end};
}

} // namespace

Capture *current_capture() { return current; }

Capture *capture_on(Device device) {
  return current && current->device == device ? current : nullptr;
}

void set_capture(Capture *capture) { current = capture; }

void refuse_in_capture(Device device, std::string_view what) {
  const Capture *capture = capture_on(device);
  if (!capture)
    return;
  Diagnostic diagnostic(
      ErrorId::capture, {},
      {fmt::format("{} while work on {} is being captured", what,
                   device.to_string()),
       "what is captured runs when the graph is launched; do this before the "
       "capture or after a launch"});
  diagnostic.note(capture->begun, "the capture began here");
  throw RuntimeError(std::move(diagnostic));
}

std::shared_ptr<void> Capture::allocate(std::size_t bytes) {
  if (bytes == 0)
    return {};
  // What this capture took before and nobody holds any more: its steps run in
  // order, so that one may have it after the other.
  const std::size_t size = block_size_for(bytes);
  for (std::size_t at = 0; at < sizes.size(); ++at)
    if (sizes[at] == size && work.memory[at].use_count() == 1)
      return work.memory[at];
  work.memory.push_back(allocate_apart(stream, bytes));
  sizes.push_back(size);
  return work.memory.back();
}

std::shared_ptr<void> Capture::allocate_zeros(const Stream &used,
                                              std::size_t bytes) {
  const Stream &order = used.bound() ? used : stream;
  for (const Zeros &each : zeros_)
    if (each.stream == order.native() && each.bytes >= bytes)
      return each.memory;
  const std::size_t size = block_size_for(bytes);
  std::shared_ptr<void> memory =
      cuda::gpu(device.index).pool().allocate_fresh_zeros(size, stream);
  work.memory.push_back(memory);
  sizes.push_back(size);
  zeros_.push_back({order.native(), size, memory});
  return memory;
}

void Capture::keep(const std::shared_ptr<const void> &owner) {
  // Its own memory it has already, and must be able to see unused.
  const std::owner_less<> before;
  for (const auto &own : work.memory)
    if (!before(own, owner) && !before(owner, own))
      return;
  if (owner)
    work.kept.insert(owner);
}

void Capture::name_kernel(const std::string &name) {
  if (std::ranges::find(work.kernels, name) == work.kernels.end())
    work.kernels.push_back(name);
}

void Capture::fill(const Array &array, std::uint8_t byte) {
  keep(array.owner());
  const auto bytes = static_cast<std::size_t>(array.nbytes());
  if (device.kind == Device::Kind::host) {
    work.steps.emplace_back(
        [to = array.data(), byte, bytes] { std::memset(to, byte, bytes); });
    return;
  }
  const cuda::Gpu &gpu = cuda::gpu(device.index);
  const cuda::ContextScope scope(gpu);
  gpu.check(gpu.api().cuMemsetD8Async(address_of(array), byte, bytes,
                                      stream.native()),
            "cuMemsetD8Async");
  note_work(stream, std::array{&array});
}

void Capture::copy(const Array &to, const Array &from) {
  keep(to.owner());
  keep(from.owner());
  const auto bytes = static_cast<std::size_t>(to.nbytes());
  if (device.kind == Device::Kind::host) {
    work.steps.emplace_back([to = to.data(), from = from.data(), bytes] {
      std::memmove(to, from, bytes);
    });
    return;
  }
  const cuda::Gpu &gpu = cuda::gpu(device.index);
  const cuda::ContextScope scope(gpu);
  gpu.check(gpu.api().cuMemcpyDtoDAsync(address_of(to), address_of(from), bytes,
                                        stream.native()),
            "cuMemcpyDtoDAsync");
  note_work(stream, std::array{&to});
}

std::optional<void *> Capture::node_ahead(const Stream &used) const {
  if (device.kind == Device::Kind::host)
    return std::nullopt;
  const cuda::Gpu &gpu = cuda::gpu(device.index);
  // Older drivers make no dependent launches in graphs.
  if (!gpu.api().cuStreamGetCaptureInfo ||
      gpu.properties().driver_version < 12030)
    return std::nullopt;
  const cuda::ContextScope scope(gpu);
  int status = 0;
  const cuda::GraphNodeHandle *ahead = nullptr;
  const void *edges = nullptr;
  std::size_t count = 0;
  const Stream &asked = used.bound() ? used : stream;
  const cuda::Result result = gpu.api().cuStreamGetCaptureInfo(
      asked.native(), &status, nullptr, nullptr, &ahead, &edges, &count);
  constexpr int capturing = 1; // CU_STREAM_CAPTURE_STATUS_ACTIVE
  if (result != cuda::success || status != capturing || count > 1)
    return std::nullopt;
  return count == 0 ? nullptr : ahead[0];
}

void Capture::note_work(const Stream &used,
                        std::span<const Array *const> written) {
  noted_ = node_ahead(used);
  noted_writes_.clear();
  for (const Array *array : written)
    noted_writes_.push_back(addresses_of(*array));
}

bool Capture::follows_noted(const Stream &used) const {
  return noted_ && node_ahead(used) == noted_;
}

bool Capture::written_by_noted(const Array &array) const {
  const AddressRange range = addresses_of(array);
  return std::ranges::any_of(noted_writes_, [&](const AddressRange &each) {
    return each.begin < range.end && range.begin < each.end;
  });
}

} // namespace girih
