// SPDX-License-Identifier: Apache-2.0
// Default Configs of products that warp groups multiply: of few rows, whose
// time is that of their weight.
#include "problems.h"

#include "girih/compiler/default_config.h"
#include "girih/examples/lessons/conv2d.h"

#include <gtest/gtest.h>

namespace girih::autotune {
namespace {

void add_products(In a, In b, Out out) {
  Tile sum = zeros(out.shape(), f32);
  for (Index k : range(a.size(0)))
    sum += dot(a[k], b[k]);
  out = sum;
}

Kernel product() {
  return make(
      "defaulted_product",
      [](Tensor a, Tensor b, Tensor out) {
        auto BM = block_size("BM"), BN = block_size("BN"),
             BK = block_size("BK");
        auto ct = out.tile({BM, BN});
        return arranged(a.tile({BM, BK})
                            .tile({1, whole})
                            .expand({keep, ct.size(1)})
                            .at(1, squeeze(0)),
                        b.tile({BK, BN})
                            .tile({whole, 1})
                            .expand({ct.size(0), keep})
                            .at(1, squeeze(1)),
                        ct);
      },
      add_products);
}

OperandClass contiguous_along(int dim) {
  OperandClass known;
  known.unit_stride = 1u << dim;
  return known;
}

/// Of a[m, k] and b[k, n], whose neighbours in memory lie along `dim_of_b`.
Config config(std::int64_t m, std::int64_t n, std::int64_t k, int dim_of_b) {
  const std::vector<DType> dtypes(3, bf16);
  const std::vector<int> ranks(3, 2);
  const std::vector<OperandClass> known{
      contiguous_along(1), contiguous_along(dim_of_b), contiguous_along(1)};
  static const BlockRoles roles =
      analyse_roles(product().source(), dtypes, ranks);
  return compiler::default_config(roles, {{m, k}, {k, n}, {m, n}},
                                  compiler::parse_target("sm_90a"), known);
}

std::int64_t pieces(std::int64_t size, std::int64_t block) {
  return (size + block - 1) / block;
}

TEST(GroupDefaults, GiveEachMultiprocessorAProgram) {
  constexpr std::int64_t processors = 132;
  for (const std::int64_t columns : {17920, 28672, 12288}) {
    const Config chosen = config(64, columns, 4096, 0);
    const std::int64_t programs = pieces(columns, chosen.blocks.at("BN"));
    EXPECT_GT(programs % processors == 0 ? processors : programs % processors,
              processors * 9 / 10)
        << chosen.to_string();
    EXPECT_TRUE(chosen.warp_specialize && chosen.persistent);
  }
}

// Two programs that read the same columns take longer than one of twice as many
// rows.
TEST(GroupDefaults, ReadColumnsOnce) {
  for (const std::int64_t columns : {6144, 4096}) {
    const Config chosen = config(128, columns, 4096, 0);
    EXPECT_EQ(chosen.blocks.at("BM"), 128) << chosen.to_string();
  }
}

TEST(GroupDefaults, TakeColumnsThatSwizzlesDivideWhereRowsOfBAreContiguous) {
  for (const std::int64_t columns : {17920, 28672, 12288, 1536})
    for (const std::int64_t rows : {64, 128, 256}) {
      const Config chosen = config(rows, columns, 4096, 1);
      EXPECT_EQ(chosen.blocks.at("BN") % 32, 0) << chosen.to_string();
    }
}

TEST(GroupDefaults, TakeAsFewColumnsAsThereAre) {
  for (const auto &[columns, block] :
       {std::pair<std::int64_t, std::int64_t>{9, 16}, {16, 16}, {17, 32}}) {
    const Config chosen = config(4096, columns, 4096, 0);
    EXPECT_EQ(chosen.blocks.at("BN"), block);
    EXPECT_EQ(chosen.blocks.at("BM"), 64);
    EXPECT_GT(chosen.split_k, 1) << "64 programs leave multiprocessors idle";
  }
}

/// Short programs end often, and long launches give others little to share.
TEST(GroupDefaults, TakeTurnsWhereThatHidesTheEndsOfPrograms) {
  for (const auto &[rows, columns, depth] :
       {std::array<std::int64_t, 3>{8192, 4096, 512}, {8192, 8192, 8192}}) {
    const Config chosen = config(rows, columns, depth, 0);
    EXPECT_TRUE(chosen.ping_pong && chosen.persistent) << chosen.to_string();
    EXPECT_EQ(chosen.num_warps, 4) << "of either group";
  }
  // A last turn of few programs costs more than that.
  EXPECT_FALSE(config(4096, 4096, 4096, 0).ping_pong);
  EXPECT_FALSE(config(64, 17920, 4096, 0).ping_pong);
}

TEST(GroupDefaults, KeepOneOfFewFormsWhereRowsAreMany) {
  for (const std::int64_t rows : {512, 4096, 5000})
    for (const std::int64_t columns : {17920, 4096, 1000}) {
      const Config chosen = config(rows, columns, 4096, 0);
      EXPECT_EQ(chosen.blocks.at("BN") % 32, 0) << chosen.to_string();
    }
}

Kernel batched_product() {
  return make(
      "defaulted_products",
      [](Tensor a, Tensor b, Tensor out) {
        auto BM = block_size("BM"), BN = block_size("BN"),
             BK = block_size("BK");
        auto ct = out.tile({1, BM, BN}).at(1, squeeze(0));
        return arranged(a.tile({1, BM, BK})
                            .tile({1, 1, whole})
                            .expand({keep, keep, ct.size(2)})
                            .at(1, squeeze({0, 1}))
                            .at(2, squeeze(0)),
                        b.tile({1, BK, BN})
                            .tile({1, whole, 1})
                            .expand({keep, ct.size(1), keep})
                            .at(1, squeeze({0, 2}))
                            .at(2, squeeze(0)),
                        ct);
      },
      add_products);
}

// Many products beside each other are many programs: large tiles, whose ends
// those of the next ones hide, and not ones that fill a device by themselves.
TEST(GroupDefaults, CountProductsBesideEachOther) {
  const BlockRoles roles =
      analyse_roles(batched_product().source(), std::vector<DType>(3, bf16),
                    std::vector<int>(3, 3));
  const auto of = [&](std::int64_t batch, std::int64_t size,
                      std::int64_t depth) {
    return compiler::default_config(
        roles,
        {{batch, size, depth}, {batch, depth, size}, {batch, size, size}},
        compiler::parse_target("sm_90a"));
  };
  for (const auto &[batch, size, depth] :
       {std::array<std::int64_t, 3>{32, 1024, 128}, {64, 512, 64}}) {
    const Config chosen = of(batch, size, depth);
    EXPECT_GE(chosen.blocks.at("BM") * chosen.blocks.at("BN"), 128 * 128)
        << chosen.to_string();
    EXPECT_TRUE(chosen.persistent);
  }
  const Config single = of(1, 512, 64);
  EXPECT_LT(single.blocks.at("BM") * single.blocks.at("BN"), 128 * 128)
      << single.to_string();
}

// Rows of windows are no boxes: all warps copy, as soon as they can.
TEST(GroupDefaults, LeaveWindowsToAllWarps) {
  const BlockRoles roles =
      analyse_roles(lessons::conv2d().source(), std::vector<DType>(3, bf16),
                    std::vector<int>(3, 4));
  const Config chosen = compiler::default_config(
      roles, {{64, 58, 58, 64}, {64, 3, 3, 64}, {64, 56, 56, 64}},
      compiler::parse_target("sm_90a"));
  EXPECT_FALSE(chosen.warp_specialize || chosen.persistent)
      << chosen.to_string();
  EXPECT_EQ(chosen.blocks.at("BK"), 64);
  EXPECT_EQ(chosen.num_stages, 3);
}

} // namespace
} // namespace girih::autotune
