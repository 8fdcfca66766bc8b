// SPDX-License-Identifier: Apache-2.0
// Default Configs of kernels without products on a CPU: tiles by the sizes.
#include "problems.h"

#include "girih/compiler/default_config.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <set>

namespace girih::autotune {
namespace {

constexpr std::int64_t page = 4096;

Kernel elementwise() {
  return make(
      "defaulted_elementwise",
      [](Tensor x, Tensor y) {
        auto ROWS = block_size("ROWS"), COLUMNS = block_size("COLUMNS");
        return arranged(x.tile({ROWS, COLUMNS}), y.tile({ROWS, COLUMNS}));
      },
      [](In x, Out y) { y = x + x; });
}

/// out[m] of x[m, k]: both operands have a block along their memory.
Kernel sums() {
  return make(
      "defaulted_sums",
      [](Tensor x, Tensor out) {
        auto BM = block_size("BM"), BK = block_size("BK");
        return arranged(
            x.tile({BM, BK}).tile({1, whole}).at(1, squeeze(0)).squeeze(1),
            out.tile({BM}));
      },
      [](In x, Out out) {
        Tile total = zeros(out.shape(), f32);
        for (Index k : range(x.size(0)))
          total += sum(cast(x[k], f32), dim(1));
        out = total;
      });
}

Kernel transposition() {
  return make(
      "defaulted_transposition",
      [](Tensor x, Tensor y) {
        auto BM = block_size("BM"), BN = block_size("BN");
        return arranged(x.tile({BM, BN}), y.tile({BN, BM}).permute({1, 0}));
      },
      [](In x, Out y) { y = transpose(x); });
}

using Shapes = std::vector<std::vector<std::int64_t>>;

std::map<std::string, std::int64_t> blocks(const Kernel &kernel,
                                           const Shapes &shapes, DType dtype) {
  const std::vector<DType> dtypes(shapes.size(), dtype);
  std::vector<int> ranks;
  for (const auto &each : shapes)
    ranks.push_back(static_cast<int>(each.size()));
  const BlockRoles roles = analyse_roles(kernel.source(), dtypes, ranks);
  compiler::Target host;
  host.kind = compiler::Target::Kind::host;
  return compiler::default_config(roles, shapes, host).blocks;
}

std::int64_t whole_tiles(std::int64_t size, std::int64_t block) {
  return (size + block - 1) / block * block;
}

TEST(HostDefaults, ComputeLittleThatIsNotThere) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> rows(0, 16), columns(0, 17);
  const Kernel kernel = elementwise();
  std::set<std::pair<std::int64_t, std::int64_t>> different;
  for (int i = 0; i < 400; ++i) {
    const auto m = static_cast<std::int64_t>(std::exp2(rows(random))),
               n = static_cast<std::int64_t>(std::exp2(columns(random)));
    for (const DType dtype : {f32, bf16, f64, u8}) {
      const auto made = blocks(kernel, {{m, n}, {m, n}}, dtype);
      const std::int64_t bm = made.at("ROWS"), bn = made.at("COLUMNS");
      SCOPED_TRACE(::testing::Message() << m << "x" << n << " " << name(dtype)
                                        << ": " << bm << "x" << bn);
      EXPECT_LE(bm * bn * bits(dtype) / 8, page);
      EXPECT_LE(whole_tiles(m, bm) * whole_tiles(n, bn), 2 * m * n + 64);
      // Few starts, unless one program is enough.
      EXPECT_TRUE((bm >= m && bn >= n) || bm * bn >= 64);
      if (dtype == f32)
        different.emplace(bm, bn);
    }
  }
  // Each is compiled once for all sizes: powers of two, 1024 in all.
  EXPECT_LE(different.size(), 66u);
  for (const auto &[bm, bn] : different)
    EXPECT_TRUE(std::has_single_bit(static_cast<std::uint64_t>(bm)) &&
                std::has_single_bit(static_cast<std::uint64_t>(bn)));
}

TEST(HostDefaults, RunAlongTheMemoryOfTheLargestOperand) {
  for (const auto &[m, k] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {300, 1000}, {16384, 4096}, {7, 100003}}) {
    const auto made = blocks(sums(), {{m, k}, {m}}, f32);
    EXPECT_GE(made.at("BK"), 256) << m << "x" << k;
    EXPECT_LE(made.at("BM"), 4) << m << "x" << k;
  }
  // Rows that are shorter than a tile: several of them.
  const auto made = blocks(sums(), {{4096, 20}, {4096}}, f32);
  EXPECT_EQ(made.at("BK"), 32);
  EXPECT_EQ(made.at("BM"), 32);
}

TEST(HostDefaults, ShareTilesThatReadAndWriteAcross) {
  const auto made = blocks(transposition(), {{3000, 1000}, {1000, 3000}}, f32);
  EXPECT_GE(made.at("BM"), 16);
  EXPECT_GE(made.at("BN"), 16);
  EXPECT_LE(made.at("BM") * made.at("BN") * 4, page);
}

TEST(HostDefaults, AreRightWhateverTheSizes) {
  for (const auto &[m, n] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {1, 1}, {1, 100}, {300, 1000}, {37, 1100}, {1000, 3}, {5, 4097}}) {
    SCOPED_TRACE(::testing::Message() << m << "x" << n);
    const Array x = testing::random({m, n}, 5),
                twice = Array::empty({m, n}, f32, host_device),
                turned = Array::empty({n, m}, f32, host_device),
                totals = Array::empty({m}, f32, host_device);
    elementwise()(x, twice);
    transposition()(x, turned);
    sums()(x, totals);
    const std::vector<double> in = x.to_vector(), two = twice.to_vector(),
                              across = turned.to_vector(),
                              total = totals.to_vector();
    for (std::int64_t i = 0; i < m; ++i) {
      double sum = 0, most = 0;
      for (std::int64_t j = 0; j < n; ++j) {
        const double value = in[static_cast<std::size_t>(i * n + j)];
        ASSERT_EQ(two[static_cast<std::size_t>(i * n + j)], 2 * value);
        ASSERT_EQ(across[static_cast<std::size_t>(j * m + i)], value);
        sum += value;
        most += std::abs(value);
      }
      ASSERT_NEAR(total[static_cast<std::size_t>(i)], sum, 1e-6 * most);
    }
  }
}

} // namespace
} // namespace girih::autotune
