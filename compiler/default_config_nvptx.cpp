// SPDX-License-Identifier: Apache-2.0
// Block sizes for GPUs. Where the figures come from: docs/decisions.md, 5.
#include "girih/compiler/config_fit.h"
#include "girih/compiler/default_config_warpgroups.h"
#include "girih/compiler/nvptx_generations.h"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace girih::compiler {
namespace {

// One 16-byte access per operand and thread, 128 threads.
constexpr int elementwise_warps = 4;
constexpr std::int64_t access_bytes = 16;
// Lanes of a row that a thread holds, and of a piece of one: while it computes,
// the next piece comes, and room is left for more threads.
constexpr std::int64_t row_lanes = 32, piece_lanes = 16;

std::int64_t narrowest_bytes(const BlockRoles &roles) {
  std::int64_t least = 8;
  for (const BlockRole &role : roles.roles)
    if (role.use == BlockRole::Use::tile)
      least = std::min<std::int64_t>(least, std::max(bits(role.a) / 8, 1));
  return least;
}

std::int64_t operand_bytes(const BlockRoles &roles) {
  for (const BlockRole &role : roles.roles)
    if (role.use == BlockRole::Use::dot_k)
      return std::max(bits(role.a) / 8, 1);
  return 4;
}

void set_dot_blocks(Config &config, const BlockRoles &roles,
                    const DotExtents &extents) {
  // Two programs of 4 warps, each warp 64x64, share an SM and hide each other's
  // barriers; rows of 64 bytes of K keep three stages small enough for that.
  const std::int64_t wanted_k =
      std::max<std::int64_t>(64 / operand_bytes(roles), 16);
  const std::optional<std::string> chained = roles.chained();
  // A 64x64 tile of f64 a warp would not fit its registers.
  const std::int64_t side = operand_bytes(roles) == 8 ? 64 : 128;
  const auto fit = [](std::int64_t most, std::int64_t size) {
    return size == 0 ? most
                     : std::clamp<std::int64_t>(size_bucket(size), 16, most);
  };
  const std::map<std::string, std::int64_t> fixed = config.blocks;
  for (const BlockRole &role : roles.roles) {
    if (fixed.contains(role.block))
      continue;
    if (role.block == chained) {
      config.blocks[role.block] = fit(chained_columns, extents.n);
      continue;
    }
    switch (role.use) {
    case BlockRole::Use::dot_m:
      config.blocks[role.block] = fit(side, extents.m);
      break;
    case BlockRole::Use::dot_n:
      config.blocks[role.block] = fit(side, extents.n);
      break;
    case BlockRole::Use::dot_k:
      config.blocks[role.block] = wanted_k;
      break;
    case BlockRole::Use::tile:
      break;
    }
  }
}

// Registers of a thread that the accumulators of all dots may take: the rest
// holds fragments and addresses.
constexpr std::int64_t accumulator_registers = 160;

// Enough warps for the accumulators of dots that are alive together.
int dot_warps(const Config &config, const BlockRoles &roles) {
  std::set<std::pair<std::string, std::string>> tiles; // rows, columns
  std::string rows;
  for (const BlockRole &role : roles.roles) {
    if (role.use == BlockRole::Use::dot_m)
      rows = role.block;
    else if (role.use == BlockRole::Use::dot_n && !rows.empty())
      tiles.emplace(rows, role.block);
  }
  std::int64_t elements = 0;
  for (const auto &[m, n] : tiles)
    elements += config.blocks.at(m) * config.blocks.at(n);
  int warps = elementwise_warps;
  while (warps < 16 && elements > warps * 32 * accumulator_registers)
    warps *= 2;
  return warps;
}

// Halves the block whose half saves most, the larger one of two; false where
// none may be smaller.
bool halve_block(Config &config, const BlockRoles &roles) {
  std::optional<std::pair<std::int64_t, std::int64_t>> best; // bytes, -size
  std::string chosen;
  for (const BlockUse &block : roles.blocks) {
    const auto found = config.blocks.find(block.name);
    const std::int64_t size = found == config.blocks.end() ? 0 : found->second;
    if (!block.covers.empty() || size < 32 || size % 2 != 0)
      continue;
    Config half = config;
    half.blocks[block.name] = size / 2;
    const std::pair after{dot_shared_bytes(half, roles), -size};
    if (after.first < dot_shared_bytes(config, roles) &&
        (!best || after < *best)) {
      best = after;
      chosen = block.name;
    }
  }
  if (best)
    config.blocks[chosen] /= 2;
  return best.has_value();
}

// Fewer stages, then smaller blocks, until the operands of dots fit.
void fit_shared_memory(Config &config, const BlockRoles &roles,
                       std::int64_t limit) {
  while (config.num_stages > 2 && dot_shared_bytes(config, roles) > limit)
    --config.num_stages;
  while (dot_shared_bytes(config, roles) > limit && halve_block(config, roles))
    continue;
  if (dot_shared_bytes(config, roles) > limit)
    config.num_stages = 1;
}

// Lanes of the blocks whose sizes the kernel gives.
std::int64_t given_lanes(const Config &config, const BlockRoles &roles) {
  std::int64_t lanes = 1;
  for (const BlockUse &block : roles.blocks)
    if (block.fallback > 0)
      lanes *= config.blocks.at(block.name);
  return lanes;
}

int warps_for(std::int64_t lanes, std::int64_t per_thread, std::int64_t least) {
  return static_cast<int>(std::bit_floor(static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(lanes / (32 * per_thread), least, 16))));
}

// Lanes of the blocks that cover a size.
std::int64_t covered_lanes(const Config &config, const BlockRoles &roles) {
  std::int64_t lanes = 1;
  for (const BlockUse &block : roles.blocks)
    if (!block.covers.empty())
      lanes *= config.blocks.at(block.name);
  return lanes;
}

} // namespace

Config
default_nvptx_config(Config config, const BlockRoles &roles,
                     const std::vector<std::vector<std::int64_t>> &shapes,
                     const DotExtents &extents, const Target &target) {
  config.num_warps = elementwise_warps;
  if (set_warpgroup_blocks(config, roles, extents, target)) {
    config.order = {ProgramOrder::Kind::grouped, 8};
  } else if (set_chained_blocks(config, roles, shapes, target)) {
    // All of it is set.
  } else if (roles.has_dot()) {
    set_dot_blocks(config, roles, extents);
    config.num_stages = 3;
    fit_shared_memory(config, roles, sharedMemoryLimit(capabilityOf(target)));
    config.num_warps = dot_warps(config, roles);
    config.order = {ProgramOrder::Kind::grouped, 8};
  } else if (const std::int64_t lanes = covered_lanes(config, roles);
             lanes > 1) {
    // A row is kept in registers: 32 lanes a thread, from one warp to 16.
    config.num_warps = warps_for(lanes, row_lanes, 1);
  } else {
    config.num_warps =
        warps_for(given_lanes(config, roles), piece_lanes, elementwise_warps);
  }
  set_elementwise_blocks(config, roles,
                         32 * elementwise_warps * access_bytes /
                             narrowest_bytes(roles));
  return config;
}

} // namespace girih::compiler
