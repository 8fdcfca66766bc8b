// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/engine/memory_plan.h"

#include "girih/examples/llm/cache/kv_cache.h"
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

/// What one token has between the layers at most: all of a layer, as freed
/// memory is used again.
std::int64_t activation_bytes(const ModelConfig &config, DType dtype) {
  const LatentConfig &latent = config.latent;
  const std::int64_t attention =
      latent.kv_rank > 0
          ? config.heads * (2 * latent.nope_dim + latent.rope_dim +
                            3 * latent.kv_rank + latent.v_dim) +
                latent.q_rank
          : 3 * (config.heads + config.kv_heads) * config.head_dim;
  const ExpertsConfig &experts = config.experts;
  const std::int64_t wide = std::max(
      3 * config.intermediate,
      experts.per_token * (3 * experts.intermediate + 2 * config.hidden));
  return (6 * config.hidden + std::max(attention, wide)) * bits(dtype) / 8;
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
  MemoryPlan plan;
  plan.device = device;
  plan.available = available > 0 ? available : memory_of(device);
  plan.weights = config.parameters() * bits(dtype) / 8;
  plan.max_context = options.max_context > 0
                         ? std::min(options.max_context, config.max_positions)
                         : config.max_positions;
  const std::int64_t tokens = std::min(options.chunk, plan.max_context);
  plan.activations =
      tokens * activation_bytes(config, dtype) +
      // Logits, and what choosing from them takes.
      options.max_batch * config.vocabulary * (bits(dtype) / 8 + 8);
  const std::int64_t page = page_size * config.cache_bytes_of_token(dtype);
  const std::int64_t left =
      plan.available - plan.weights - plan.activations - plan.state;
  const std::int64_t fitting = std::max<std::int64_t>(left / page, 0);
  if (options.cache_tokens > 0) {
    plan.pages = pages_of(options.cache_tokens);
  } else {
    // Half of a host's memory at most: others live there, too.
    const std::int64_t most =
        device.kind == Device::Kind::host ? (fitting + 1) / 2 : fitting;
    plan.pages = std::min(options.max_batch * pages_of(plan.max_context), most);
  }
  plan.cache = plan.pages * page;
  // Without a wish of the caller's, as long as the cache can hold one.
  if (options.max_context == 0)
    plan.max_context = std::min(
        plan.max_context, std::max<std::int64_t>(plan.pages, 1) * page_size);
  plan.state = options.max_batch * pages_of(plan.max_context) * 8;
  return plan;
}

void require_memory(const MemoryPlan &plan) {
  if (!plan.fits())
    throw RequestError("memory", "there is too little\n" + plan.to_string());
}

} // namespace girih::llm
