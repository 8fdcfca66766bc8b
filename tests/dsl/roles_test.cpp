// SPDX-License-Identifier: Apache-2.0
#include "kernels.h"

#include "girih/dsl/roles.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace girih {
namespace {

std::vector<std::string> roles_of(const KernelSource &source,
                                  std::vector<DType> dtypes,
                                  std::vector<int> ranks) {
  std::vector<std::string> out;
  for (const BlockRole &each : analyse_roles(source, dtypes, ranks).roles)
    out.push_back(to_string(each));
  std::sort(out.begin(), out.end());
  return out;
}

TEST(RolesTest, Matmul) {
  std::vector<std::string> expected = {
      "BK: dot_k of bf16, bf16",
      "BK: tile dim 0 of operand 1 (bf16)",
      "BK: tile dim 1 of operand 0 (bf16, contiguous)",
      "BM: dot_m of bf16, bf16",
      "BM: tile dim 0 of operand 0 (bf16)",
      "BM: tile dim 0 of operand 2 (f32)",
      "BN: dot_n of bf16, bf16",
      "BN: tile dim 1 of operand 1 (bf16, contiguous)",
      "BN: tile dim 1 of operand 2 (f32, contiguous)"};
  EXPECT_EQ(roles_of(testing::matmul_source(), {bf16, bf16, f32}, {2, 2, 2}),
            expected);
}

TEST(RolesTest, TilesThatDotsRead) {
  const BlockRoles roles =
      analyse_roles(testing::matmul_source(), std::vector{bf16, bf16, f32},
                    std::vector<int>(3, 2));
  ASSERT_EQ(roles.dot_tiles.size(), 2U);
  const DotTile &a = roles.dot_tiles[0], &b = roles.dot_tiles[1];
  EXPECT_EQ(a.blocks, (std::vector<std::string>{"BM", "BK"}));
  EXPECT_EQ(b.blocks, (std::vector<std::string>{"BK", "BN"}));
  EXPECT_EQ(a.dtype, bf16);
  EXPECT_EQ(b.dtype, bf16);
  for (const DotTile &tile : roles.dot_tiles) {
    EXPECT_EQ(tile.elements, 1);
    EXPECT_EQ(tile.loop, 0);
    EXPECT_TRUE(tile.staged);
  }
}

TEST(RolesTest, Elementwise) {
  BlockRoles roles =
      analyse_roles(testing::add_source(), std::vector<DType>(3, f16),
                    std::vector<int>(3, 1));
  EXPECT_FALSE(roles.has_dot());
  ASSERT_EQ(roles.blocks.size(), 1U);
  EXPECT_EQ(roles.blocks[0].name, "BLOCK");
  EXPECT_EQ(roles.of("BLOCK").size(), 3U);
  EXPECT_TRUE(roles.of("BLOCK")[0].contiguous);
  const std::optional<Expr> extent = roles.of("BLOCK")[0].extent;
  ASSERT_TRUE(extent);
  EXPECT_EQ(extent->evaluate([](const Symbol &) { return 100; }), 100);
}

TEST(RolesTest, OnlyLongerLoopsTakeLonger) {
  const auto later_take_longer = [](auto rounds) {
    const KernelSource source = make_source(
        "k",
        [](Tensor a, Tensor b) {
          auto t = block_size("BLOCK");
          return arranged(a.tile({1, t}).tile({1, whole}).squeeze(1),
                          b.tile({1, t}).tile({1, whole}).squeeze(1));
        },
        [=](In a, Out b) {
          for (Index j : range(rounds(a)))
            b[{0, j}] = a[{0, j}];
        });
    return analyse_roles(source, std::vector<DType>(2, f32),
                         std::vector<int>(2, 2))
        .later_take_longer;
  };
  EXPECT_FALSE(later_take_longer([](const In &a) { return a.size(1); }));
  EXPECT_TRUE(later_take_longer(
      [](const In &a) { return min(a.size(1), program_id(0) + 1); }));
  EXPECT_FALSE(later_take_longer(
      [](const In &a) { return max(a.size(1) - program_id(0), 0); }));
}

TEST(RolesTest, OneProductIsNoChain) {
  EXPECT_FALSE(analyse_roles(testing::matmul_source(),
                             std::vector{bf16, bf16, f32},
                             std::vector<int>(3, 2))
                   .chained());
}

} // namespace
} // namespace girih
