// SPDX-License-Identifier: Apache-2.0
// Where the figures come from: docs/decisions.md, 70 and 71.
#include "girih/compiler/chained_tiles.h"

#include "girih/compiler/warpgroup_model.h"

#include <algorithm>
#include <bit>

namespace girih::compiler {
namespace {

constexpr std::int64_t element = 2; // bytes

std::int64_t programs_of(const ChainedWork &work, std::int64_t rows) {
  return work.batch * pieces(work.rows, rows);
}

bool is_narrow(const ChainedWork &work) { return work.width <= 128; }
bool is_wide(const ChainedWork &work) { return work.width > 256; }

// Whether tiles of 128 rows leave multiprocessors without work: those of 64 are
// quicker then, two beside each other where there are enough. Of narrow
// products they are so as long as it is not two turns.
bool has_few_rows(const ChainedWork &work) {
  const std::int64_t programs = programs_of(work, 128);
  return !is_wide(work) &&
         (programs <= work.processors ||
          (is_narrow(work) && programs < 2 * work.processors));
}

// Three warp groups where products are narrow and tiles of 192 rows give no
// turn of programs that is not worth it: a round of them takes 0.9 of what its
// rows take otherwise at most.
void widen_rows(ChainedTile &tile, const ChainedWork &work) {
  constexpr std::int64_t wide = 192;
  const auto cost = [&](std::int64_t rows) {
    return rows * pieces(programs_of(work, rows), work.processors);
  };
  if (is_narrow(work) && 9 * cost(wide) < 10 * cost(tile.rows))
    tile.rows = wide;
}

// More columns where nothing hides them, as many as registers hold: what a
// round takes beside its products is as long as those of 33 columns.
void widen_columns(ChainedTile &tile, const ChainedWork &work) {
  constexpr std::int64_t beside = 33;
  if (is_narrow(work) || is_wide(work) || work.hidden)
    return;
  const auto cost = [&](std::int64_t columns) {
    return pieces(work.columns, columns) * (columns + beside) +
           (work.columns % columns == 0 ? 0 : work.tested);
  };
  for (const std::int64_t columns : {160, 176})
    if (columns <= work.most_columns && cost(columns) < cost(tile.columns))
      tile.columns = columns;
}

} // namespace

ChainedTile chained_tile(const ChainedWork &work) {
  // A stage of the operands of a round's products takes no more than this.
  constexpr std::int64_t most_stage = 65536;
  const auto rounded = static_cast<std::int64_t>(
      std::bit_ceil(static_cast<std::uint64_t>(work.rows)));
  ChainedTile tile;
  tile.rows =
      std::clamp<std::int64_t>(rounded, 64, has_few_rows(work) ? 64 : 128);
  tile.columns =
      is_wide(work) || (tile.rows == 64 && !is_narrow(work)) ? 64 : 128;
  while (tile.columns > 16 && tile.columns * work.width * element > most_stage)
    tile.columns /= 2;
  if (tile.rows == 128 && work.plain) {
    widen_rows(tile, work);
    widen_columns(tile, work);
  }
  return tile;
}

int chained_stages(const ChainedWork &work, const ChainedTile &tile) {
  return is_narrow(work) && tile.rows == 128 ? 3 : 2;
}

bool several_chained(const ChainedWork &work, const ChainedTile &tile) {
  const int beside = tile.rows <= 64 ? 2 : 1;
  return !work.later_take_longer ||
         programs_of(work, tile.rows) >= 2 * beside * work.processors;
}

namespace {

// Matrices whose programs come before those of the next ones, 0 for all of them
// at once: where the L2 cache does not keep the columns of all, as many as a
// third of it does. A power of two parts of as many matrices each, so that
// blocks end alike (Emitter::inTurn).
int together(const ChainedWork &work, const ChainedTile &tile) {
  const std::int64_t bytes = work.batch /
                             std::max<std::int64_t>(work.sharing, 1) *
                             work.columns * work.width * element;
  if (bytes <= work.l2_bytes)
    return 0;
  std::int64_t parts = 2;
  while (parts < work.batch && bytes > parts * work.l2_bytes / 3 &&
         pieces(work.batch, 2 * parts) * pieces(work.rows, tile.rows) >=
             work.processors)
    parts *= 2;
  return static_cast<int>(pieces(work.batch, parts));
}

} // namespace

ProgramOrder chained_order(const ChainedWork &work, const ChainedTile &tile) {
  if (!work.later_take_longer)
    return {};
  return {ProgramOrder::Kind::descending,
          several_chained(work, tile) ? together(work, tile) : 0};
}

} // namespace girih::compiler
