// SPDX-License-Identifier: Apache-2.0
// Block sizes for dots by warp groups. Where the figures come from:
// docs/decisions.md, 46.
#include "girih/compiler/default_config_warpgroups.h"

#include "girih/compiler/nvptx_generations.h"
#include "girih/compiler/warpgroup_model.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <vector>

namespace girih::compiler {
namespace {

constexpr WarpgroupTile in_turns(std::int64_t m, std::int64_t n, int stages) {
  return {.m = m, .n = n, .stages = stages, .ping_pong = true};
}

constexpr std::array<WarpgroupTile, 13> usual{{in_turns(128, 192, 5),
                                               in_turns(192, 128, 5),
                                               in_turns(128, 128, 6),
                                               {128, 256, 8, 4},
                                               {256, 128, 8, 4},
                                               {128, 192, 8, 5},
                                               {128, 128, 8, 6},
                                               {128, 128, 4, 3},
                                               {64, 256, 4, 4},
                                               {128, 64, 4, 6},
                                               {64, 128, 4, 6},
                                               {64, 64, 4, 6},
                                               {64, 32, 4, 8}}};
// Of a product that waits for its other operand, whose own rows are few.
constexpr std::int64_t most_waiting_rows = 256;
constexpr std::array<WarpgroupTile, 5> deep{{{128, 128, 4, 6},
                                             {128, 64, 4, 9},
                                             {64, 128, 4, 9},
                                             {64, 64, 4, 12},
                                             {64, 32, 4, 12}}};
// The same, transposed: as many columns as there are.
constexpr std::array<WarpgroupTile, 2> narrow{
    {{64, 16, 4, 11}, {64, 32, 4, 9}}};
// Rows that an instruction multiplies, and of which a single product, which
// waits for its other operand, may leave most empty.
constexpr std::int64_t least_rows = 64, least_alone = 17, least_wide = 9;
// More columns than 64 for each multiprocessor.
constexpr std::int64_t wide_columns = 64 * 132;
// Blocks that may share a program's rounds, and the most sums of a tile that
// they do for.
constexpr std::array<int, 4> shares{1, 2, 4, 8};
constexpr std::int64_t most_shared = 16384;

std::int64_t fewest_rows(const DotExtents &extents) {
  return !extents.alone             ? least_rows
         : extents.n > wide_columns ? least_wide
                                    : least_alone;
}

// Whether what dots read is cut along dimensions of its own, as the copy engine
// takes it: not where rows of a tile are windows of an image. The last operand
// is written.
bool cut_in_boxes(const BlockRoles &roles) {
  int last = -1;
  for (const BlockRole &role : roles.roles)
    last = std::max(last, role.operand);
  return std::ranges::none_of(roles.roles, [&](const BlockRole &role) {
    return role.use == BlockRole::Use::tile && role.operand != last &&
           !role.even;
  });
}

// A tile that all warps copy for: more stages than these were slower.
WarpgroupTile copied_by_all(WarpgroupTile tile) {
  constexpr int most_stages = 3;
  tile.stages = std::min(tile.stages, most_stages);
  tile.specialised = tile.persistent = false;
  return tile;
}

// Not twice as many rows as there are. Rows beyond the last are filled with
// zeros at the cost of copies: next to few columns most of what is copied.
bool suits(const WarpgroupTile &tile, std::int64_t rows) {
  constexpr std::int64_t least_columns = 64;
  if (rows == 0)
    return true;
  return rows < least_rows ? tile.m == least_rows && tile.n >= least_columns
                           : tile.m < 2 * rows;
}

double microseconds(const WarpgroupTile &tile, const DotExtents &extents) {
  const auto known = [](std::int64_t extent) {
    return extent == 0 ? largest_bucket : extent;
  };
  const std::int64_t m = known(extents.m), n = known(extents.n),
                     k = known(extents.k);
  return warpgroup_microseconds(
      tile, {.programs = extents.batch * pieces(m, tile.m) * pieces(n, tile.n),
             .rounds = pieces(k, warpgroup_row_bytes / 2),
             .bytes = 2 * extents.batch * (m * k + n * k + m * n),
             .rows = m,
             .columns = n});
}

// Few rows by as many columns as give each multiprocessor one program, two or
// three, in whole sectors of what is stored. The ring has what shared memory
// leaves to it, next to the end of a program where there is another one, if
// that is enough.
void add_fitting(std::vector<WarpgroupTile> &tiles, const DotExtents &extents) {
  const std::int64_t processors = WarpgroupWork{}.processors;
  constexpr std::int64_t fewest = 24, most_accumulators = 128, most_stages = 12,
                         kept = 4096;
  for (const std::int64_t m : {64, 128})
    for (const std::int64_t turns : {1, 2, 3}) {
      const std::int64_t rows = pieces(extents.m, m),
                         least = pieces(extents.n * rows, processors * turns),
                         n = 16 * pieces(least, 16);
      const int warps = m == 128 && n > 128 ? 8 : 4;
      if (n < fewest || m * n > most_accumulators * 32 * warps)
        continue;
      const auto stages = [&](std::int64_t end) {
        return std::min((sharedMemoryLimit(90) - kept - end) /
                            ((m + n) * warpgroup_row_bytes),
                        most_stages);
      };
      const std::int64_t beside = turns == 1 ? 0 : stages(2 * m * n);
      tiles.push_back(
          {m, n, warps, static_cast<int>(beside >= 4 ? beside : stages(0))});
    }
}

std::vector<WarpgroupTile> candidates(const DotExtents &extents) {
  if (extents.n != 0 && extents.n <= narrow.back().n)
    return {narrow[extents.n > narrow.front().n ? 1 : 0]};
  std::vector<WarpgroupTile> tiles(usual.begin(), usual.end());
  if (!extents.alone || extents.m == 0 || extents.m > most_waiting_rows)
    return tiles;
  tiles.insert(tiles.end(), deep.begin(), deep.end());
  // Columns that no swizzle divides are read along K only.
  if (extents.along_k)
    add_fitting(tiles, extents);
  return tiles;
}

} // namespace

std::optional<std::string> only_block(const BlockRoles &roles,
                                      BlockRole::Use use) {
  std::optional<std::string> found;
  for (const BlockRole &role : roles.roles) {
    if (role.use != use)
      continue;
    if (found && *found != role.block)
      return std::nullopt;
    found = role.block;
  }
  return found;
}

bool has_halves(const BlockRoles &roles) {
  for (const BlockRole &role : roles.roles)
    if (role.use != BlockRole::Use::tile &&
        ((role.a != DType::f16 && role.a != DType::bf16) || role.a != role.b))
      return false;
  return true;
}

bool set_warpgroup_blocks(Config &config, const BlockRoles &roles,
                          const DotExtents &extents, const Target &target) {
  const auto m = only_block(roles, BlockRole::Use::dot_m);
  const auto n = only_block(roles, BlockRole::Use::dot_n);
  const auto k = only_block(roles, BlockRole::Use::dot_k);
  if (!hasWarpgroups(target) || !m || !n || !k || *m == *n || *k == *m ||
      *k == *n || !has_halves(roles) || roles.dot_tiles.size() != 2 ||
      config.blocks.contains(*k) ||
      (extents.m != 0 && extents.m < fewest_rows(extents)))
    return false;
  const auto allowed = [&](const std::string &block, std::int64_t size) {
    const auto found = config.blocks.find(block);
    return found == config.blocks.end() || found->second == size;
  };
  const bool boxes = extents.alone || cut_in_boxes(roles);
  std::optional<WarpgroupTile> best;
  double least = 0;
  for (WarpgroupTile each : candidates(extents)) {
    if (!allowed(*m, each.m) || !allowed(*n, each.n) || !suits(each, extents.m))
      continue;
    // Where addresses are more than rows and columns sums take all registers.
    if (each.ping_pong && !extents.alone)
      continue;
    if (!boxes)
      each = copied_by_all(each);
    for (const int share : shares) {
      if (share > 1 &&
          (!extents.alone || each.ping_pong || each.m * each.n > most_shared ||
           !std::has_single_bit(static_cast<std::uint64_t>(each.n))))
        continue;
      each.share = share;
      const double time = microseconds(each, extents);
      if (best && time >= least)
        continue;
      best = each;
      least = time;
    }
  }
  if (!best)
    return false;
  config.blocks[*m] = best->m;
  config.blocks[*n] = best->n;
  config.blocks[*k] = warpgroup_row_bytes / 2;
  config.num_warps = best->warps;
  config.num_stages = best->stages;
  config.warp_specialize = best->specialised;
  config.persistent = best->persistent && best->share == 1;
  config.ping_pong = best->ping_pong;
  config.split_k = best->share;
  return true;
}

} // namespace girih::compiler
