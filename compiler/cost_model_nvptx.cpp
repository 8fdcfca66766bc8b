// SPDX-License-Identifier: Apache-2.0
// Estimates for GPUs. Rates are those of a multiprocessor of Hopper, in bytes
// and operations a nanosecond; see docs/decisions.md, 5, 46 and 48.
#include "girih/compiler/cost_model.h"

#include "girih/compiler/chained_model.h"
#include "girih/compiler/config_fit.h"
#include "girih/compiler/nvptx_generations.h"
#include "girih/compiler/warpgroup_model.h"

#include <algorithm>

namespace girih::compiler {
namespace {

constexpr double nano = 1e-9;
constexpr std::int64_t threads_of_processor = 2048;
// Of all memory, and of the second cache, for all multiprocessors together.
constexpr double dram_rate = 4100, l2_rate = 5500;
// Into shared memory, by one multiprocessor.
constexpr double fill_rate = 80;
// Products by warp groups are limited by what they read, too: this is what a
// product costs on top. mma.sync is far slower.
constexpr double group_rate = 20000, warp_rate = 3600, core_rate = 240;
// Until the first byte of a round comes; a program's beginning and end; what
// starts a launch.
constexpr double latency = 1000, program_start = 1500, launch = 2000;
// Bytes under way that keep a multiprocessor's share of memory busy.
constexpr double bytes_under_way = 24576;

double at_least_one(double value) { return std::max(value, 1.0); }

/// Programs that a multiprocessor has at once.
std::int64_t beside(const Config &config, const BlockRoles &roles,
                    const Machine &machine) {
  const std::int64_t shared =
      std::max<std::int64_t>(dot_shared_bytes(config, roles), 1024);
  const std::int64_t limit = sharedMemoryLimit(capabilityOf(machine.target));
  // Sums and as much again, of 64 Ki registers.
  const std::int64_t registers =
      std::clamp<std::int64_t>(2 * dot_registers(config, roles) + 40, 40, 255);
  const std::int64_t threads = std::int64_t{32} * config.num_warps;
  return std::clamp<std::int64_t>(
      std::min({limit / shared, threads_of_processor / threads,
                65536 / (registers * threads)}),
      1, 32);
}

bool by_warp_groups(const Config &config, const Work &work,
                    const Machine &machine) {
  return hasWarpgroups(machine.target) && work.element <= 2 &&
         work.block_m % 64 == 0 && config.num_warps % 4 == 0 &&
         work.block_m >= 16 * config.num_warps / 2;
}

Cost dots(const Config &config, const BlockRoles &roles, const Work &work,
          const Machine &machine) {
  Cost cost;
  const auto number = [](std::int64_t value) {
    return static_cast<double>(std::max<std::int64_t>(value, 1));
  };
  const double m = number(work.block_m), n = number(work.block_n),
               depth = number(work.block_k), element = work.element;
  const double rounds = number((work.k + work.block_k - 1) /
                               std::max<std::int64_t>(work.block_k, 1));
  const std::int64_t wanted =
      (work.programs + machine.processors - 1) / machine.processors;
  const std::int64_t near = std::min(beside(config, roles, machine),
                                     std::max<std::int64_t>(wanted, 1));
  const bool groups = by_warp_groups(config, work, machine);
  const double tensor = groups              ? group_rate
                        : work.element <= 2 ? warp_rate
                                            : core_rate;
  const double filled = (m + n) * depth * element;
  const double fill = filled / fill_rate;
  const double products = 2 * m * n * depth / tensor;
  const double ahead =
      number(near * std::max<std::int64_t>(config.num_stages - 2, 1));
  const double turns = number(wanted);
  const double round = std::max(fill + products, latency / ahead);
  const double stored = m * n * element * number(work.programs) / dram_rate;
  const double computed = turns * (rounds * round + program_start);
  const double traffic = number(work.programs) * rounds * filled;
  // A grouped order finds neighbours' tiles in the second cache.
  const double reused =
      config.order.kind == ProgramOrder::Kind::grouped ? 1.0 : 1.15;
  const double l2 = reused * traffic / l2_rate,
               dram = static_cast<double>(work.bytes) / dram_rate;
  cost.seconds = nano * (std::max({computed, l2, dram + stored}) + launch);
  cost.waves = number(work.programs) / number(machine.processors * near);
  cost.occupancy = static_cast<double>(near);
  cost.terms = {{"dram", nano * dram},
                {"l2", nano * l2},
                {"fill", nano * turns * rounds * fill},
                {"products", nano * turns * rounds * products},
                {"latency", nano * turns * rounds * latency / ahead},
                {"epilogue", nano * (turns * program_start + stored)},
                {"launch", nano * launch}};
  return cost;
}

// Products of halves in rounds of a row of the swizzle, which the default
// Config is chosen for, too.
bool has_model(const Config &config, const Work &work, const Machine &machine) {
  return by_warp_groups(config, work, machine) && work.element == 2 &&
         work.block_k * work.element == warpgroup_row_bytes;
}

Cost groups(const Config &config, const Work &work, const Machine &machine) {
  const WarpgroupTile tile{.m = work.block_m,
                           .n = work.block_n,
                           .warps = config.num_warps,
                           .stages = config.num_stages,
                           .share = config.split_k,
                           .specialised = config.warp_specialize,
                           .persistent = config.persistent,
                           .ping_pong = config.ping_pong};
  WarpgroupWork all{.programs = work.programs,
                    .rounds = (work.k + work.block_k - 1) / work.block_k,
                    .bytes = work.bytes,
                    .processors = machine.processors,
                    .rows = work.m,
                    .columns = work.n};
  Cost cost;
  cost.seconds = 1e-6 * warpgroup_microseconds(tile, all);
  const std::int64_t near = warpgroup_blocks(tile);
  cost.waves = static_cast<double>(work.programs * config.split_k) /
               static_cast<double>(near * machine.processors);
  cost.occupancy = static_cast<double>(near);
  // Without rounds, and with nothing but them.
  all.bytes = 0;
  const double computed = 1e-6 * warpgroup_microseconds(tile, all);
  all.rounds = 0;
  const double ends = 1e-6 * warpgroup_microseconds(tile, all);
  cost.terms = {{"dram", nano * static_cast<double>(work.bytes) / dram_rate},
                {"rounds", computed - ends},
                {"turns", ends}};
  return cost;
}

Cost streams(const Config &config, const BlockRoles &roles, const Work &work,
             const Machine &machine) {
  Cost cost;
  const double threads = 32.0 * config.num_warps;
  const double tile = static_cast<double>(work.tile * work.element);
  const std::int64_t near = std::min<std::int64_t>(
      beside(config, roles, machine),
      std::max<std::int64_t>(
          (work.programs + machine.processors - 1) / machine.processors, 1));
  // A thread has 16-byte accesses under way, as many as its lanes give it, and
  // few registers for more than four.
  const double each = std::min(tile / threads, 64.0);
  const double busy = std::min(1.0, static_cast<double>(near) * threads * each /
                                        bytes_under_way);
  // Pieces of less than 16 bytes a thread are narrow accesses.
  const double narrow = std::min(1.0, tile / threads / 16.0) * 0.5 + 0.5;
  const double waves = static_cast<double>(work.programs) /
                       static_cast<double>(machine.processors * near);
  const double dram =
      static_cast<double>(work.bytes) / (dram_rate * busy * narrow);
  const double turns = at_least_one(waves) * 600;
  // Lanes that do not fit the registers of a thread are spilled.
  const double lanes = static_cast<double>(work.tile) / threads;
  const double spilled = lanes > 48 ? dram * (lanes - 48) / 48 : 0;
  cost.seconds = nano * (std::max(dram + spilled, turns) + launch);
  cost.waves = waves;
  cost.occupancy = static_cast<double>(near);
  cost.terms = {{"dram", nano * dram},
                {"turns", nano * turns},
                {"spills", nano * spilled},
                {"launch", nano * launch}};
  return cost;
}

} // namespace

Cost estimate_nvptx(const Config &config, const BlockRoles &roles,
                    const Work &work, const Machine &machine) {
  if (work.chained)
    return estimate_chained(config, roles, work, machine);
  if (has_model(config, work, machine))
    return groups(config, work, machine);
  return roles.has_dot() ? dots(config, roles, work, machine)
                         : streams(config, roles, work, machine);
}

} // namespace girih::compiler
