// SPDX-License-Identifier: Apache-2.0
// Constants: an H100, 2026-11-27. Causal attention of 12 shapes in bf16, about
// 195 Configs of each by chance, fitted by least squares of logarithms.
#include "girih/compiler/chained_model.h"

#include "girih/compiler/config_fit.h"
#include "girih/compiler/nvptx_generations.h"

#include <algorithm>
#include <cmath>

namespace girih::compiler {
namespace {

constexpr double nano = 1e-9;
// Of a multiprocessor, operations a nanosecond: by warp groups, by warps,
// without matrix instructions; powers and what else is done to a score.
constexpr double group_rate = 12763, warp_rate = 3265, core_rate = 240,
                 score_rate = 21.7;
// Bytes a nanosecond, of all multiprocessors.
constexpr double l2_rate = 6457;
// Nanoseconds: of a round's steps, which wait for each other; of warps that
// share rows and meet; until a copy lands; of a program's beginning and end
// where blocks do one, and where they do several; of a launch.
constexpr double group_latency = 126, warp_latency = 85, meeting = 208,
                 landing = 371, single_start = 2818, several_start = 2059,
                 launch = 8205;
// Where a warp is alone, of eight that share scores.
constexpr double alone_part = 0.619;
// Values that a thread has room for, and what twice as many cost.
constexpr double room = 189, spilled = 1.87;
// Where all warps copy, they wait for each other.
constexpr double copying_together = 1.19;
// Of the longest program, what is left when other multiprocessors are done.
constexpr double single_tail = 0.58, several_tail = 0.81,
                 descending_single = 0.5, descending_several = 0.3;

double number(std::int64_t value) {
  return static_cast<double>(std::max<std::int64_t>(value, 1));
}

/// A program and those beside it.
struct Program {
  bool groups = false, specialised = false, shared_rows = false;
  double held = 0; // values of a thread: scores, weights and sums
  double near = 1; // programs of a multiprocessor

  Program(const Config &config, const BlockRoles &roles, const Work &work,
          const Machine &machine)
      : shared_rows(work.block_m % (16 * std::max(config.num_warps, 1)) != 0) {
    groups = hasWarpgroups(machine.target) && work.element <= 2 &&
             config.num_warps % 4 == 0 && !shared_rows;
    specialised = groups && config.warp_specialize;
    const double threads = 32 * number(config.num_warps);
    const double m = number(work.block_m);
    held =
        (1.5 * m * number(work.block_k) + m * number(work.width) / 2) / threads;
    constexpr double copying_threads = 128, of_register_file = 65536,
                     reserved = 1024;
    const double registers = specialised
                                 ? 128 * (threads + copying_threads)
                                 : std::min(255.0, 1.15 * held + 48) * threads;
    const double shared =
        static_cast<double>(dot_shared_bytes(config, roles)) + reserved;
    const double memory =
        static_cast<double>(sharedMemoryLimit(capabilityOf(machine.target))) +
        reserved;
    const double most = std::floor(
        std::min({32.0, memory / shared, of_register_file / registers}));
    const double wanted =
        std::ceil(number(work.programs) / number(machine.processors));
    near = std::clamp(most, 1.0, wanted);
  }
};

/// Rounds of a program, of which the last one sees all keys: blocks that no
/// query sees are left out, if it is causal.
double mean_rounds(const Work &work, double rounds) {
  const double k = number(work.k);
  const double seen = std::min(number(work.block_m), number(work.m)) +
                      std::min(number(work.block_k), k);
  return rounds * std::min(1.0, 0.5 + seen / (2 * k));
}

/// Nanoseconds after most multiprocessors have nothing left to do.
double tail(const Config &config, const Program &program, double longest) {
  const bool descending = config.order.kind == ProgramOrder::Kind::descending;
  if (program.specialised && config.persistent)
    return longest * several_tail * (descending ? descending_several : 1);
  return longest * single_tail * (descending ? descending_single : 1);
}

} // namespace

Cost estimate_chained(const Config &config, const BlockRoles &roles,
                      const Work &work, const Machine &machine) {
  const Program program(config, roles, work, machine);
  const double m = number(work.block_m), depth = number(work.block_k),
               width = number(work.width), programs = number(work.programs);
  const double rate = program.groups      ? group_rate
                      : work.element <= 2 ? warp_rate
                                          : core_rate;
  const double spills = 1 + spilled * std::max(0.0, program.held - room) / room;
  const double products = 2 * m * depth * width / rate * spills;
  // Sums are corrected in each round, too.
  const double scores = m * (depth + width / 6) / score_rate * spills;
  const double together =
      program.groups && !program.specialised ? copying_together : 1;
  const double waits = (program.groups ? group_latency : warp_latency) +
                       (program.shared_rows ? meeting : 0);
  const double alone =
      waits + products +
      scores * alone_part * std::max(1.0, 8 / number(config.num_warps));
  const double land = landing / number(config.num_stages - 1);
  const double round =
      std::max({program.near * (products + scores) * together, alone, land});
  const double all_rounds = std::ceil(number(work.k) / depth),
               rounds = mean_rounds(work, all_rounds);
  const double start =
      program.specialised && config.persistent ? several_start : single_start;
  const double slots = program.near * number(machine.processors);
  const double turns = std::max(programs / slots, 1.0);
  const double l2 = programs * rounds * depth * width * work.element / l2_rate;
  const double rest =
      programs > slots
          ? tail(config, program, all_rounds * round / program.near + start)
          : (all_rounds - rounds) * round;
  Cost cost;
  cost.seconds =
      nano * (std::max(turns * (rounds * round + start), l2) + rest + launch);
  cost.waves = programs / slots;
  cost.occupancy = program.near;
  const double shared = turns * rounds * program.near;
  cost.terms = {{"l2", nano * l2},
                {"products", nano * shared * products},
                {"scores", nano * shared * scores},
                {"alone", nano * turns * rounds * alone},
                {"latency", nano * turns * rounds * land},
                {"starts", nano * turns * start},
                {"rest", nano * rest},
                {"launch", nano * launch}};
  return cost;
}

} // namespace girih::compiler
