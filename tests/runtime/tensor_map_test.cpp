// SPDX-License-Identifier: Apache-2.0
// Parameters that tell the copy engine of operands: where they lie, what they
// say, and what runs where there can be none.
#include "error_text.h"
#include "fake_driver.h"
#include "fake_toolchain.h"
#include "test_kernels.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace girih {
namespace {

using testing::FakeDriver;
using testing::FakeLaunch;
using testing::FakeToolchain;
using testing::make_matmul;

Config specialised() {
  Config config;
  config.blocks = {{"BM", 64}, {"BN", 64}, {"BK", 32}};
  config.warp_specialize = true;
  return config;
}

/// Word `at` of the parameters' block.
std::uint64_t word(const FakeLaunch &launch, std::size_t at) {
  std::uint64_t value = 0;
  std::memcpy(&value, launch.bytes.data() + at * sizeof value, sizeof value);
  return value;
}

struct Operands {
  Array a = Array::empty({40, 24}, f16, cuda_device()),
        b = Array::empty({24, 80}, f16, cuda_device()),
        c = Array::empty({40, 80}, f16, cuda_device());
  void multiply(const Kernel &matmul, const Array &left) const {
    matmul.launch(std::vector{left, b, c}, {specialised(), {}});
  }
};

// 15 words of operands, two maps.
constexpr std::size_t specialised_bytes = 15 * 8 + 2 * 128;

/// A product whose first two operands are copied by maps.
struct Mapped {
  explicit Mapped(int version = 12040) {
    driver.set_version(version);
    std::vector<std::size_t> sizes(15, 8);
    sizes.insert(sizes.end(), {128, 128});
    driver.set_parameters(sizes);
    toolchain.tensor_maps = {{.operand = 1,
                              .element_bytes = 2,
                              .dims = {1, 0},
                              .box = {64, 32},
                              .swizzle_bytes = 128},
                             {.operand = 0,
                              .element_bytes = 2,
                              .dims = {1, 0},
                              .box = {32, 64},
                              .swizzle_bytes = 64}};
  }

  FakeDriver driver;
  FakeToolchain toolchain;
  const Kernel matmul = make_matmul();
  const Operands n;
};

TEST(TensorMaps, LieBehindTheOtherParameters) {
  Mapped product;
  auto &[driver, toolchain, matmul, n] = product;
  n.multiply(matmul, n.a);
  const FakeLaunch launch = driver.launches().back();
  ASSERT_EQ(launch.bytes.size(), specialised_bytes);
  EXPECT_EQ(word(launch, 0), reinterpret_cast<std::uintptr_t>(n.a.data()));
  const std::uint64_t first[] = {reinterpret_cast<std::uintptr_t>(n.b.data()),
                                 cuda::tensor_map_u16,
                                 2,
                                 cuda::tensor_map_swizzle_128,
                                 80,
                                 64,
                                 24,
                                 160,
                                 32};
  const std::uint64_t second[] = {reinterpret_cast<std::uintptr_t>(n.a.data()),
                                  cuda::tensor_map_u16,
                                  2,
                                  cuda::tensor_map_swizzle_64,
                                  24,
                                  32,
                                  40,
                                  48,
                                  64};
  for (std::size_t at = 0; at < 9; ++at) {
    EXPECT_EQ(word(launch, 15 + at), first[at]) << at;
    EXPECT_EQ(word(launch, 31 + at), second[at]) << at;
  }
}

TEST(TensorMaps, FollowThePointer) {
  Mapped product;
  auto &[driver, toolchain, matmul, n] = product;
  const Operands other;
  n.multiply(matmul, n.a);
  n.multiply(matmul, other.a);
  EXPECT_EQ(toolchain.compiles, 1);
  EXPECT_EQ(word(driver.launches().back(), 31),
            reinterpret_cast<std::uintptr_t>(other.a.data()));
}

// Rows that are all the same have no stride that the engine takes.
TEST(TensorMaps, OperandsWithoutOneAreCopiedByThreads) {
  Mapped product;
  auto &[driver, toolchain, matmul, n] = product;
  const Array row = Array::empty({1, 24}, f16, cuda_device());
  n.multiply(matmul, Array(row.data(), {40, 24}, f16, cuda_device(), {0, 1}));
  EXPECT_EQ(driver.launches().back().bytes.size(), 15u * 8);
  EXPECT_FALSE(toolchain.last_program.config.warp_specialize);
  // One row alone is none of these.
  const Array out = Array::empty({1, 80}, f16, cuda_device());
  matmul.launch(std::vector{row, n.b, out}, {specialised(), {}});
  EXPECT_EQ(driver.launches().back().bytes.size(), specialised_bytes);
}

TEST(TensorMaps, WhatTheDriverRefusesIsCopiedByThreads) {
  for (const int version : {11080, 12040}) {
    Mapped product(version);
    auto &[driver, toolchain, matmul, n] = product;
    if (version >= 12000)
      driver.fail("cuTensorMapEncodeTiled", 1, 1);
    n.multiply(matmul, n.a);
    EXPECT_EQ(driver.launches().back().bytes.size(), 15u * 8) << version;
    EXPECT_FALSE(toolchain.last_program.config.warp_specialize);
  }
}

TEST(TensorMaps, ALaterRefusalIsAnError) {
  Mapped product;
  auto &[driver, toolchain, matmul, n] = product;
  n.multiply(matmul, n.a);
  driver.fail("cuTensorMapEncodeTiled", 1, 1);
  const std::string text =
      testing::error_of(ErrorId::cuda, [&] { n.multiply(matmul, n.a); });
  EXPECT_TRUE(testing::has(text, "cuTensorMapEncodeTiled")) << text;
}

} // namespace
} // namespace girih
