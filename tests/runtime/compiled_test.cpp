// SPDX-License-Identifier: Apache-2.0
// What the compiler makes for a GPU, as the runtime loads and launches it: the
// compiler is the real one, the driver is the fake.
#include "fake_driver.h"
#include "fake_toolchain.h"
#include "test_kernels.h"

#include "girih/compiler/assert_record.h"

#include <gtest/gtest.h>

#include <optional>

namespace girih {
namespace {

using testing::FakeDevice;
using testing::FakeDriver;
using testing::FakeLaunch;
using testing::make_add;
using testing::ScopedEnv;
using Values = std::vector<double>;

FakeLaunch launch_add(int capability, std::optional<bool> pdl,
                      std::int64_t size = 1000) {
  FakeDriver driver({FakeDevice{capability}});
  const ScopedEnv ptxas("GIRIH_PTXAS", "off");
  Config config = testing::add_config(256);
  config.pdl = pdl;
  const Array x = Array::zeros({size}, f32);
  const std::vector<Array> arrays{x, x, Array::zeros({size}, f32)};
  make_add().launch(arrays, {config, {}});
  EXPECT_EQ(driver.count("cuMemHostAlloc"), 0); // it has no assertion
  return driver.launches().at(0);
}

TEST(CompiledForGpu, DependentLaunchWhereAskedForAndPossible) {
  EXPECT_TRUE(launch_add(90, true).programmatic);
  EXPECT_TRUE(launch_add(120, true).programmatic);
  EXPECT_FALSE(launch_add(90, false).programmatic);
  EXPECT_FALSE(launch_add(89, true).programmatic);
}

TEST(CompiledForGpu, FewProgramsAreLaunchedDependentlyUnasked) {
  EXPECT_TRUE(launch_add(90, {}).programmatic);
  EXPECT_FALSE(launch_add(89, {}).programmatic);
  const std::int64_t processors = [] {
    const FakeDriver driver;
    return properties(cuda_device()).processors;
  }();
  const std::int64_t most = 256 * 16 * processors;
  EXPECT_TRUE(launch_add(90, {}, most).programmatic);
  EXPECT_FALSE(launch_add(90, {}, most + 1).programmatic);
  EXPECT_TRUE(launch_add(90, true, most + 1).programmatic);
}

TEST(CompiledForGpu, AssertionsFindTheirRecord) {
  FakeDriver driver;
  const ScopedEnv ptxas("GIRIH_PTXAS", "off");
  const Kernel checked = make(
      "checked",
      [](Tensor a, Tensor b) { return arranged(a.tile({64}), b.tile({64})); },
      [](In a, Out b) {
        device_assert(Tile(a) < 3.F, "small");
        b = a;
      });
  checked(Array::zeros({100}, f32), Array::zeros({100}, f32));
  ASSERT_EQ(driver.launches().size(), 1U);
  EXPECT_EQ(driver.live_pinned(), 1U);
  const auto *record = reinterpret_cast<const compiler::AssertRecord *>(
      driver.variable(compiler::assert_variable));
  EXPECT_EQ(record->written, 0U);
  EXPECT_EQ(record->text[0], 0); // nothing of what was in the memory before
}

} // namespace
} // namespace girih
