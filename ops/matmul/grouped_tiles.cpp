// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/matmul/grouped_tiles.h"

#include "girih/ops/matmul/multiply.h"
#include "girih/ops/sizes.h"

#include <algorithm>
#include <bit>

namespace girih::ops {

namespace {

// offs[E], total, and the result: rows[2 X] and slabs[2 X], where tile t has
// rows from rows[2 t] to rows[2 t + 1] of a, and slabs slabs[2 t] to slabs[2 t
// + 1] of b: one, or none. Tiles that are not needed have no rows.
void schedule_application(In offs, In total, Out rows, Out slabs) {
  const std::int64_t lanes = offs.shape()[0], tiles = rows.shape()[0] / 2;
  const auto height = constexpr_value<int>("HEIGHT");
  Tile all = cast(total, i32), group = arange(lanes);
  Tile groups = cast(offs.source_size(0), i32);
  // Behind the last one is one more, of the rows that nobody has.
  Tile ends = where(group < groups, cast(offs, i32), all);
  ends = min(max(ends, 0), all);
  Tile sizes = ends - where(group == 0, 0, gather(ends, 0, max(group - 1, 0)));
  Tile counts = floor_divide(max(sizes, 0) + (height - 1), height);
  Tile through = cast(cumsum(counts, 0), i32);
  // The group of each tile: as many are through before it.
  Tile tile = cast(program_id(0), i32) * tiles + arange(tiles);
  Tile before = unsqueeze(through, 0) <= unsqueeze(tile, 1);
  Tile found = cast(sum(cast(before, i32), dim(1)), i32);
  Tile mine = unsqueeze(group, 0) == unsqueeze(found, 1);
  const auto of_mine = [&](const Tile &values) {
    return cast(sum(where(mine, unsqueeze(values, 0), 0), dim(1)), i32);
  };
  // Past all groups everything is 0.
  Tile end = of_mine(ends);
  Tile begin =
      of_mine(ends - sizes) + (tile - of_mine(through - counts)) * height;
  begin = min(begin, end);
  Tile last = min(begin + height, end);
  Tile owned = (found < groups) & (last > begin);
  rows = reshape(join(begin, last), {2 * tiles});
  slabs = reshape(join(found, where(owned, found + 1, found)), {2 * tiles});
}

const Kernel &schedule_kernel() {
  static const Kernel made{
      make_source("grouped_mm_tiles",
                  [](Tensor offs, Tensor total, Tensor rows, Tensor slabs) {
                    auto LANES = block_size("LANES", 64);
                    auto ct = rows.tile({64});
                    return arranged(offs.tile({LANES})
                                        .tile({1})
                                        .at(1, squeeze(0))
                                        .select(0, 0)
                                        .unsqueeze(0)
                                        .expand({ct.size(0)}),
                                    total, ct, slabs.tile({64}));
                  },
                  schedule_application, {"offs", "total", "rows", "slabs"})};
  return made;
}

// By the height, a power of two from 16 to 128.
const Kernel &schedule_kernel_of(std::int64_t height) {
  static const std::vector<Kernel> table = [] {
    std::vector<Kernel> all;
    for (const int each : {16, 32, 64, 128})
      all.push_back(schedule_kernel().with("HEIGHT", each));
    return all;
  }();
  return table[static_cast<std::size_t>(
      std::countr_zero(static_cast<std::uint64_t>(height)) - 4)];
}

} // namespace

void check_group_ends(const Call &call, const Argument &offs,
                      const Argument &groups) {
  static constexpr DType dtypes[] = {i32, i64};
  call.check_dtype(offs, dtypes);
  call.check_shape(offs, {groups.array->size(0)}, {groups});
}

// Of the usual group.
GroupedTiles::GroupedTiles(const Call &call, const Array &offs,
                           std::int64_t row_count)
    : height(std::clamp<std::int64_t>(
          power_of_two(row_count / std::max<std::int64_t>(offs.size(0), 1)), 16,
          128)) {
  const std::int64_t groups = std::max<std::int64_t>(offs.size(0), 1);
  // Each group, and what is behind them, may end in a ragged tile.
  const std::int64_t tiles = row_count / height + groups + 1;
  const std::int64_t words = (2 * tiles + 63) / 64 * 64;
  rows = allocate_result(Dims{{words}, 1}, i32, offs.device(), call.stream);
  slabs = allocate_result(Dims{{words}, 1}, i32, offs.device(), call.stream);
  const Array total = Array::scalar(row_count, i32);
  Config config;
  config.blocks = {{"LANES", power_of_two(groups + 1)}};
  const std::array<const Array *, 4> operands{&offs, &total, &rows, &slabs};
  schedule_kernel_of(height).run(
      operands, {.config = config, .stream = call.stream}, call.where);
}

} // namespace girih::ops
