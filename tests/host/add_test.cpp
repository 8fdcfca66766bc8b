// SPDX-License-Identifier: Apache-2.0
// Vector add on the host, bit for bit against a loop.
#include "run_on_host.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

constexpr std::int64_t block = 100; // no multiple of any vector

void expect_sums(OnHost &code, DType dtype, std::int64_t n,
                 std::vector<std::int64_t> strides, std::int64_t offset) {
  TestArray a(dtype, {n}, {strides[0]}, offset);
  TestArray b(dtype, {n}, {strides[1]}), c(dtype, {n}, {strides[2]}, offset);
  fill_exact(a, 1);
  fill_exact(b, 2);
  code.run(parameter_block({&a, &b, &c}), (n + block - 1) / block);
  for (std::int64_t i = 0; i < n; ++i)
    ASSERT_EQ(c.code(i), rounded(dtype, a.get(i) + b.get(i)))
        << "n=" << n << " i=" << i;
  EXPECT_TRUE(c.untouched_outside()) << "n=" << n;
}

class HostAdd : public ::testing::TestWithParam<DType> {};

TEST_P(HostAdd, EqualsALoop) {
  OnHost code(vector_add(GetParam(), block));
  for (std::int64_t n : {0, 1, 2, 15, 16, 17, 97, 99, 100, 101, 199, 1009})
    for (std::int64_t offset : {16, 17})
      expect_sums(code, GetParam(), n, {1, 1, 1}, offset);
}

TEST_P(HostAdd, UnitStridesKnown) {
  OnHost code(vector_add(GetParam(), block, {.unit_stride = 1}));
  for (std::int64_t n : {0, 1, 63, 64, 65, 100, 101, 1009})
    expect_sums(code, GetParam(), n, {1, 1, 1}, 16);
}

TEST_P(HostAdd, AnyStrides) {
  OnHost code(vector_add(GetParam(), block));
  expect_sums(code, GetParam(), 257, {3, 0, 2}, 16);
  expect_sums(code, GetParam(), 101, {1, 2, 5}, 16);
}

// A tile that is one lane longer than its vectors, and ends with the array.
TEST_P(HostAdd, OneLaneMore) {
  for (std::int64_t lanes : {9, 17, 33, 65}) {
    OnHost code(vector_add(GetParam(), lanes, {.unit_stride = 1}));
    TestArray a(GetParam(), {2 * lanes}), b(GetParam(), {2 * lanes}),
        c(GetParam(), {2 * lanes});
    fill_exact(a, 1);
    fill_exact(b, 2);
    code.run(parameter_block({&a, &b, &c}), 2);
    for (std::int64_t i = 0; i < 2 * lanes; ++i)
      ASSERT_EQ(c.code(i), rounded(GetParam(), a.get(i) + b.get(i)));
    EXPECT_TRUE(c.untouched_outside()) << lanes;
  }
}

TEST_P(HostAdd, OnLesserMachines) {
  for (const char *family : {"avx512", "avx2"}) {
    OnHost code(vector_add(GetParam(), block, {.unit_stride = 1}),
                host_without(family));
    for (std::int64_t n : {1, 99, 100, 101, 1009})
      expect_sums(code, GetParam(), n, {1, 1, 1}, 16);
  }
}

INSTANTIATE_TEST_SUITE_P(DTypes, HostAdd,
                         ::testing::Values(f64, f32, f16, bf16, i64, i32, i16,
                                           i8, u8),
                         [](const auto &info) {
                           return std::string(name(info.param));
                         });

TEST(HostAddLarge, StreamingStoresWriteEverything) {
  // Past the size at which stores bypass the caches, aligned and not.
  constexpr std::int64_t tile = 4096, n = (std::int64_t{9} << 20) / 4 + 3;
  OnHost code(vector_add(f32, tile, {.unit_stride = 1}));
  for (std::int64_t offset : {0, 1, 16}) {
    std::vector<float> a(n + 64, 1), b(n + 64), c(n + 64, -1);
    for (std::int64_t i = 0; i < n; ++i)
      b[static_cast<std::size_t>(i)] = static_cast<float>(i % 1000);
    const auto at = [&](std::vector<float> &data) {
      auto bits = reinterpret_cast<std::int64_t>(data.data());
      return (bits + 63) / 64 * 64 + offset * 4;
    };
    code.run({at(a), n, 1, at(b), n, 1, at(c), n, 1}, (n + tile - 1) / tile);
    const auto *x = reinterpret_cast<const float *>(at(a));
    const auto *y = reinterpret_cast<const float *>(at(b));
    const auto *z = reinterpret_cast<const float *>(at(c));
    for (std::int64_t i = 0; i < n; ++i)
      ASSERT_EQ(z[i], x[i] + y[i]) << i;
    EXPECT_EQ(z[n], -1);
    EXPECT_EQ(z[-1 + (offset == 0)], offset == 0 ? z[0] : -1);
  }
}

} // namespace
} // namespace girih::testing
