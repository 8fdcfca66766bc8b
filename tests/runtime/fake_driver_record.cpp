// SPDX-License-Identifier: Apache-2.0
// What tests tell the fake driver, and ask it about what was done.
#include "fake_driver.h"
#include "fake_driver_state.h"

#include <algorithm>

namespace girih::testing {

void FakeDriver::on_kernel(const std::string &entry, Kernel kernel) {
  std::lock_guard lock(state_->mutex);
  state_->kernels[entry] = std::move(kernel);
}

void FakeDriver::fail(const std::string &function, int nth, int result,
                      bool forever) {
  std::lock_guard lock(state_->mutex);
  state_->failures.push_back({function, nth, result, forever});
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
