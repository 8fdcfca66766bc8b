// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/config_fit.h"

#include "girih/compiler/clusters.h"
#include "girih/compiler/nvptx_generations.h"
#include "girih/dsl/support/diagnostics.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace girih::compiler {
namespace {

using Shapes = std::vector<std::vector<std::int64_t>>;

// Of a tile, as the language has it.
constexpr std::int64_t most_lanes = 1 << 20;
constexpr int warp = 32, most_threads = 1024;
// Of a thread's 255 registers, those that sums may take: fragments, addresses
// and counters need the rest.
constexpr std::int64_t most_sums = 208;
// Elements of one operand's tile that a thread can hold.
constexpr std::int64_t most_elements = 128;

std::int64_t element_bytes(DType dtype) { return std::max(bits(dtype) / 8, 1); }

std::string number(std::int64_t value) { return std::to_string(value); }

std::string block_misfit(const Config &config, const BlockRoles &roles,
                         const Shapes &shapes) {
  for (const auto &[name, value] : config.blocks)
    if (std::none_of(roles.blocks.begin(), roles.blocks.end(),
                     [&](const BlockUse &use) { return use.name == name; }))
      return "the kernel has no block size " + name;
  for (const BlockUse &use : roles.blocks) {
    const auto found = config.blocks.find(use.name);
    const std::int64_t value =
        found == config.blocks.end() ? use.fallback : found->second;
    if (value < 1 || value > most_lanes)
      return "block size " + use.name + " is " +
             (value == 0 ? std::string("missing") : number(value));
    for (const Expr &each : use.covers) {
      const std::int64_t size = each.evaluate([&](const Symbol &symbol) {
        return shapes.at(static_cast<std::size_t>(symbol.operand))
            .at(static_cast<std::size_t>(symbol.dim));
      });
      if (value < size)
        return "block size " + use.name + " is " + number(value) +
               ", and must cover " + number(size);
    }
  }
  return {};
}

std::string field_misfit(const Config &config, const Target &target) {
  try {
    check_config(config, {});
  } catch (const CompileError &error) {
    return error.diagnostic().message;
  }
  if (!hasWarpgroups(target) &&
      (config.warp_specialize || config.persistent || config.split_k != 1 ||
       config.num_ctas != 1 || config.ping_pong || config.stream_k))
    return "no code depends on warp_specialize, persistent, ping_pong, "
           "stream_k, split_k and num_ctas but that of sm_90";
  if ((config.ping_pong || config.stream_k) && !config.persistent)
    return "no code depends on ping_pong and stream_k but that of blocks that "
           "do several programs";
  return {};
}

Config with_fallbacks(Config config, const BlockRoles &roles) {
  for (const BlockUse &use : roles.blocks)
    if (use.fallback > 0)
      config.blocks.try_emplace(use.name, use.fallback);
  return config;
}

std::string device_misfit(const Config &config, const BlockRoles &roles,
                          const Target &target) {
  const std::int64_t threads = std::int64_t{warp} * config.num_warps;
  if (threads > most_threads)
    return number(threads) + " threads, of which a program has at most " +
           number(most_threads);
  if (config.num_ctas > mostClusterBlocks)
    return number(config.num_ctas) +
           " blocks of a cluster, which has at most " +
           number(mostClusterBlocks);
  if (config.num_ctas != 1 && !config.persistent &&
      (roles.has_dot() || config.num_warps % config.num_ctas != 0))
    return "no code depends on num_ctas but that of blocks that do several "
           "programs, and of equal parts of warps that multiply no matrices";
  const std::int64_t shared = dot_shared_bytes(config, roles),
                     limit = sharedMemoryLimit(capabilityOf(target));
  if (shared > limit)
    return "the operands of dots take " + number(shared) +
           " bytes of shared memory, of which " + target.arch + " has " +
           number(limit);
  const std::int64_t sums = dot_registers(config, roles);
  if (sums > most_sums)
    return "sums of dots take " + number(sums) +
           " registers of a thread, of which they can have " +
           number(most_sums);
  const std::int64_t lanes = largest_tile(config, roles);
  if (!roles.has_dot() && lanes > most_elements * threads)
    return "a tile of " + number(lanes) + " elements gives a thread " +
           number(lanes / threads) + ", of which it can hold " +
           number(most_elements);
  return {};
}

/// Of two chained products: where warps share rows, each needs what the others
/// have made of the second one's first operand.
std::int64_t exchanged_bytes(const Config &config, const BlockRoles &roles) {
  std::int64_t rows = 0, bytes = 0;
  for (const BlockRole &role : roles.roles) {
    if (role.use == BlockRole::Use::dot_m)
      rows = std::max(rows, config.blocks.at(role.block));
    if (role.use == BlockRole::Use::dot_n && element_bytes(role.a) <= 2)
      for (const BlockRole &other : roles.roles)
        if (other.use == BlockRole::Use::dot_k && other.block == role.block)
          bytes = config.blocks.at(role.block) * element_bytes(other.a);
  }
  return rows % (16 * std::max(config.num_warps, 1)) == 0 ? 0 : rows * bytes;
}

} // namespace

std::int64_t dot_shared_bytes(const Config &config, const BlockRoles &roles) {
  std::map<int, std::int64_t> loops; // one loop's memory is the next one's
  std::int64_t always = 0, most = 0;
  for (const DotTile &tile : roles.dot_tiles) {
    std::int64_t bytes = tile.elements * element_bytes(tile.dtype);
    for (const std::string &block : tile.blocks)
      bytes *= config.blocks.at(block);
    if (tile.staged)
      bytes *= config.num_stages;
    (tile.loop < 0 ? always : loops[tile.loop]) += bytes;
  }
  for (const auto &[loop, bytes] : loops)
    most = std::max(most, bytes);
  return always + most + exchanged_bytes(config, roles);
}

std::int64_t dot_registers(const Config &config, const BlockRoles &roles) {
  std::set<std::pair<std::string, std::string>> tiles; // rows, columns
  std::string rows;
  std::int64_t width = 1;
  for (const BlockRole &role : roles.roles) {
    if (role.use == BlockRole::Use::dot_m)
      rows = role.block;
    else if (role.use == BlockRole::Use::dot_n && !rows.empty())
      tiles.emplace(rows, role.block);
    if (role.use != BlockRole::Use::tile && role.a == DType::f64)
      width = 2;
  }
  std::int64_t elements = 0;
  for (const auto &[m, n] : tiles)
    elements += config.blocks.at(m) * config.blocks.at(n);
  return width * elements / (std::int64_t{warp} * config.num_warps);
}

std::int64_t largest_tile(const Config &config, const BlockRoles &roles) {
  std::map<int, std::int64_t> lanes;
  for (std::size_t at = 0; at < roles.fixed_lanes.size(); ++at)
    lanes[static_cast<int>(at)] = roles.fixed_lanes[at];
  for (const BlockRole &role : roles.roles)
    if (role.use == BlockRole::Use::tile)
      lanes.try_emplace(role.operand, 1).first->second *=
          config.blocks.at(role.block);
  std::int64_t most = 1;
  for (const auto &[operand, count] : lanes)
    most = std::max(most, count);
  return most;
}

std::string misfit(const Config &config, const BlockRoles &roles,
                   const Shapes &shapes, const Target &target) {
  std::string reason = block_misfit(config, roles, shapes);
  if (reason.empty())
    reason = field_misfit(config, target);
  if (!reason.empty())
    return reason;
  const Config whole = with_fallbacks(config, roles);
  if (const std::int64_t lanes = largest_tile(whole, roles); lanes > most_lanes)
    return "a tile has " + number(lanes) + " elements; the most is " +
           number(most_lanes);
  if (target.kind == Target::Kind::nvptx)
    return device_misfit(whole, roles, target);
  return {};
}

} // namespace girih::compiler
