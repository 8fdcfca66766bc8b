// SPDX-License-Identifier: Apache-2.0
// Kernels whose blocks do several programs: how many blocks are launched.
#include "fake_driver.h"
#include "fake_toolchain.h"
#include "test_kernels.h"

#include <gtest/gtest.h>

#include <vector>

namespace girih {
namespace {

using testing::FakeDriver;
using testing::FakeToolchain;

/// The blocks of a product with a result of m x n, of tiles of 64 x 64.
unsigned blocks_of(FakeDriver &driver, std::int64_t m, std::int64_t n,
                   bool persistent) {
  FakeToolchain toolchain;
  toolchain.persistent = persistent;
  driver.set_parameters(std::vector<std::size_t>(15, 8));
  Config config;
  config.blocks = {{"BM", 64}, {"BN", 64}, {"BK", 32}};
  config.warp_specialize = config.persistent = true;
  const Array a = Array::empty({m, 24}, f16, cuda_device()),
              b = Array::empty({24, n}, f16, cuda_device()),
              c = Array::empty({m, n}, f16, cuda_device());
  testing::make_matmul().launch(std::vector{a, b, c}, {config, {}});
  return driver.launches().back().programs;
}

TEST(PersistentKernels, AreAsManyBlocksAsFitTheDevice) {
  FakeDriver driver({{.resident = 3}});
  const auto fit =
      static_cast<unsigned>(3 * properties(cuda_device()).processors);
  EXPECT_EQ(blocks_of(driver, 64 * 64, 64 * 64, true), fit);
  EXPECT_EQ(blocks_of(driver, 64 * 64, 64 * 64, false), 4096u);
  // No more than there are programs.
  EXPECT_EQ(blocks_of(driver, 65, 64, true), 2u);
}

/// What every block may leave to the others lies behind the operands: sums, and
/// flags that are zeros at each launch.
TEST(PersistentKernels, HaveMemoryForSumsWhereTheyShareRounds) {
  FakeDriver driver({{.resident = 2}});
  FakeToolchain toolchain;
  toolchain.persistent = true;
  toolchain.stream_flags = 4;
  const auto fit =
      static_cast<std::size_t>(2 * properties(cuda_device()).processors);
  driver.set_parameters(std::vector<std::size_t>(17, 8));
  int launches = 0;
  driver.on_kernel("kernel", [&](const std::int64_t *words, unsigned blocks) {
    ++launches;
    EXPECT_EQ(blocks, fit);
    auto *sums = reinterpret_cast<std::int8_t *>(words[15]);
    auto *flags = reinterpret_cast<std::int32_t *>(words[16]);
    EXPECT_EQ(words[15] % 16, 0);
    for (std::size_t at = 0; at < fit * 256; ++at)
      sums[at] = 7; // all of it is there
    for (std::size_t at = 0; at < fit * 4; ++at) {
      EXPECT_EQ(flags[at], 0);
      flags[at] = 0;
    }
  });
  Config config;
  config.blocks = {{"BM", 64}, {"BN", 64}, {"BK", 32}};
  const Array a = Array::empty({64, 24}, f16, cuda_device()),
              b = Array::empty({24, 64}, f16, cuda_device()),
              c = Array::empty({64, 64}, f16, cuda_device());
  const Kernel matmul = testing::make_matmul();
  matmul.launch(std::vector{a, b, c}, {config, {}});
  matmul.launch(std::vector{a, b, c}, {config, {}});
  EXPECT_EQ(launches, 2);
}

} // namespace
} // namespace girih
