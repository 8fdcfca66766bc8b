// SPDX-License-Identifier: Apache-2.0
// The sums of a memory plan. No product overflows: a config's numbers are in
// ranges that see to that, and what a caller wishes for is cut to what there
// can be.
#include "girih/examples/llm/cache/pages.h"
#include "girih/examples/llm/engine/memory_plan.h"

#include <algorithm>

namespace girih::llm {

namespace {

constexpr std::int64_t most_cache_bytes = std::int64_t{1} << 60;

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
  return (6 * config.hidden + std::max(attention, wide)) * bytes(dtype);
}

} // namespace

MemoryPlan plan_within(const ModelConfig &config, DType dtype,
                       const EngineOptions &options, Device device,
                       std::int64_t available) {
  MemoryPlan plan;
  plan.device = device;
  plan.available = available;
  plan.weights = config.parameters() * bytes(dtype);
  plan.max_context = options.max_context > 0
                         ? std::min(options.max_context, config.max_positions)
                         : config.max_positions;
  const std::int64_t tokens = std::min(options.chunk, plan.max_context);
  plan.activations = tokens * activation_bytes(config, dtype) +
                     // Logits, and what choosing from them takes.
                     options.max_batch * config.vocabulary * (bytes(dtype) + 8);
  plan.state = options.max_batch * pages_of(plan.max_context) * 8;
  const std::int64_t page = page_size * config.cache_bytes_of_token(dtype);
  const std::int64_t left =
      plan.available - plan.weights - plan.activations - plan.state;
  const std::int64_t fitting = std::max<std::int64_t>(left / page, 0);
  if (options.cache_tokens > 0) {
    // More than any device has is as good as more than this one has.
    plan.pages =
        std::min(pages_of(options.cache_tokens), most_cache_bytes / page);
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

} // namespace girih::llm
