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

} // namespace
} // namespace girih
