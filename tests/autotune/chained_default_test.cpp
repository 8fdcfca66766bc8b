// SPDX-License-Identifier: Apache-2.0
// Default Configs of chained products: those of the lesson's attention.
#include "girih/examples/lessons/flash_attention.h"

#include "girih/compiler/chained_tiles.h"
#include "girih/compiler/config_fit.h"
#include "girih/compiler/default_config.h"

#include <gtest/gtest.h>

namespace girih::autotune {
namespace {

struct Problem {
  std::int64_t batch = 1, heads = 16, queries = 4096, keys = 4096, depth = 128;
  bool causal = false;
  DType dtype = bf16;
};

std::vector<std::vector<std::int64_t>> shapes_of(const Problem &of) {
  const std::vector<std::int64_t> q{of.batch, of.heads, of.queries, of.depth},
      k{of.batch, of.heads, of.keys, of.depth};
  return {q, k, k, q};
}

BlockRoles roles_of(const Problem &of) {
  return analyse_roles(lessons::flash_attention(of.causal).source(),
                       std::vector<DType>(4, of.dtype), std::vector<int>(4, 4));
}

Config config(const Problem &of, const char *target = "sm_90a") {
  return compiler::default_config(roles_of(of), shapes_of(of),
                                  compiler::parse_target(target));
}

TEST(ChainedDefaults, RolesTellChainsAndUnlikePrograms) {
  EXPECT_EQ(roles_of({}).chained(), "BN");
  EXPECT_FALSE(roles_of({}).later_take_longer);
  EXPECT_TRUE(roles_of({.causal = true}).later_take_longer);
}

TEST(ChainedDefaults, AreOfWarpGroups) {
  for (const DType dtype : {f16, bf16})
    for (const bool causal : {false, true}) {
      const Config chosen =
          config({.batch = 4, .causal = causal, .dtype = dtype});
      SCOPED_TRACE(chosen.to_string());
      EXPECT_TRUE(chosen.warp_specialize && chosen.persistent);
      EXPECT_EQ(chosen.blocks.at("BM"), 128);
      EXPECT_EQ(chosen.num_warps, 8);
      EXPECT_GE(chosen.blocks.at("BN"), 128);
      EXPECT_EQ(chosen.order.kind, causal ? ProgramOrder::Kind::descending
                                          : ProgramOrder::Kind::row_major);
    }
}

// Where the cache does not keep the keys and values of all heads, some come
// after the others.
TEST(ChainedDefaults, TakeHeadsThatTheCacheKeeps) {
  EXPECT_EQ(config({.queries = 2048, .keys = 2048, .causal = true}).order.group,
            0);
  EXPECT_EQ(config({.batch = 2, .causal = true}).order.group, 8);
  EXPECT_EQ(
      config({.queries = 16384, .keys = 16384, .causal = true}).order.group, 2);
}

TEST(ChainedDefaults, SuitTheDepth) {
  const auto blocks = [](std::int64_t depth) {
    return config({.batch = 4, .depth = depth}).blocks;
  };
  EXPECT_EQ(blocks(64).at("BM"), 192);
  EXPECT_EQ(config({.batch = 4, .depth = 64}).num_warps, 12);
  EXPECT_EQ(blocks(256).at("BN"), 64);
  // What copies swizzle.
  for (const std::int64_t depth : {16, 40, 48, 80, 96})
    EXPECT_EQ(blocks(depth).at("D") % 32, 0) << depth;
}

TEST(ChainedDefaults, SuitTheQueries) {
  EXPECT_EQ(config({.heads = 4, .queries = 300}).blocks.at("BM"), 64);
  EXPECT_FALSE(config({.queries = 7}).warp_specialize);
  // Few turns of unlike programs: whoever is free takes the next one.
  EXPECT_FALSE(
      config({.queries = 2048, .keys = 2048, .causal = true}).persistent);
}

TEST(ChainedDefaults, FitEveryTarget) {
  for (const char *target : {"sm_80", "sm_86", "sm_90a", "sm_100a", "sm_120a"})
    for (const DType dtype : {f16, bf16, f32})
      for (const std::int64_t depth : {16, 32, 64, 80, 96, 128, 192, 256})
        for (const std::int64_t queries : {1, 33, 100, 4096}) {
          const Problem problem{
              .queries = queries, .depth = depth, .dtype = dtype};
          const Config chosen = config(problem, target);
          EXPECT_EQ(compiler::misfit(chosen, roles_of(problem),
                                     shapes_of(problem),
                                     compiler::parse_target(target)),
                    "")
              << target << " " << depth << " " << queries << " "
              << chosen.to_string();
        }
}

TEST(ChainedDefaults, WarpsTakeSmallerTiles) {
  const Config chosen = config({}, "sm_80");
  EXPECT_EQ(chosen.blocks.at("BM"), 128);
  EXPECT_EQ(chosen.blocks.at("BN"), 64);
  EXPECT_FALSE(chosen.warp_specialize);
  const Config host = config({}, "host");
  EXPECT_EQ(host.blocks.at("BM"), 128);
  EXPECT_EQ(host.blocks.at("BN"), 64);
}

} // namespace
} // namespace girih::autotune
