// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/reductions/row_reduction.h"

#include "girih/ops/arrange/rows.h"
#include "girih/ops/sizes.h"

#include <bit>
#include <deque>

namespace girih::ops {

namespace {

// 16 warps, whose threads keep 32 numbers of 32 bits.
constexpr std::int64_t longest_row = 16384;
// What the host's caches keep until it is read again, and how many rows busy
// its threads: of fewer each is cut into parts.
constexpr std::int64_t longest_cached = 262144, enough_rows = 16;
// Elements that a program reads where rows are short, and to a warp.
constexpr std::int64_t program_elements = 4096, warp_elements = 1024;
// Programs that keep a GPU busy; of fewer each has as many threads as take 16
// bytes of 16-bit numbers each.
constexpr std::int64_t enough_programs = 264, least_elements = 256;

Arrangement arrange_rows(const Reduction &reduction, bool masked,
                         std::span<const Tensor> operands) {
  const int kept = operands.back().rank();
  const arrange::RowTiles rows(kept);
  const auto cut = [&](Tensor t, const Extent &depth) {
    if (kept == 0)
      t = t.unsqueeze(0);
    return t.tile(rows.with(depth)).at(1, squeeze(rows.leading));
  };
  const std::size_t first_out =
      operands.size() - static_cast<std::size_t>(reduction.results);
  Arrangement out;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    Tensor t = operands[i];
    if (i == 0) {
      t = t.flatten(kept);
      if (!masked)
        t = t.other(reduction.other.value_or(0));
      out.operands.push_back(cut(t, covering_block("BK", t.size(-1))));
    } else if (i < first_out)
      out.operands.push_back(t);
    else
      out.operands.push_back(cut(t.unsqueeze(kept), 1));
  }
  return out;
}

// The first element of each row of the tile.
Tile first_of(const In &x, const Out &out, int kept, int inner) {
  const Tile none = zeros({out.shape()[0], 1}, i64);
  std::vector<Located> place;
  for (int d = 0; d < kept; ++d)
    place.emplace_back(where(out.in_bounds(), out.offsets(d), none));
  for (int d = 0; d < inner; ++d)
    place.emplace_back(none);
  return x.gather(place);
}

void apply(const Reduction &reduction, bool masked, Recorder &recorder,
           int count) {
  const int first_out = count - reduction.results;
  const In x(recorder, 0);
  std::deque<In> given;
  for (int i = 1; i < first_out; ++i)
    given.emplace_back(recorder, i);
  const Tiles numbers(given.begin(), given.end());
  const std::vector<DType> types = reduction.parts(
      x.dtype(), numbers.empty() ? x.dtype() : numbers[0].dtype());
  Tile elements = cast(x, types[0]);
  if (masked)
    elements =
        where(x.in_bounds(), elements, reduction.start(x.shape(), {types})[0]);
  const int kept = constexpr_value<int>("KEPT", 1),
            inner = constexpr_value<int>("INNER", 1);
  Index length = x.source_size(kept);
  for (int d = kept + 1; d < kept + inner; ++d)
    length = length * x.source_size(d);
  const Tile first = first_of(x, Out(recorder, first_out), kept, inner);
  Tiles parts = reduction.row(
      {elements, x.in_bounds(), cast(length, types[0]), cast(first, types[0])});
  if (reduction.finish)
    parts = reduction.finish(parts, numbers);
  for (int i = first_out; i < count; ++i)
    Out(recorder, i) = parts[static_cast<std::size_t>(i - first_out)];
}

} // namespace

Kernel make_row_kernel(const Reduction &reduction, bool masked) {
  KernelSource source;
  source.name =
      reduction.name + "_row" + (masked && reduction.other ? "_masked" : "");
  source.where = std::source_location::current();
  const auto add = [&](const char *name, int count, Direction way) {
    for (int i = 0; i < count; ++i) {
      source.operand_names.push_back(count == 1 ? name
                                                : name + std::to_string(i));
      source.directions.push_back(way);
    }
  };
  add("x", 1, Direction::in);
  add("number", reduction.numbers, Direction::in);
  add("out", reduction.results, Direction::out);
  const int count = static_cast<int>(source.directions.size());
  source.arrangement = [=](std::span<const Tensor> operands) {
    return arrange_rows(reduction, masked, operands);
  };
  source.application = [=](Recorder &recorder) {
    apply(reduction, masked, recorder, count);
  };
  return Kernel(std::move(source));
}

bool reduces_rows(const Reduction &reduction, const LaneViews &views,
                  DType dtype, Device device) {
  std::int64_t longest = longest_row;
  if (device.kind == Device::Kind::host && views.rows >= enough_rows)
    longest = longest_cached;
  else if (bits(dtype) > 32)
    longest /= 2;
  return reduction.row && !views.columns && views.depth > 0 &&
         views.depth <= longest;
}

namespace {

Config row_config(const LaneViews &views) {
  std::int64_t depth = power_of_two(views.depth);
  if (depth >= warp_elements && views.depth <= depth / 4 * 3)
    depth = depth / 4 * 3;
  std::int64_t rows =
      std::min(power_of_two(views.last),
               std::max<std::int64_t>(program_elements / depth, 1));
  while (rows > 1 && views.rows / rows < enough_programs)
    rows /= 2;
  const std::int64_t share =
      views.rows / rows < enough_programs ? least_elements : warp_elements;
  Config config;
  config.blocks = {{"BM", rows}, {"BK", depth}};
  config.num_warps = static_cast<int>(std::bit_floor(static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(rows * depth / share, 1, 16))));
  return config;
}

} // namespace

void run_rows(const Call &call, const Kernel &kernel, const LaneViews &views,
              std::span<const Array *const> operands) {
  const int inner = operands.front()->rank() - views.kept;
  const bool plain = inner == 1 && views.kept == 1;
  run_with(call,
           plain ? kernel
                 : kernel.with("INNER", inner).with("KEPT", views.kept),
           row_config(views), operands);
}

} // namespace girih::ops
