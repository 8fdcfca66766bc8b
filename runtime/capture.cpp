// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/capture.h"

#include "girih/runtime/cuda/gpu.h"
#include "girih/runtime/failure.h"
#include "girih/runtime/memory.h"
#include "girih/runtime/pool/size_class.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace girih {
namespace {

// A plain pointer: calls may come from static destructors.
thread_local Capture *current = nullptr;

cuda::DevicePointer address_of(const Array &array) {
  return reinterpret_cast<cuda::DevicePointer>(array.data());
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
}

} // namespace girih
