// SPDX-License-Identifier: Apache-2.0
// What tests tell the fake driver, and ask it about what was done.
#include "fake_driver.h"
#include "fake_driver_state.h"

#include <algorithm>
#include <cstring>

namespace girih::testing {

int fake_tensor_map(cuda::TensorMap *map, cuda::TensorMapType type,
                    std::uint32_t rank, void *address,
                    const std::uint64_t *sizes, const std::uint64_t *strides,
                    const std::uint32_t *box, const std::uint32_t *,
                    cuda::TensorMapInterleave, cuda::TensorMapSwizzle swizzle,
                    cuda::TensorMapPromotion, cuda::TensorMapFill) {
  if (const int failure =
          active_driver()->enter("cuTensorMapEncodeTiled", true))
    return failure;
  const std::uint64_t said[16] = {reinterpret_cast<std::uintptr_t>(address),
                                  std::uint64_t(type),
                                  rank,
                                  std::uint64_t(swizzle),
                                  sizes[0],
                                  box[0],
                                  rank > 1 ? sizes[1] : 0,
                                  rank > 1 ? strides[0] : 0,
                                  rank > 1 ? box[1] : 0};
  std::memcpy(map->opaque, said, sizeof said);
  return 0;
}

void FakeDriver::on_kernel(const std::string &entry, Kernel kernel) {
  std::lock_guard lock(state_->mutex);
  state_->kernels[entry] = std::move(kernel);
}

void FakeDriver::fail(const std::string &function, int nth, int result,
                      bool forever) {
  std::lock_guard lock(state_->mutex);
  state_->failures.push_back({function, nth, result, forever});
}

void FakeDriver::set_parameters(std::vector<std::size_t> sizes) {
  std::lock_guard lock(state_->mutex);
  state_->parameter_sizes = std::move(sizes);
  if (state_->version >= 12000)
    table_.cuTensorMapEncodeTiled = fake_tensor_map;
}

std::vector<std::string> FakeDriver::calls() const {
  std::lock_guard lock(state_->mutex);
  return state_->calls;
}

std::vector<FakeLaunch> FakeDriver::launches() const {
  std::lock_guard lock(state_->mutex);
  return state_->launches;
}

std::vector<std::string> FakeDriver::orders() const {
  std::lock_guard lock(state_->mutex);
  return state_->orders;
}

int FakeDriver::count(const std::string &function) const {
  std::lock_guard lock(state_->mutex);
  return static_cast<int>(
      std::count(state_->calls.begin(), state_->calls.end(), function));
}

std::uint64_t FakeDriver::variable(const std::string &name) const {
  std::lock_guard lock(state_->mutex);
  return state_->modules.back()->variables.at(name);
}

std::size_t FakeDriver::live_pinned() const {
  std::lock_guard lock(state_->mutex);
  return state_->pinned.size();
}

std::size_t FakeDriver::live_allocations() const {
  std::lock_guard lock(state_->mutex);
  return state_->allocations.size();
}

} // namespace girih::testing
