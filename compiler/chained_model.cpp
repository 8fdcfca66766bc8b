// SPDX-License-Identifier: Apache-2.0
// Constants: an H100, 2026-11-27. Causal attention of 12 shapes in bf16, about
// 195 Configs of each by chance, fitted by least squares of logarithms.
#include "girih/compiler/chained_model.h"

#include "girih/compiler/config_fit.h"
#include "girih/compiler/nvptx_generations.h"
#include "girih/compiler/program_schedule.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

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
                 all_landing = 371, single_start = 2818, several_start = 2059,
                 launch = 8205;
// Where a warp is alone, of eight that share scores.
constexpr double alone_part = 0.619;
// Values that a thread has room for, and what twice as many cost.
constexpr double room = 189, spilled = 1.87;
// Where all warps copy, they wait for each other.
constexpr double copying_together = 1.19;

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

/// Rounds of the programs of a head. The last one sees all keys; the others, as
/// if all were causal, those up to its rows.
std::vector<double> rounds_of(const Work &work) {
  const double m = number(work.m), block = number(work.block_m);
  std::vector<double> rounds;
  for (double last = block; last < m + block; last += block)
    rounds.push_back(std::ceil(number(work.k) * std::min(last / m, 1.0) /
                               number(work.block_k)));
  return rounds;
}

/// Nanoseconds of a round of one program, by what they are spent on.
struct Round {
  double products = 0, scores = 0, alone = 0, landing = 0;
  double beside_others = 0; // with all programs of the multiprocessor
  double by_itself = 0;     // once the others have ended

  Round(const Config &config, const Work &work, const Program &program) {
    const double m = number(work.block_m), depth = number(work.block_k),
                 width = number(work.width);
    const double rate = program.groups      ? group_rate
                        : work.element <= 2 ? warp_rate
                                            : core_rate;
    const double spills =
        1 + spilled * std::max(0.0, program.held - room) / room;
    products = 2 * m * depth * width / rate * spills;
    // Sums are corrected in each round, too.
    scores = m * (depth + width / 6) / score_rate * spills;
    const double together =
        program.groups && !program.specialised ? copying_together : 1;
    const double waits = (program.groups ? group_latency : warp_latency) +
                         (program.shared_rows ? meeting : 0);
    alone = together *
            (waits + products +
             scores * alone_part * std::max(1.0, 8 / number(config.num_warps)));
    landing = all_landing / number(config.num_stages - 1);
    const double busy = (products + scores) * together;
    beside_others = std::max({program.near * busy, alone, landing});
    by_itself = std::max({busy, alone, landing});
  }
};

} // namespace

Cost estimate_chained(const Config &config, const BlockRoles &roles,
                      const Work &work, const Machine &machine) {
  const Program program(config, roles, work, machine);
  const Round round(config, work, program);
  const bool several = program.specialised && config.persistent;
  const double start = several ? several_start : single_start;
  const std::vector<double> rounds = rounds_of(work);
  ProgramSchedule schedule{
      .times = {},
      .programs = work.programs,
      .slots = static_cast<std::int64_t>(program.near) * machine.processors,
      .settled = several,
      .descending = config.order.kind == ProgramOrder::Kind::descending};
  for (const double each : rounds)
    schedule.times.push_back(each * round.beside_others + start);
  const double mean_rounds =
      std::accumulate(rounds.begin(), rounds.end(), 0.0) /
      static_cast<double>(rounds.size());
  const double waves = number(work.programs) / number(schedule.slots),
               turns = std::max(waves, 1.0);
  const double l2 = number(work.programs) * mean_rounds * number(work.block_k) *
                    number(work.width) * work.element / l2_rate;
  // Multiprocessors that have nothing left to do leave those that have more
  // time for each of their programs.
  const double unequal =
      std::max(schedule.end() - schedule.mean(), 0.0) *
      (waves > 1 ? round.by_itself / round.beside_others : 1);
  Cost cost;
  cost.seconds = nano * (std::max(schedule.mean(), l2) + unequal + launch);
  cost.waves = waves;
  cost.occupancy = program.near;
  const double shared = turns * mean_rounds * program.near;
  cost.terms = {{"l2", nano * l2},
                {"products", nano * shared * round.products},
                {"scores", nano * shared * round.scores},
                {"alone", nano * turns * mean_rounds * round.alone},
                {"latency", nano * turns * mean_rounds * round.landing},
                {"starts", nano * turns * start},
                {"unequal", nano * unequal},
                {"launch", nano * launch}};
  return cost;
}

} // namespace girih::compiler
