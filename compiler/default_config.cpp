// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/default_config.h"

#include "girih/compiler/cost_model.h"

#include <algorithm>
#include <bit>

namespace girih::compiler {
namespace {

// Of a tile, as the language has it.
constexpr std::int64_t most_lanes = 1 << 20;

bool used_as(const BlockRoles &roles, const std::string &block,
             BlockRole::Use use) {
  return std::any_of(roles.roles.begin(), roles.roles.end(),
                     [&](const BlockRole &role) {
                       return role.block == block && role.use == use;
                     });
}

bool used_by_dot(const BlockRoles &roles, const std::string &block) {
  return used_as(roles, block, BlockRole::Use::dot_m) ||
         used_as(roles, block, BlockRole::Use::dot_n) ||
         used_as(roles, block, BlockRole::Use::dot_k);
}

// The largest source dimension that blocks of this use cut.
std::int64_t extent(const BlockRoles &roles, BlockRole::Use use,
                    const std::vector<std::vector<std::int64_t>> &shapes) {
  std::int64_t largest = 0;
  for (const BlockUse &block : roles.blocks)
    if (used_as(roles, block.name, use))
      largest = std::max(largest, block_extent(roles, block.name, shapes));
  return largest;
}

} // namespace

std::int64_t
block_extent(const BlockRoles &roles, const std::string &block,
             const std::vector<std::vector<std::int64_t>> &shapes) {
  std::int64_t largest = 0;
  for (const BlockRole &role : roles.roles) {
    if (role.block != block || role.use != BlockRole::Use::tile || !role.extent)
      continue;
    const std::int64_t size = role.extent->evaluate([&](const Symbol &symbol) {
      return shapes.at(static_cast<std::size_t>(symbol.operand))
          .at(static_cast<std::size_t>(symbol.dim));
    });
    largest = std::max(largest, size);
  }
  return largest;
}

std::int64_t size_bucket(std::int64_t size) {
  if (size <= 1)
    return 1;
  if (size >= largest_bucket)
    return largest_bucket;
  return static_cast<std::int64_t>(
      std::bit_ceil(static_cast<std::uint64_t>(size)));
}

void set_elementwise_blocks(Config &config, const BlockRoles &roles,
                            std::int64_t elements) {
  for (const bool contiguous : {true, false})
    for (const BlockUse &block : roles.blocks) {
      const auto uses = roles.of(block.name);
      const bool runs =
          std::any_of(uses.begin(), uses.end(),
                      [](const BlockRole &role) { return role.contiguous; });
      if (runs != contiguous || used_by_dot(roles, block.name))
        continue;
      const std::int64_t size =
          config.blocks
              .try_emplace(block.name, std::max<std::int64_t>(elements, 1))
              .first->second;
      elements = std::max<std::int64_t>(elements / size, 1);
    }
}

// Not below `size`: a power of two, or three of the next smaller one.
static std::int64_t covering_bucket(std::int64_t size) {
  const auto top = static_cast<std::int64_t>(std::bit_ceil(
      static_cast<std::uint64_t>(std::max<std::int64_t>(size, 1))));
  const std::int64_t middle = top / 4 * 3;
  return std::min(size <= middle ? middle : top, most_lanes);
}

// What the kernel itself says of its blocks: fallbacks and sizes to cover.
static Config
fixed_blocks(const BlockRoles &roles,
             const std::vector<std::vector<std::int64_t>> &shapes) {
  Config config;
  for (const BlockUse &block : roles.blocks) {
    if (block.fallback > 0)
      config.blocks[block.name] = block.fallback;
    for (const Expr &each : block.covers) {
      const std::int64_t size = each.evaluate([&](const Symbol &symbol) {
        return shapes.at(static_cast<std::size_t>(symbol.operand))
            .at(static_cast<std::size_t>(symbol.dim));
      });
      std::int64_t &value = config.blocks[block.name];
      value = std::max(value, covering_bucket(size));
    }
  }
  return config;
}

// Whether neighbours along K are neighbours in memory, in all operands of dots.
static bool runs_along_k(const BlockRoles &roles,
                         std::span<const OperandClass> known) {
  return std::ranges::all_of(roles.roles, [&](const BlockRole &role) {
    if (role.use != BlockRole::Use::tile ||
        !used_as(roles, role.block, BlockRole::Use::dot_k))
      return true;
    if (known.empty())
      return role.contiguous;
    return role.source >= 0 &&
           (known[static_cast<std::size_t>(role.operand)].unit_stride >>
                role.source &
            1) != 0;
  });
}

// Products beside each other, whatever the blocks are.
static std::int64_t
batch_of(Config config, const BlockRoles &roles,
         const std::vector<std::vector<std::int64_t>> &shapes) {
  for (const BlockUse &use : roles.blocks)
    config.blocks.try_emplace(use.name, 1);
  const std::vector<DType> dtypes(shapes.size(), DType::f32); // not asked for
  return work_of(config, roles, shapes, dtypes).batch;
}

Config default_config(const BlockRoles &roles,
                      const std::vector<std::vector<std::int64_t>> &shapes,
                      const Target &target,
                      std::span<const OperandClass> known) {
  DotExtents extents;
  if (roles.has_dot()) {
    extents.m = extent(roles, BlockRole::Use::dot_m, shapes);
    extents.n = extent(roles, BlockRole::Use::dot_n, shapes);
    extents.k = extent(roles, BlockRole::Use::dot_k, shapes);
    extents.alone = std::ranges::all_of(
        shapes, [](const auto &sizes) { return sizes.size() <= 2; });
    extents.along_k = runs_along_k(roles, known);
  }
  Config fixed = fixed_blocks(roles, shapes);
  if (roles.has_dot())
    extents.batch = batch_of(fixed, roles, shapes);
  if (target.kind == Target::Kind::host) {
    for (std::int64_t *each : {&extents.m, &extents.n, &extents.k})
      *each = *each == 0 ? 0 : size_bucket(*each);
    return default_host_config(std::move(fixed), roles, shapes, extents);
  }
  return default_nvptx_config(std::move(fixed), roles, shapes, extents, target);
}

} // namespace girih::compiler
