// SPDX-License-Identifier: Apache-2.0
// Block sizes for CPUs.
#include "girih/compiler/default_config.h"

#include "girih/dsl/support/cpu_limit.h"

#include <algorithm>
#include <bit>
#include <map>
#include <string>

namespace girih::compiler {

namespace {

/// Elements of a tile of a streaming kernel: enough to make a program worth
/// starting, few enough for the operands' tiles to fit the caches.
constexpr std::int64_t stream_elements = 16384;
/// Of a kernel that keeps whole rows in a tile: few enough for them to be in
/// the first cache when they are read again. One row of 1024 or more is best,
/// several short ones are (docs/performance.md, the tuner).
constexpr std::int64_t row_elements = 1024;
/// Blocks of a matrix product: a panel of b fits the first cache; packed a,
/// packed b and the accumulators the second.
constexpr std::int64_t dot_rows = 256, dot_columns = 256, dot_depth = 128;
/// A matrix-vector product reads rows in long pieces, few at a time: those of a
/// matrix[m, k] times a column are vector_depth long, those of a row times a
/// matrix[k, n] vector_columns.
constexpr std::int64_t vector_depth = 4096, vector_rows = 64,
                       vector_columns = 1024, column_depth = 512;

/// Halves rows and columns in turn, down to 64, until there are two programs
/// for every core: smaller blocks cost a few percent each, idle cores far more.
struct DotBlocks {
  std::int64_t rows = dot_rows, columns = dot_columns;

  void share(const DotExtents &extents) {
    constexpr std::int64_t least = 64;
    static const std::int64_t wanted = 2 * std::int64_t{cpu_limit()};
    const auto pieces = [](std::int64_t size, std::int64_t block) {
      return size == 0 ? largest_bucket / block : (size + block - 1) / block;
    };
    while (pieces(extents.m, rows) * pieces(extents.n, columns) < wanted) {
      std::int64_t &larger = rows >= columns ? rows : columns;
      if (larger <= least)
        return;
      larger /= 2;
    }
  }
};

/// Not more than covers the size, where that is known.
std::int64_t fit(std::int64_t most, std::int64_t size) {
  return size == 0 ? most : std::clamp<std::int64_t>(size, 1, most);
}

} // namespace

Config default_host_config(Config config, const BlockRoles &roles,
                           const DotExtents &extents) {
  if (!roles.has_dot()) {
    std::int64_t covered = 0;
    for (const BlockUse &use : roles.blocks)
      if (!use.covers.empty())
        covered = std::max(covered, config.blocks.at(use.name));
    const std::int64_t rows = static_cast<std::int64_t>(
        std::bit_floor(static_cast<std::uint64_t>(std::max<std::int64_t>(
            row_elements / std::max<std::int64_t>(covered, 1), 1))));
    set_elementwise_blocks(config, roles,
                           covered > 0 ? rows * covered : stream_elements);
    return config;
  }
  config.order = {ProgramOrder::Kind::grouped, 8};
  const auto has = [&](BlockRole::Use use) {
    return std::any_of(roles.roles.begin(), roles.roles.end(),
                       [&](const BlockRole &role) { return role.use == use; });
  };
  // A side that has no block of its own is a fixed tile, as a vector's is.
  const bool one_row = extents.m == 1 || !has(BlockRole::Use::dot_m);
  const bool one_column = extents.n == 1 || !has(BlockRole::Use::dot_n);
  set_elementwise_blocks(config, roles, 1);
  DotBlocks blocks;
  blocks.share(extents);
  const std::map<std::string, std::int64_t> fixed = config.blocks;
  for (const BlockRole &role : roles.roles) {
    if (fixed.contains(role.block))
      continue;
    switch (role.use) {
    case BlockRole::Use::dot_m:
      config.blocks[role.block] =
          fit(one_column ? vector_rows : blocks.rows, extents.m);
      break;
    case BlockRole::Use::dot_n:
      config.blocks[role.block] =
          fit(one_row ? vector_columns : blocks.columns, extents.n);
      break;
    case BlockRole::Use::dot_k:
      config.blocks[role.block] = fit(one_column ? vector_depth
                                      : one_row  ? column_depth
                                                 : dot_depth,
                                      extents.k);
      break;
    case BlockRole::Use::tile:
      break;
    }
  }
  return config;
}

} // namespace girih::compiler
