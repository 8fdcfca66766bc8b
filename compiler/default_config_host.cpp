// SPDX-License-Identifier: Apache-2.0
// Block sizes for CPUs.
#include "girih/compiler/default_config.h"

#include "girih/dsl/support/cpu_limit.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace girih::compiler {

namespace {

using Shapes = std::vector<std::vector<std::int64_t>>;

/// Bytes of the widest operand's tile in a streaming kernel: enough to make a
/// program worth starting, and not more than a page. Accesses to lanes outside
/// an array are masked, and cost half a microsecond a vector where there is no
/// memory behind them; what follows an array in its last page is there.
constexpr std::int64_t stream_bytes = 4096;
/// Lanes of a tile that take as long as starting a program.
constexpr std::int64_t start_lanes = 32;
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

std::int64_t stream_lanes(const BlockRoles &roles) {
  int widest = 8;
  for (const BlockRole &role : roles.roles)
    if (role.use == BlockRole::Use::tile)
      widest = std::max(widest, bits(role.a));
  return stream_bytes / (widest / 8);
}

/// A power of two, at most `most`, that covers `extent` soonest: blocks are
/// computed whole, and each has a start that all of its `inner` lanes share.
std::int64_t covering_soonest(std::int64_t extent, std::int64_t most,
                              std::int64_t inner) {
  const auto lanes = [&](std::int64_t block) {
    return (extent + block - 1) / block * (block * inner + start_lanes);
  };
  std::int64_t best = 1;
  for (std::int64_t block = 1; block <= most; block *= 2)
    if (lanes(block) <= lanes(best))
      best = block;
  return best;
}

/// Elements of the largest operand that has this block along its memory; 0
/// where none has.
std::int64_t runs_along(const BlockRoles &roles, const std::string &block,
                        const Shapes &shapes) {
  std::int64_t most = 0;
  for (const BlockRole &role : roles.of(block)) {
    if (!role.contiguous || role.operand < 0)
      continue;
    std::int64_t elements = 1;
    for (const std::int64_t size :
         shapes.at(static_cast<std::size_t>(role.operand)))
      elements *= size;
    most = std::max(most, elements);
  }
  return most;
}

/// The tiles that a block is a side of, by their blocks. One that is seen in
/// none is taken to make a tile with those before it.
std::vector<std::set<std::string>> tiles_with(const BlockRoles &roles,
                                              const std::string &block) {
  std::map<int, std::set<std::string>> tiles;
  for (const BlockRole &role : roles.roles)
    if (role.use == BlockRole::Use::tile)
      tiles[role.operand].insert(role.block);
  std::vector<std::set<std::string>> made;
  for (auto &[operand, blocks] : tiles)
    if (blocks.contains(block))
      made.push_back(std::move(blocks));
  if (!made.empty())
    return made;
  std::set<std::string> &before = made.emplace_back();
  for (const BlockUse &each : roles.blocks) {
    before.insert(each.name);
    if (each.name == block)
      break;
  }
  return made;
}

/// Gives the blocks that have none yet sizes that make tiles of `lanes` lanes.
/// Those along the memory of the largest operands come first and share them, as
/// where one side of a transposition reads along rows and the other writes
/// along columns.
void set_stream_blocks(Config &config, const BlockRoles &roles,
                       const Shapes &shapes, std::int64_t lanes) {
  std::int64_t largest = 1;
  for (const BlockUse &block : roles.blocks)
    largest = std::max(largest, runs_along(roles, block.name, shapes));
  std::vector<std::string> along, others;
  for (const BlockUse &block : roles.blocks)
    if (!config.blocks.contains(block.name))
      (2 * runs_along(roles, block.name, shapes) > largest ? along : others)
          .push_back(block.name);
  const auto set = [&](const std::string &block, bool shares) {
    // Of the largest tile that it is a side of: the sides that are known, and
    // how many there are yet to share what is left.
    std::int64_t inner = 1;
    int sharing = 1;
    for (const auto &tile : tiles_with(roles, block)) {
      std::int64_t known = 1;
      int unknown = 0;
      for (const std::string &each : tile)
        if (const auto found = config.blocks.find(each);
            found != config.blocks.end())
          known *= found->second;
        else
          unknown += std::ranges::count(along, each) > 0 ? 1 : 0;
      inner = std::max(inner, known);
      sharing = std::max(sharing, shares ? unknown : 1);
    }
    const double share =
        std::pow(static_cast<double>(std::max<std::int64_t>(lanes / inner, 1)),
                 1.0 / sharing);
    const auto most = static_cast<std::int64_t>(
        std::bit_floor(static_cast<std::uint64_t>(share + 1e-6)));
    const std::int64_t extent = block_extent(roles, block, shapes);
    config.blocks[block] =
        extent > 0 ? covering_soonest(extent, most, inner) : most;
  };
  for (const std::string &block : along)
    set(block, true);
  for (const std::string &block : others)
    set(block, false);
}

} // namespace

Config default_host_config(Config config, const BlockRoles &roles,
                           const Shapes &shapes, const DotExtents &extents) {
  if (!roles.has_dot()) {
    std::int64_t covered = 0;
    for (const BlockUse &use : roles.blocks)
      if (!use.covers.empty())
        covered = std::max(covered, config.blocks.at(use.name));
    const std::int64_t rows = static_cast<std::int64_t>(
        std::bit_floor(static_cast<std::uint64_t>(std::max<std::int64_t>(
            row_elements / std::max<std::int64_t>(covered, 1), 1))));
    set_stream_blocks(config, roles, shapes,
                      covered > 0 ? rows * covered : stream_lanes(roles));
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
  const std::optional<std::string> chained = roles.chained();
  if (chained)
    blocks.rows = std::min(blocks.rows, chained_rows);
  for (const BlockRole &role : roles.roles) {
    if (fixed.contains(role.block))
      continue;
    if (role.block == chained) {
      config.blocks[role.block] = fit(chained_columns, extents.n);
      continue;
    }
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
