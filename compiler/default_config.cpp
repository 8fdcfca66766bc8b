// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/default_config.h"

#include <algorithm>
#include <bit>

namespace girih::compiler {
namespace {

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

// The bucket of the largest source dimension that blocks of this use cut.
std::int64_t extent(const BlockRoles &roles, BlockRole::Use use,
                    const std::vector<std::vector<std::int64_t>> &shapes) {
  std::int64_t largest = 0;
  for (const BlockRole &role : roles.roles) {
    if (role.use != BlockRole::Use::tile || !used_as(roles, role.block, use))
      continue;
    const auto operand = static_cast<std::size_t>(role.operand);
    const auto dim = static_cast<std::size_t>(role.dim);
    if (operand < shapes.size() && dim < shapes[operand].size())
      largest = std::max(largest, size_bucket(shapes[operand][dim]));
  }
  return largest;
}

} // namespace

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
      const std::int64_t size = block.fallback > 0
                                    ? block.fallback
                                    : std::max<std::int64_t>(elements, 1);
      config.blocks[block.name] = size;
      elements = std::max<std::int64_t>(elements / size, 1);
    }
}

Config default_config(const BlockRoles &roles,
                      const std::vector<std::vector<std::int64_t>> &shapes,
                      const Target &target) {
  DotExtents extents;
  if (roles.has_dot()) {
    extents.m = extent(roles, BlockRole::Use::dot_m, shapes);
    extents.n = extent(roles, BlockRole::Use::dot_n, shapes);
    extents.k = extent(roles, BlockRole::Use::dot_k, shapes);
  }
  if (target.kind == Target::Kind::host)
    return default_host_config(roles, extents);
  return default_nvptx_config(roles, extents, target);
}

} // namespace girih::compiler
