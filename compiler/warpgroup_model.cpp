// SPDX-License-Identifier: Apache-2.0
// Constants: an H200, 2026-11-27. 24 layers of 64 to 256 rows and 16 of 16 and
// 32 columns, 488 Configs such as default_config_warpgroups has, in replays of
// graphs over weights that no cache holds: what the model chooses is 1.3 %
// slower than the best of them in the geometric mean. Clocks and turns of
// blocks that do several programs are from 31 shapes before, large ones among
// them. What groups of warps that take turns do otherwise is fitted to 8
// Configs of 34 shapes of 2048 to 16384 rows (H100, 2026-11-27): of these the
// model chooses what is 0.9 % slower than the best in the geometric mean.
#include "girih/compiler/warpgroup_model.h"

#include "girih/compiler/nvptx_generations.h"

#include <algorithm>

namespace girih::compiler {
namespace {

constexpr int copying_warps = 4;

// Clocks of a round: the products, or what they read of shared memory and
// copies write there, 128 bytes a clock.
double round_clocks(const WarpgroupTile &tile) {
  const auto m = static_cast<double>(tile.m), n = static_cast<double>(tile.n);
  const double products = m * n / 32;
  const double reads = m / 64 * (64 + n) * warpgroup_row_bytes;
  return std::max(products, (reads + (m + n) * warpgroup_row_bytes) / 128);
}

// Of the multiprocessors those that a cluster finds room on: it stays within a
// group of them.
std::int64_t reached(int share, std::int64_t processors) {
  return share <= 2   ? processors
         : share <= 4 ? processors * 10 / 11
                      : processors * 8 / 11;
}

} // namespace

std::int64_t warpgroup_blocks(const WarpgroupTile &tile) {
  constexpr std::int64_t registers = 65536, of_thread = 128, reserved = 2048;
  const std::int64_t shared =
      sharedMemoryLimit(90) /
      (tile.stages * (tile.m + tile.n) * warpgroup_row_bytes + reserved);
  const std::int64_t threads =
      std::int64_t{32} * (tile.warps * (tile.ping_pong ? 2 : 1) +
                          (tile.specialised ? copying_warps : 0));
  return std::max<std::int64_t>(
      1, std::min(shared, registers / (threads * of_thread)));
}

double warpgroup_microseconds(const WarpgroupTile &tile,
                              const WarpgroupWork &work) {
  constexpr double clock = 0.571e-3, latency = 1.28, meeting = 0.37,
                   exchange = 0.14 / 16384, bytes_of_microsecond = 3.68e6,
                   bytes_of_processor = 91e3, memory_start = 3.15,
                   apart = 0.002, again = 0.08;
  // Of a turn of programs, and of an element of a tile: where blocks do one
  // program the next one starts when that has ended.
  const bool persistent =
      tile.specialised && tile.persistent && tile.share == 1;
  const bool turns = persistent && tile.ping_pong;
  const double turn = turns        ? 0
                      : persistent ? 0.13
                                   : 0.81,
               epilogue = (turns        ? 0.8
                           : persistent ? 1.4
                                        : 7.15) /
                          32768,
               start = persistent ? 0 : 0.2;
  // One group multiplies while the other ends its program.
  const double products = turns ? 0.93 * clock : clock,
               bytes = turns ? 110e3 : bytes_of_processor;
  // Where all warps copy they wait for each other in each round (decision 46).
  const double together = tile.specialised ? 1.0 : 1.17;
  const auto rounds = static_cast<double>(pieces(work.rounds, tile.share));
  const auto elements = static_cast<double>(tile.m * tile.n);
  const auto read = [](std::int64_t block, std::int64_t extent) {
    return extent == 0 ? block : std::min(block, extent);
  };
  const auto landing = static_cast<double>(
      (read(tile.m, work.rows) + read(tile.n, work.columns)) *
      warpgroup_row_bytes);
  const std::int64_t room = warpgroup_blocks(tile);
  const std::int64_t processors = reached(tile.share, work.processors);
  double time = start;
  for (std::int64_t left = work.programs * tile.share; left > 0;) {
    const std::int64_t now = std::min(left, processors * room);
    const auto both = static_cast<double>(pieces(now, processors));
    const double round =
        together *
        std::max({products * round_clocks(tile) * both, landing * both / bytes,
                  latency / std::max(tile.stages - 1, 1)});
    // Of many turns all but the last are alike.
    const std::int64_t alike = left / now;
    time += static_cast<double>(alike) *
            (rounds * round + turn + epilogue * elements * both);
    left -= alike * now;
  }
  // Each block of a cluster adds up a part of what all have.
  time += (tile.share - 1) * (meeting + exchange * elements / tile.share);
  // Columns that several programs read come later to all but the first.
  const double shared = work.rows > tile.m ? again : 0,
               columns = static_cast<double>(work.columns * work.rounds *
                                             warpgroup_row_bytes);
  const double memory =
      memory_start + (static_cast<double>(work.bytes) + shared * columns) /
                         bytes_of_microsecond;
  return std::max(time, memory) + apart * std::min(time, memory);
}

} // namespace girih::compiler
