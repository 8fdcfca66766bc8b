// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/engine/memory_plan.h"

#include "girih/examples/llm/cache/pages.h"
#include "girih/examples/llm/engine/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include <unistd.h>

namespace girih::llm {

namespace {

/// Memory of this machine, or of the control group where that is less.
std::int64_t host_memory() {
  const std::int64_t all = std::int64_t{sysconf(_SC_PHYS_PAGES)} *
                           std::int64_t{sysconf(_SC_PAGE_SIZE)};
  std::ifstream limit("/sys/fs/cgroup/memory.max");
  std::int64_t bytes = 0;
  return limit >> bytes && bytes > 0 ? std::min(bytes, all) : all;
}

/// Not all of a device is ours: its driver, code, and what others have.
std::int64_t memory_of(Device device) {
  const bool host = device.kind == Device::Kind::host;
  return (host ? host_memory() : properties(device).memory_bytes) / 100 * 92;
}

std::string gib(std::int64_t bytes) {
  return fmt::format("{:.2f} GiB", static_cast<double>(bytes) / (1 << 30));
}

} // namespace

std::string MemoryPlan::to_string() const {
  return fmt::format("memory on {}:\n"
                     "  weights      {:>12}\n"
                     "  cache        {:>12}  ({} tokens)\n"
                     "  activations  {:>12}\n"
                     "  state        {:>12}\n"
                     "  all          {:>12}  of {}",
                     device.to_string(), gib(weights), gib(cache),
                     pages * page_size, gib(activations), gib(state),
                     gib(total()), gib(available));
}

MemoryPlan plan_memory(const ModelConfig &config, DType dtype,
                       const EngineOptions &options, Device device,
                       std::int64_t available) {
  if (available == 0)
    available = memory_of(device);
  return plan_within(config, dtype, options, device, available);
}

void require_memory(const MemoryPlan &plan) {
  if (!plan.fits())
    throw RequestError("memory", "there is too little\n" + plan.to_string());
}

} // namespace girih::llm
