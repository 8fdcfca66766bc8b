// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/cost_model.h"

#include "girih/compiler/config_fit.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <utility>

namespace girih::compiler {
namespace {

using Shapes = std::vector<std::vector<std::int64_t>>;
using Use = BlockRole::Use;

std::int64_t pieces(std::int64_t size, std::int64_t block) {
  return (size + block - 1) / std::max<std::int64_t>(block, 1);
}

std::int64_t elements(const std::vector<std::int64_t> &shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape)
    count *= size;
  return count;
}

std::int64_t extent_of(const BlockRole &role, const Shapes &shapes) {
  if (!role.extent)
    return 0;
  return role.extent->evaluate([&](const Symbol &symbol) {
    return shapes.at(static_cast<std::size_t>(symbol.operand))
        .at(static_cast<std::size_t>(symbol.dim));
  });
}

/// The last operand that blocks cut: an output, as a rule.
int cut_operand(const BlockRoles &roles) {
  int last = -1;
  for (const BlockRole &role : roles.roles)
    if (role.use == Use::tile)
      last = std::max(last, role.operand);
  return last;
}

void count_programs(Work &work, const Config &config, const BlockRoles &roles,
                    const Shapes &shapes) {
  const int out = cut_operand(roles);
  if (out < 0)
    return;
  std::set<int> seen; // dimensions of the tile
  std::int64_t cut = 1, covered = 1;
  for (const BlockRole &role : roles.roles) {
    if (role.use != Use::tile || role.operand != out ||
        !seen.insert(role.dim).second)
      continue;
    const std::int64_t size =
        std::max<std::int64_t>(extent_of(role, shapes), 1);
    cut *= pieces(size, config.blocks.at(role.block));
    covered *= size;
  }
  const auto at = static_cast<std::size_t>(out);
  const std::int64_t fixed =
      at < roles.fixed_lanes.size() ? roles.fixed_lanes[at] : 1;
  work.batch = std::max<std::int64_t>(
      pieces(elements(shapes[at]), covered * std::max<std::int64_t>(fixed, 1)),
      1);
  work.programs = work.batch * cut;
}

/// Elements of a tile for one of those that `block` cuts.
std::int64_t elements_beside(const std::string &block, const DotTile &tile,
                             const Config &config) {
  std::int64_t count = tile.elements;
  for (const std::string &each : tile.blocks)
    count *= each == block ? 1 : config.blocks.at(each);
  return count;
}

void set_extents(Work &work, const Config &config, const BlockRoles &roles,
                 const Shapes &shapes) {
  std::map<std::string, std::int64_t> extents;
  for (const BlockRole &role : roles.roles)
    if (role.use == Use::tile) {
      std::int64_t &extent = extents[role.block];
      extent = std::max(extent, extent_of(role, shapes));
    }
  for (const auto &[name, extent] : extents)
    if (const std::int64_t block = config.blocks.at(name); extent > 0)
      work.padded *= static_cast<double>(pieces(extent, block) * block) /
                     static_cast<double>(extent);
  const auto set = [&](const BlockRole &role, std::int64_t &extent,
                       std::int64_t &block) {
    extent = std::max(extent, extents[role.block]);
    block = std::max(block, config.blocks.at(role.block));
  };
  const std::optional<std::string> chained = roles.chained();
  for (const BlockRole &role : roles.roles) {
    if (role.use == Use::dot_m)
      set(role, work.m, work.block_m);
    else if (role.use == Use::dot_n)
      set(role, work.n, work.block_n);
    else if (role.use == Use::dot_k && (!chained || role.block == *chained))
      set(role, work.k, work.block_k);
    else if (role.contiguous)
      work.inner = std::max(work.inner, config.blocks.at(role.block));
    if (role.use != Use::tile)
      work.element = std::max(bits(role.a) / 8, 1);
  }
}

} // namespace

Work work_of(const Config &config, const BlockRoles &roles,
             const Shapes &shapes, const std::vector<DType> &dtypes) {
  Work work;
  const std::optional<std::string> chained = roles.chained();
  work.chained = chained.has_value();
  if (!roles.has_dot())
    work.element = 1;
  for (std::size_t at = 0; at < shapes.size(); ++at) {
    const int width = std::max(bits(dtypes.at(at)) / 8, 1);
    work.bytes += elements(shapes[at]) * width;
    if (!roles.has_dot() && !shapes[at].empty())
      work.element = std::max(work.element, width);
  }
  work.tile = largest_tile(config, roles);
  set_extents(work, config, roles, shapes);
  // A loop with masks reads the same tiles as one without.
  std::map<int, std::int64_t> widths;
  for (const DotTile &tile : roles.dot_tiles)
    if (chained && tile.staged)
      widths[tile.loop] += elements_beside(*chained, tile, config);
  for (const auto &[loop, width] : widths)
    work.width = std::max(work.width, width);
  count_programs(work, config, roles, shapes);
  return work;
}

std::string Cost::to_string() const {
  const auto text = [](double value) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.2f", value);
    return std::string(digits);
  };
  std::string all = text(1e6 * seconds) + " us:";
  for (const CostTerm &term : terms)
    all += (&term == terms.data() ? " " : ", ") + std::string(term.name) + " " +
           text(1e6 * term.seconds);
  return all + " us; " + text(waves) + " waves, " + text(occupancy) +
         " programs on a processor";
}

Cost estimate(const Config &config, const BlockRoles &roles,
              const Shapes &shapes, const std::vector<DType> &dtypes,
              const Machine &machine) {
  Config whole = config;
  for (const BlockUse &use : roles.blocks)
    whole.blocks.try_emplace(use.name, std::max<std::int64_t>(use.fallback, 1));
  const Work work = work_of(whole, roles, shapes, dtypes);
  return machine.target.kind == Target::Kind::host
             ? estimate_host(whole, roles, work, machine)
             : estimate_nvptx(whole, roles, work, machine);
}

} // namespace girih::compiler
