// SPDX-License-Identifier: Apache-2.0
// What the compiler makes for a GPU, as the runtime loads and launches it: the
// compiler is the real one, the driver is the fake.
#include "fake_driver.h"
#include "fake_toolchain.h"
#include "test_kernels.h"

#include "girih/compiler/assert_record.h"

#include <gtest/gtest.h>

namespace girih {
namespace {

using testing::FakeDevice;
using testing::FakeDriver;
using testing::FakeLaunch;
using testing::make_add;
using testing::ScopedEnv;
using Values = std::vector<double>;

FakeLaunch launch_add(int capability, bool pdl) {
  FakeDriver driver({FakeDevice{capability}});
  const ScopedEnv ptxas("GIRIH_PTXAS", "off");
  Config config = testing::add_config(256);
  config.pdl = pdl;
  const Array x = Array::zeros({1000}, f32);
  const std::vector<Array> arrays{x, x, Array::zeros({1000}, f32)};
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
