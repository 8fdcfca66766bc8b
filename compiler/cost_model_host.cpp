// SPDX-License-Identifier: Apache-2.0
// Estimates for CPUs. Rates are those of one core, in bytes and operations a
// nanosecond; only their ratios matter.
#include "girih/compiler/cost_model.h"

#include <algorithm>
#include <cmath>

namespace girih::compiler {
namespace {

constexpr double nano = 1e-9;
// Of all memory for all cores, of one core's second cache, and products.
constexpr double dram_rate = 20, l2_rate = 30, product_rate = 150;
// What each program costs, and each round of a loop over K.
constexpr double program_start = 400, round_start = 60;
constexpr std::int64_t usual_l2 = 1 << 20;

double number(std::int64_t value) {
  return static_cast<double>(std::max<std::int64_t>(value, 1));
}

/// The longest of equal shares, over a fair one.
double imbalance(const Work &work, const Machine &machine) {
  const double threads = number(machine.processors);
  return std::ceil(number(work.programs) / threads) * threads /
         number(work.programs);
}

Cost dots(const Work &work, const Machine &machine) {
  Cost cost;
  const double m = number(work.block_m),
               n = number(work.chained ? work.width : work.block_n),
               depth = number(work.block_k), element = work.element;
  const double programs = number(work.programs);
  const double rounds = number((work.k + work.block_k - 1) /
                               std::max<std::int64_t>(work.block_k, 1));
  // Whole tiles are computed, whatever of them is outside.
  const double products = 2 * programs * rounds * m * n * depth / product_rate;
  // Both tiles are read and packed in each round, sums are read and written.
  const double read = work.chained ? n : m + n;
  const double packed = programs * rounds * read * depth * element / l2_rate;
  const double sums = programs * rounds * 2 * m * n * 4 / l2_rate / 4;
  const double starts = programs * (program_start + rounds * round_start);
  // What does not stay in the second cache comes from further away.
  const double kept = (m * n * 4 + read * depth * element);
  const double limit =
      number(machine.l2_bytes > 0 ? machine.l2_bytes : usual_l2);
  const double missed = kept > limit ? packed * (kept / limit - 1) : 0;
  const double dram = static_cast<double>(work.bytes) / dram_rate;
  const double share = imbalance(work, machine) / number(machine.processors);
  cost.seconds =
      nano *
      std::max((products + packed + sums + starts + missed) * share, dram);
  cost.waves = programs / number(machine.processors);
  cost.occupancy = 1;
  cost.terms = {{"dram", nano * dram},
                {"packing", nano * packed * share},
                {"products", nano * products * share},
                {"sums", nano * sums * share},
                {"cache", nano * missed * share},
                {"starts", nano * starts * share}};
  return cost;
}

Cost streams(const Work &work, const Machine &machine) {
  Cost cost;
  const double programs = number(work.programs);
  const double share = imbalance(work, machine) / number(machine.processors);
  const double dram = static_cast<double>(work.bytes) / dram_rate;
  const double starts = programs * program_start * share;
  // A tile that leaves the second cache is read from memory again.
  const double kept = number(work.tile) * 4 * 3;
  const double limit =
      number(machine.l2_bytes > 0 ? machine.l2_bytes : usual_l2);
  const double missed =
      kept > limit ? dram * std::min(kept / limit - 1, 1.0) : 0;
  const double short_runs =
      dram * 8 / number(std::max<std::int64_t>(work.inner, 1));
  cost.seconds =
      nano * (dram * imbalance(work, machine) + starts + missed + short_runs);
  cost.waves = programs / number(machine.processors);
  cost.occupancy = 1;
  cost.terms = {{"dram", nano * dram},
                {"cache", nano * missed},
                {"runs", nano * short_runs},
                {"starts", nano * starts}};
  return cost;
}

} // namespace

Cost estimate_host(const Config &, const BlockRoles &roles, const Work &work,
                   const Machine &machine) {
  return roles.has_dot() ? dots(work, machine) : streams(work, machine);
}

} // namespace girih::compiler
