// SPDX-License-Identifier: Apache-2.0
// Plans for devices that are not there. Others, with memory behind them, are in
// engine_test.cpp.
#include "known_configs.h"

#include "girih/examples/llm/engine/memory_plan.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using llm::MemoryPlan;

llm::ModelConfig parse(const nlohmann::json &tree) {
  return llm::parse_model_config(tree.dump(), "config.json");
}

// A cache that takes all that is left leaves room for the tables of its pages.
TEST(LlmMemoryPlan, WhatIsLeftHoldsTheStateToo) {
  const llm::ModelConfig config = parse(qwen3_30b_a3b());
  const std::int64_t gib = std::int64_t{1} << 30;
  for (std::int64_t available : {70 * gib, 71 * gib + 4321, 80 * gib}) {
    const MemoryPlan plan =
        llm::plan_within(config, bf16, {}, cuda_device(0), available);
    EXPECT_TRUE(plan.fits()) << available;
    EXPECT_GT(plan.cache, available - plan.weights - plan.activations -
                              (plan.state << 2) - 16 * 98304);
  }
  const MemoryPlan little =
      llm::plan_within(config, bf16, {}, cuda_device(0), 40 * gib);
  EXPECT_FALSE(little.fits());
  EXPECT_EQ(little.pages, 0);
}

// The largest numbers that a config may have; their sums are exact.
TEST(LlmMemoryPlan, OfTheLargestConfig) {
  nlohmann::json tree = qwen3_30b_a3b();
  for (const char *field : {"num_experts", "num_experts_per_tok"})
    tree[field] = 8192;
  for (const char *field : {"moe_intermediate_size", "intermediate_size"})
    tree[field] = 1 << 18;
  tree["num_hidden_layers"] = 1024;
  tree["hidden_size"] = 1 << 17;
  const llm::ModelConfig config = parse(tree);
  const double experts = 1024.0 * 8192 * 3 * (1 << 17) * (1 << 18);
  for (DType dtype : {f32, bf16}) {
    const MemoryPlan plan = llm::plan_within(
        config, dtype, {.cache_tokens = INT64_MAX}, cuda_device(0), 1 << 30);
    EXPECT_NEAR(static_cast<double>(plan.weights), experts * bytes(dtype),
                1e-3 * experts * bytes(dtype));
    EXPECT_GT(plan.total(), plan.weights);
    EXPECT_GT(plan.cache, 0);
    EXPECT_FALSE(plan.fits());
  }
}

} // namespace
} // namespace girih::testing
