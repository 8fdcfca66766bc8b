// SPDX-License-Identifier: Apache-2.0
// Tiles and order of chained products by warp groups of sm_90: a product whose
// result is another one's first operand, as attention's scores are.
#pragma once

#include "girih/dsl/config.h"

#include <cstdint>

namespace girih::compiler {

/// `batch` matrices of `rows` x `columns` scores, of 16-bit operands; `sharing`
/// of them have the same operands but for the rows.
struct ChainedWork {
  std::int64_t rows = 0, columns = 0, batch = 1, sharing = 1;
  /// K of the first product and columns of the second one, added.
  std::int64_t width = 0;
  /// Scores are but scaled: registers are left for larger tiles, of up to so
  /// many columns.
  bool plain = true;
  std::int64_t most_columns = 176;
  /// What a round takes longer that tests which columns there are, in columns.
  std::int64_t tested = 0;
  /// Some columns are hidden from rows; from the first rows more than from the
  /// last ones.
  bool hidden = false, later_take_longer = false;
  std::int64_t processors = 132, l2_bytes = std::int64_t{50} << 20;
};

/// Rows of a program, 16 a warp, and columns of a round.
struct ChainedTile {
  std::int64_t rows = 128, columns = 128;
};

/// Of at least 64 rows.
ChainedTile chained_tile(const ChainedWork &work);

/// Stages of columns: more were slower (decision 72), but where two would leave
/// room for another block, and this one with half of the registers.
int chained_stages(const ChainedWork &work, const ChainedTile &tile);

/// Whether blocks do several programs: not where programs are unlike and there
/// are few turns of them. Whoever is free takes the next one then.
bool several_chained(const ChainedWork &work, const ChainedTile &tile);

/// Programs that take longest come first; where blocks do several, those of as
/// many matrices as the L2 cache keeps.
ProgramOrder chained_order(const ChainedWork &work, const ChainedTile &tile);

} // namespace girih::compiler
