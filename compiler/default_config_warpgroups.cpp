// SPDX-License-Identifier: Apache-2.0
// Block sizes for dots by warp groups. Where the figures come from:
// docs/decisions.md, 46.
#include "girih/compiler/default_config_warpgroups.h"

#include "girih/compiler/nvptx_generations.h"

#include <algorithm>
#include <array>
#include <optional>

namespace girih::compiler {
namespace {

constexpr std::int64_t multiprocessors = 132;
// Of K in a stage: one row of the widest swizzle.
constexpr std::int64_t row_bytes = 128;
constexpr std::int64_t most_stages = 8;

// A tile of the result.
struct Candidate {
  std::int64_t m, n;
  int warps;
};

constexpr std::array<Candidate, 8> candidates{{{128, 256, 8},
                                               {256, 128, 8},
                                               {128, 192, 8},
                                               {128, 128, 8},
                                               {128, 64, 4},
                                               {64, 128, 4},
                                               {64, 64, 4},
                                               {64, 32, 4}}};

// The block that all dots have for M, N or K; none where they differ.
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

std::int64_t stage_bytes(const Candidate &tile) {
  return (tile.m + tile.n) * row_bytes;
}

// Programs that a multiprocessor has at once, and the stages that each can use.
struct Occupancy {
  std::int64_t programs = 1, beside = 1, stages = 1;

  Occupancy(const Candidate &tile, const DotExtents &extents) {
    const auto pieces = [](std::int64_t size, std::int64_t block) {
      return size == 0 ? largest_bucket / block : (size + block - 1) / block;
    };
    programs = pieces(extents.m, tile.m) * pieces(extents.n, tile.n);
    const std::int64_t shared = sharedMemoryLimit(90);
    beside = std::clamp<std::int64_t>(
        std::min((programs + multiprocessors - 1) / multiprocessors,
                 shared / (3 * stage_bytes(tile))),
        1, 2);
    stages = std::min(most_stages, shared / (beside * stage_bytes(tile)));
  }
};

// Nanoseconds that all programs take on an H100. What a round of 64 along K
// takes is bound by what goes into shared memory and, less, by the products;
// rounds of a program alone wait for memory, as far as its stages do not reach.
double cost(const Candidate &tile, const DotExtents &extents) {
  const Occupancy fit(tile, extents);
  const auto rounds = static_cast<double>(
      ((extents.k == 0 ? largest_bucket : extents.k) + 63) / 64);
  const auto m = static_cast<double>(tile.m), n = static_cast<double>(tile.n);
  const double work = 1.6 * (m + n) + 0.0064 * m * n;
  const double latency = 1000.0 / static_cast<double>(std::max<std::int64_t>(
                                      fit.beside * (fit.stages - 2), 1));
  const std::int64_t turns =
      (fit.programs + multiprocessors - 1) / multiprocessors;
  return static_cast<double>(turns) * (rounds * std::max(work, latency) + 1500);
}

} // namespace

bool set_warpgroup_blocks(Config &config, const BlockRoles &roles,
                          const DotExtents &extents, const Target &target) {
  const auto m = only_block(roles, BlockRole::Use::dot_m);
  const auto n = only_block(roles, BlockRole::Use::dot_n);
  const auto k = only_block(roles, BlockRole::Use::dot_k);
  if (capabilityOf(target) != 90 || !m || !n || !k || *m == *n || *k == *m ||
      *k == *n || !has_halves(roles) || roles.dot_tiles.size() != 2 ||
      config.blocks.contains(*k) || (extents.m != 0 && extents.m < 64))
    return false;
  const auto allowed = [&](const std::string &block, std::int64_t size) {
    const auto found = config.blocks.find(block);
    return found == config.blocks.end() || found->second == size;
  };
  const Candidate *best = nullptr;
  for (const Candidate &each : candidates)
    if (allowed(*m, each.m) && allowed(*n, each.n) &&
        (extents.m == 0 || each.m < 2 * extents.m) &&
        (!best || cost(each, extents) < cost(*best, extents)))
      best = &each;
  if (!best)
    return false;
  config.blocks[*m] = best->m;
  config.blocks[*n] = best->n;
  config.blocks[*k] = row_bytes / 2;
  config.num_warps = best->warps;
  config.num_stages = static_cast<int>(Occupancy(*best, extents).stages);
  return true;
}

} // namespace girih::compiler
