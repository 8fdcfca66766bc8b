// SPDX-License-Identifier: Apache-2.0
// Block sizes for chained dots by warp groups, as attention's. Where the
// figures come from: docs/decisions.md, 72.
#include "girih/compiler/chained_tiles.h"
#include "girih/compiler/config_fit.h"
#include "girih/compiler/cost_model.h"
#include "girih/compiler/default_config_warpgroups.h"
#include "girih/compiler/nvptx_generations.h"
#include "girih/compiler/warpgroup_model.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace girih::compiler {
namespace {

// Rows of which tiles of warps by themselves leave fewer empty.
constexpr std::int64_t most_few_rows = 32;
// What a copy's swizzle divides.
constexpr std::int64_t covering_step = 32;
// A kernel's own text leaves ptxas other orders than the library's: more
// columns than these were slower, and so were rounds that test columns.
constexpr std::int64_t most_columns = 160, tested = 95;

std::int64_t round_up(std::int64_t size, std::int64_t step) {
  return pieces(size, step) * step;
}

// The sizes of the call that tiles depend on. `config` has all blocks.
ChainedWork chained_work(const Config &config, const BlockRoles &roles,
                         const std::vector<std::vector<std::int64_t>> &shapes) {
  const Work work = work_of(config, roles, shapes,
                            std::vector<DType>(shapes.size(), DType::bf16));
  ChainedWork chained;
  chained.rows = work.m == 0 ? largest_bucket : work.m;
  chained.columns = work.k == 0 ? largest_bucket : work.k;
  chained.batch = work.batch;
  chained.width = work.width;
  chained.hidden = chained.later_take_longer = roles.later_take_longer;
  chained.most_columns = most_columns;
  chained.tested = tested;
  return chained;
}

bool in_warp_groups(std::int64_t rows) {
  constexpr std::int64_t group = 64, most_groups = 3;
  return rows % group == 0 && rows <= most_groups * group;
}

} // namespace

bool set_chained_blocks(Config &config, const BlockRoles &roles,
                        const std::vector<std::vector<std::int64_t>> &shapes,
                        const Target &target) {
  const std::optional<std::string> rows =
                                       only_block(roles, BlockRole::Use::dot_m),
                                   columns = roles.chained();
  if (!hasWarpgroups(target) || !rows || !columns || !has_halves(roles))
    return false;
  Config chosen = config;
  for (const BlockUse &use : roles.blocks)
    if (std::int64_t &block = chosen.blocks[use.name]; !use.covers.empty())
      block = round_up(block, covering_step);
    else
      block = std::max<std::int64_t>(block, 1);
  const ChainedWork work = chained_work(chosen, roles, shapes);
  if (work.rows <= most_few_rows)
    return false;
  ChainedTile tile = chained_tile(work);
  if (config.blocks.contains(*rows))
    tile.rows = config.blocks.at(*rows);
  if (config.blocks.contains(*columns))
    tile.columns = config.blocks.at(*columns);
  chosen.blocks[*rows] = tile.rows;
  chosen.blocks[*columns] = tile.columns;
  chosen.num_warps = static_cast<int>(tile.rows / 16);
  chosen.num_stages = chained_stages(work, tile);
  const std::int64_t limit = sharedMemoryLimit(capabilityOf(target));
  if (!in_warp_groups(tile.rows) || dot_shared_bytes(chosen, roles) > limit)
    return false;
  chosen.warp_specialize = true;
  chosen.persistent = several_chained(work, tile);
  chosen.order = chained_order(work, tile);
  config = std::move(chosen);
  return true;
}

} // namespace girih::compiler
