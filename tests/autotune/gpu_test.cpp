// SPDX-License-Identifier: Apache-2.0
// The tuner on a GPU: on the fake driver, and on a real one where there is one.
#include "problems.h"

#include "girih/autotune/cases.h"
#include "girih/autotune/measure.h"
#include "girih/autotune/search.h"
#include "girih/tests/runtime/fake_driver.h"
#include "girih/tests/runtime/test_kernels.h"

#include <gtest/gtest.h>

namespace girih::autotune {
namespace {

using girih::testing::FakeDevice;
using girih::testing::FakeDriver;
using girih::testing::FakeToolchain;
using testing::ScopedEnv;

TEST(TuningOnAGpu, ReplaysGraphsAfterOverwritingTheCache) {
  FakeDriver driver({FakeDevice{90}});
  FakeToolchain toolchain;
  const ScopedEnv ptxas("GIRIH_PTXAS", "off");
  driver.on_kernel("kernel", girih::testing::fake_add);
  const Device gpu = cuda_device();
  const std::vector<Array> arrays{testing::random({1000}, 1, f32, gpu),
                                  testing::random({1000}, 2, f32, gpu),
                                  Array::zeros({1000}, f32, gpu)};
  const Kernel add = girih::testing::make_add();
  TestBench bench(arrays, add.source().directions);
  const int flushed = driver.count("cuMemsetD8Async");
  const Outcome outcome =
      bench.run(add, {girih::testing::add_config(4), {}}, Effort::usual);
  EXPECT_EQ(outcome.status, Outcome::Status::measured) << outcome.note;
  EXPECT_EQ(outcome.registers, 32);
  EXPECT_GT(driver.count("cuGraphLaunch"), 5);
  EXPECT_GT(driver.count("cuMemsetD8Async"), flushed + 5);
  // The operands of the caller stay what they were.
  for (const double each : arrays[2].to_vector())
    ASSERT_EQ(each, 0);
}

TEST(TuningOnAGpu, SpacesAreCutToTheDevice) {
  FakeDriver driver({FakeDevice{90}});
  FakeToolchain toolchain;
  const ScopedEnv ptxas("GIRIH_PTXAS", "off");
  driver.on_kernel("kernel", [](const std::int64_t *, unsigned) {});
  const Problem problem = testing::problem_for(
      testing::make_product("gpu_product"),
      testing::product_operands(512, 512, 512, bf16, cuda_device()));
  const Space space = Space::derived(problem);
  std::set<std::string> names;
  for (const auto &[name, values] : space.axes())
    names.insert(name);
  EXPECT_EQ(names,
            (std::set<std::string>{"BM", "BN", "BK", "order", "num_warps",
                                   "num_stages", "split_k", "persistent",
                                   "ping_pong", "warp_specialize"}));
  const auto all = space.candidates(problem);
  const auto counts = reasons(all);
  EXPECT_TRUE(counts.contains("the operands of dots take N bytes of shared "
                              "memory, of which sm_90a has N"));
  EXPECT_TRUE(counts.contains("sums of dots take N registers of a thread, of "
                              "which they can have N"));
  EXPECT_TRUE(
      counts.contains("a warp has less than a 16x16 tile of the result"));
  EXPECT_TRUE(counts.contains("blocks share what warps of their own copy"));
  EXPECT_TRUE(counts.contains("blocks do several programs where warps copy and "
                              "share none"));
  EXPECT_TRUE(counts.contains("groups that take turns have four warps"));
  const std::vector<Config> configs = kept(all);
  EXPECT_GT(configs.size(), 300u);
  EXPECT_LT(configs.size(), all.size());
}

TEST(TuningOnAGpu, TheModelPrefersLargeTilesForLargeProducts) {
  FakeDriver driver({FakeDevice{90}});
  FakeToolchain toolchain;
  const ScopedEnv ptxas("GIRIH_PTXAS", "off");
  driver.on_kernel("kernel", [](const std::int64_t *, unsigned) {});
  const Problem problem = testing::problem_for(
      testing::make_product("large_product"),
      testing::product_operands(4096, 4096, 4096, bf16, cuda_device()));
  const std::vector<Config> configs =
      kept(Space::derived(problem).candidates(problem));
  const Config &first = configs[model_order(problem, configs)[0]];
  EXPECT_GE(first.blocks.at("BM") * first.blocks.at("BN"), 128 * 128)
      << first.to_string();
  // About 0.2 ms on the device that the rates are of.
  EXPECT_GT(problem.estimate(first).seconds, 1e-4);
  EXPECT_LT(problem.estimate(first).seconds, 4e-4);
}

TEST(TuningOnAGpu, RunsOnARealOne) {
  if (cuda_device_count() == 0)
    GTEST_SKIP() << cuda_unavailable_reason();
  for (const Problem &problem :
       problems_of({"matmul", {512, 512, 512}, bf16}, cuda_device())) {
    TestBench bench(problem.arrays, problem.kernel.source().directions);
    bench.set_reference(problem.kernel, {problem.fallback, {}});
    const std::vector<Config> configs =
        kept(Space::derived(problem).candidates(problem));
    const auto order = model_order(problem, configs);
    for (std::size_t at = 0; at < std::min<std::size_t>(order.size(), 8);
         ++at) {
      const Outcome outcome =
          bench.run(problem.kernel, {configs[order[at]], {}}, Effort::usual);
      EXPECT_EQ(outcome.status, Outcome::Status::measured)
          << configs[order[at]].to_string() << ": " << outcome.note;
      EXPECT_GT(outcome.registers, 0);
    }
  }
}

} // namespace
} // namespace girih::autotune
