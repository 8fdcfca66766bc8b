// SPDX-License-Identifier: Apache-2.0
// What the compiler makes for a GPU, as the runtime loads and launches it: the
// compiler is the real one, the driver is the fake.
#include "fake_driver.h"
#include "fake_toolchain.h"
#include "test_kernels.h"

#include "girih/compiler/assert_record.h"
#include "girih/runtime/capture.h"
#include "girih/runtime/graph.h"

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

TEST(CompiledForGpu, WhatTheKernelAheadWritesIsNotSettled) {
  FakeDriver driver({FakeDevice{90}});
  const ScopedEnv ptxas("GIRIH_PTXAS", "off"), log("GIRIH_LOG", "compile");
  const Array a = Array::zeros({1000}, f32), b = Array::zeros({1000}, f32),
              c = Array::zeros({1000}, f32), d = Array::zeros({1000}, f32);
  const Kernel add = make_add();
  add(a, b, c); // in no capture nothing is known
  const Stream stream = Stream::create(cuda_device());
  const GraphCapture scope(stream);
  const Capture *capture = current_capture();
  EXPECT_TRUE(capture->follows_noted({}));
  ::testing::internal::CaptureStderr();
  add(a, b, c);
  EXPECT_TRUE(capture->follows_noted(stream));
  EXPECT_TRUE(capture->written_by_noted(c));
  EXPECT_TRUE(capture->written_by_noted(c.slice(0, 999, 1000)));
  EXPECT_FALSE(capture->written_by_noted(a));
  add(a, c, d);
  add(c, b, a); // c was written by the one before that
  const std::string text = ::testing::internal::GetCapturedStderr();
  const std::string name = add.source().operand_names[1];
  const std::size_t first = text.find("\n"),
                    second = text.find("\n", first + 1);
  // a and b; then c no more; then both again, which is known already.
  EXPECT_NE(text.substr(0, first).find("settled"), std::string::npos) << text;
  EXPECT_NE(text.substr(first, second - first).find(name + ": "),
            std::string::npos)
      << text;
  EXPECT_EQ(second + 1, text.size()) << text;
  c.fill_bytes(0);
  EXPECT_TRUE(capture->follows_noted(stream));
  EXPECT_TRUE(capture->written_by_noted(c));
  // What we did not submit may do anything.
  driver.submit_foreign(stream.native());
  EXPECT_FALSE(capture->follows_noted(stream));
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
