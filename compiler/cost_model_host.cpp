// SPDX-License-Identifier: Apache-2.0
// Estimates for CPUs. Rates are those of one core, in bytes and operations a
// nanosecond; they are fitted to sweeps on one Zen 4 core (docs/decisions.md,
// 48), and only their ratios matter.
#include "girih/compiler/cost_model.h"

#include <algorithm>
#include <cmath>

namespace girih::compiler {
namespace {

constexpr double nano = 1e-9;
// Of all memory for all cores; into one core's packed tiles, of which a is only
// copied and b put in another order; into sums; products.
constexpr double dram_rate = 20, copy_rate = 20, pack_rate = 12, sum_rate = 20,
                 product_rate = 70;
// Of attention: products of small tiles, and powers.
constexpr double chained_pack_rate = 30, chained_rate = 40, power_rate = 1;
// What a program costs, and each round of its loop over K.
constexpr double dot_start = 100, dot_round = 20, chained_start = 400,
                 chained_round = 300;
constexpr double stream_start = 10;
// What a core's second cache is where nobody says; of it, what tiles can have.
constexpr std::int64_t usual_l2 = 1 << 20;
constexpr double share_of_l2 = 0.25, beyond_l2 = 0.3;
// Elements of rows that stay in registers and the first cache, and what twice
// as many cost.
constexpr double near_elements = 1024, further = 0.2;

double number(std::int64_t value) {
  return static_cast<double>(std::max<std::int64_t>(value, 1));
}

/// The longest of equal shares, over all of them.
double share(const Work &work, const Machine &machine) {
  const double threads = number(machine.processors);
  return std::ceil(number(work.programs) / threads) / number(work.programs);
}

double cache(const Machine &machine) {
  return number(machine.l2_bytes > 0 ? machine.l2_bytes : usual_l2);
}

Cost dots(const Work &work, const Machine &machine) {
  Cost cost;
  const double m = number(work.block_m),
               n = number(work.chained ? work.width : work.block_n),
               depth = number(work.block_k);
  // Tiles of 16-bit elements are packed as f32.
  const double element = std::max(work.element, 4);
  const double programs = number(work.programs);
  double rounds = std::ceil(number(work.k) / depth);
  // Blocks of keys that no query of the tile sees are left out, if it is
  // causal; that grows with the tiles.
  if (work.chained)
    rounds *= std::min(1.0, 0.5 + (std::min(m, number(work.m)) +
                                   std::min(depth, number(work.k))) /
                                      (2 * number(work.k)));
  const double rate = work.chained ? chained_rate : product_rate,
               into = work.chained ? chained_pack_rate : pack_rate;
  const double sums_into = work.chained ? into : sum_rate;
  // Whole tiles are computed, whatever of them is outside.
  const double products = 2 * programs * rounds * m * n * depth / rate;
  // Both tiles are read and packed in each round, sums are read and written.
  const double read = work.chained ? n : m + n;
  const double copied = work.chained ? 0 : m / copy_rate;
  const double packed =
      programs * rounds * (copied + n / into) * depth * element;
  const double sums = programs * rounds * 2 * m * n / sums_into;
  const double powers =
      work.chained ? programs * rounds * m * depth / power_rate : 0;
  const double starts =
      programs * (work.chained ? chained_start + rounds * chained_round
                               : dot_start + rounds * dot_round);
  // What does not stay in the second cache comes from further away.
  const double kept = m * n * 4 + read * depth * element;
  const double limit = share_of_l2 * cache(machine);
  const double missed = work.chained ? 0
                                     : programs * rounds * read * depth *
                                           element / copy_rate * beyond_l2 *
                                           std::max(0.0, kept / limit - 1);
  const double dram = static_cast<double>(work.bytes) / dram_rate / 2;
  const double part = share(work, machine);
  cost.seconds =
      nano *
      std::max((products + packed + sums + powers + starts + missed) * part,
               dram);
  cost.waves = programs / number(machine.processors);
  cost.occupancy = 1;
  cost.terms = {{"dram", nano * dram},
                {"packing", nano * packed * part},
                {"products", nano * products * part},
                {"sums", nano * sums * part},
                {"powers", nano * powers * part},
                {"cache", nano * missed * part},
                {"starts", nano * starts * part}};
  return cost;
}

Cost streams(const BlockRoles &roles, const Work &work,
             const Machine &machine) {
  Cost cost;
  const double programs = number(work.programs), tile = number(work.tile);
  const double part = share(work, machine);
  const double dram = static_cast<double>(work.bytes) / dram_rate;
  const double starts = programs * stream_start * part;
  // A row is read again while it is there: rows of a tile push one another out.
  const bool rows =
      std::any_of(roles.blocks.begin(), roles.blocks.end(),
                  [](const BlockUse &use) { return !use.covers.empty(); });
  const double again =
      rows ? dram * further * std::max(0.0, std::log2(tile / near_elements))
           : 0;
  // A tile that leaves the second cache is read from memory again.
  const double kept = tile * 4 * 3;
  const double missed = kept > cache(machine)
                            ? dram * std::min(kept / cache(machine) - 1, 1.0)
                            : 0;
  const double runs = dram * 8 / number(work.inner);
  // Lanes outside are computed like all others, and read where memory ends.
  const double outside = dram * (work.padded - 1);
  cost.seconds = nano * ((dram + again + missed + runs + outside) * part *
                             number(machine.processors) +
                         starts);
  cost.waves = programs / number(machine.processors);
  cost.occupancy = 1;
  cost.terms = {{"dram", nano * dram},       {"rows", nano * again},
                {"cache", nano * missed},    {"runs", nano * runs},
                {"outside", nano * outside}, {"starts", nano * starts}};
  return cost;
}

} // namespace

Cost estimate_host(const Config &, const BlockRoles &roles, const Work &work,
                   const Machine &machine) {
  return roles.has_dot() ? dots(work, machine) : streams(roles, work, machine);
}

} // namespace girih::compiler
