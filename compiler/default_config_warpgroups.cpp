// SPDX-License-Identifier: Apache-2.0
// Block sizes for dots by warp groups. Where the figures come from:
// docs/decisions.md, 44.
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
constexpr int most_stages = 4;

// A tile of the result, and the share of the matrix units' speed at which many
// programs of it run.
struct Candidate {
  std::int64_t m, n;
  int warps;
  double speed;
};

constexpr std::array<Candidate, 6> candidates{{{128, 256, 8, 1.0},
                                               {256, 128, 8, 1.0},
                                               {128, 128, 8, 0.85},
                                               {64, 256, 4, 0.8},
                                               {128, 64, 4, 0.7},
                                               {64, 64, 4, 0.5}}};

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

// How long all programs take, in units of one multiprocessor's work.
double cost(const Candidate &tile, const DotExtents &extents,
            std::int64_t shared) {
  const auto pieces = [](std::int64_t size, std::int64_t block) {
    return size == 0 ? largest_bucket / block : (size + block - 1) / block;
  };
  const std::int64_t programs =
      pieces(extents.m, tile.m) * pieces(extents.n, tile.n);
  // Those of one multiprocessor share its speed.
  const std::int64_t beside =
      std::clamp<std::int64_t>(shared / (3 * stage_bytes(tile)), 1, 2);
  const std::int64_t waves =
      (programs + multiprocessors * beside - 1) / (multiprocessors * beside);
  const std::int64_t busy =
      waves == 1 ? (programs + multiprocessors - 1) / multiprocessors
                 : waves * beside;
  return static_cast<double>(busy * tile.m * tile.n) / tile.speed;
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
  const std::int64_t shared = sharedMemoryLimit(90);
  const auto allowed = [&](const std::string &block, std::int64_t size) {
    const auto found = config.blocks.find(block);
    return found == config.blocks.end() || found->second == size;
  };
  const Candidate *best = nullptr;
  for (const Candidate &each : candidates)
    if (allowed(*m, each.m) && allowed(*n, each.n) &&
        (!best || cost(each, extents, shared) < cost(*best, extents, shared)))
      best = &each;
  if (!best)
    return false;
  config.blocks[*m] = best->m;
  config.blocks[*n] = best->n;
  config.blocks[*k] = row_bytes / 2;
  config.num_warps = best->warps;
  config.num_stages = static_cast<int>(
      std::min<std::int64_t>(most_stages, shared / stage_bytes(*best)));
  return true;
}

} // namespace girih::compiler
