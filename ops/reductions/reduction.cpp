// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/reductions/reduction.h"

#include "girih/ops/reductions/row_reduction.h"
#include "girih/ops/reductions/runs.h"
#include "girih/ops/sizes.h"

#include <algorithm>
#include <deque>

namespace girih::ops {

namespace {

enum class Stage : std::uint8_t { whole, parts, last };

struct Plan {
  Reduction reduction;
  Stage stage;
  bool masked, columns, grouped = false;

  /// Tiles of a turn.
  int group() const { return grouped ? reduction_group : 1; }
  std::size_t part_count() const { return reduction.parts(f32, f32).size(); }
  std::size_t read() const { return stage == Stage::last ? part_count() : 1; }
  std::size_t written() const {
    return stage == Stage::parts ? part_count()
                                 : static_cast<std::size_t>(reduction.results);
  }
};

// Moves the last dimension of the grid to the front: program_id(0).
Tensor parts_first(const Tensor &t) {
  std::vector<int> order{t.rank() - 1};
  for (int d = 0; d + 1 < t.rank(); ++d)
    order.push_back(d);
  return t.permute(order);
}

// [kept..., along...] in tiles [BM, BK], or [BK, BM] of columns; a level over
// k; a program to each row of tiles and each of the parts of its tiles, of
// which there are as many as in the last dimension of `parts`.
Tensor cut(Tensor t, int kept, const Tensor *parts, const Plan &plan) {
  t = t.flatten(kept);
  Extents tile_sizes, level;
  std::vector<int> leading;
  if (kept == 0)
    t = t.unsqueeze(0);
  for (int d = 0; d + 1 < kept; ++d) {
    tile_sizes.emplace_back(1);
    level.emplace_back(1);
    leading.push_back(d);
  }
  const Size depth = block_size("BK");
  tile_sizes.emplace_back(block_size("BM"));
  tile_sizes.emplace_back(depth);
  level.emplace_back(1);
  if (parts) {
    const Size turns = cdiv(t.size(-1), depth * plan.group());
    level.emplace_back(cdiv(turns, parts->size(-1)) * plan.group());
  } else
    level.emplace_back(whole);
  std::vector<int> outer = leading;
  outer.push_back(std::max(kept, 1) - 1);
  t = t.tile(tile_sizes).tile(level).at(1, squeeze(outer));
  t = parts_first(t).at(2, squeeze(leading));
  return plan.columns ? t.at(2, permute({1, 0})) : t;
}

// [kept...], or [kept..., P] of parts: a tile [BM, 1] to each program.
Tensor cut_result(Tensor t, int kept, bool parts, bool columns) {
  if (!parts)
    t = t.unsqueeze(kept);
  if (kept == 0)
    t = t.unsqueeze(0);
  Extents sizes;
  std::vector<int> leading;
  for (int d = 0; d + 1 < kept; ++d) {
    sizes.emplace_back(1);
    leading.push_back(d);
  }
  sizes.emplace_back(block_size("BM"));
  sizes.emplace_back(1);
  t = parts_first(t.tile(sizes)).at(1, squeeze(leading));
  return columns ? t.at(1, permute({1, 0})) : t;
}

Arrangement arrange(const Plan &plan, std::span<const Tensor> operands) {
  const bool parts = plan.stage == Stage::parts;
  const bool fills = plan.stage != Stage::last && !plan.masked;
  const int kept = operands.back().rank() - (parts ? 1 : 0);
  const std::size_t first_out = operands.size() - plan.written();
  const Tensor *shares = parts ? &operands.back() : nullptr;
  Arrangement out;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Tensor &each = operands[i];
    if (i < plan.read())
      out.operands.push_back(
          cut(fills ? each.other(plan.reduction.other.value_or(0)) : each, kept,
              shares, plan));
    else if (i < first_out)
      out.operands.push_back(each);
    else
      out.operands.push_back(cut_result(each, kept, parts, plan.columns));
  }
  return out;
}

Tiles fold(const Reduction &reduction, const Tiles &parts, Dim over) {
  if (reduction.fold)
    return reduction.fold(parts, over);
  return reduce({parts.begin(), parts.end()}, over, reduction.combine);
}

// Turns of the loop as places along the reduced dimensions: i32 to i64.
Tile places_of(const Tile &turns, const In &x, int axis) {
  const std::int64_t depth = x.shape()[static_cast<std::size_t>(axis)];
  const Index first = program_id(0) * x.size(0);
  const Tile lanes = arange(static_cast<int>(depth), i64);
  return (cast(turns, i64) + first) * depth +
         (axis == 0 ? unsqueeze(lanes, 1) : unsqueeze(lanes, 0));
}

// Several tiles a turn; what the level has no more of is outside of x.
Tiles walk_groups(const Plan &plan, const In &x,
                  const std::vector<DType> &types) {
  const Reduction &r = plan.reduction;
  const Runs runs(x, constexpr_value<bool>("RUNS", false));
  Tiles parts = r.start(runs.parts, types);
  for (Index turn : range(cdiv(x.size(0), plan.group()))) {
    Tiles elements;
    for (int i = 0; i < plan.group(); ++i) {
      const auto at = x[turn * plan.group() + i];
      const Tile element = cast(at, types[0]);
      elements.push_back(runs.of(
          plan.masked ? where(at.in_bounds(), element, r.other.value_or(0))
                      : element));
    }
    const Tiles next = r.steps(parts, elements);
    for (std::size_t i = 0; i < parts.size(); ++i)
      parts[i] = next[i];
  }
  return parts;
}

Tiles walk_elements(const Plan &plan, const In &x, const Tiles &numbers) {
  const Reduction &r = plan.reduction;
  const int axis = plan.columns ? 0 : 1;
  const std::vector<DType> types =
      r.parts(x.dtype(), numbers.empty() ? x.dtype() : numbers[0].dtype());
  if (plan.grouped)
    return fold(r, walk_groups(plan, x, types), dim(axis).kept());
  Tiles parts = r.start(x.shape(), types);
  if (r.places)
    parts[1] = zeros(x.shape(), i32);
  for (Index k : range(x.size(0))) {
    const Tiles next = r.step(parts, x[k], k, numbers);
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (plan.masked)
        parts[i] = where(x[k].in_bounds(), next[i], parts[i]);
      else
        parts[i] = next[i];
  }
  if (!r.places)
    return fold(r, parts, dim(axis).kept());
  // A tile's dtype is fixed: the places are another variable.
  return fold(r, {parts[0], places_of(parts[1], x, axis)}, dim(axis).kept());
}

Tiles walk_parts(const Plan &plan, const std::deque<In> &ins) {
  const Reduction &r = plan.reduction;
  std::vector<DType> types;
  for (std::size_t i = 0; i < plan.read(); ++i)
    types.push_back(ins[i].dtype());
  const Shape shape = ins[0].shape();
  Tiles parts = r.start(shape, types);
  for (Index k : range(ins[0].size(0))) {
    const Tiles none = r.start(shape, types);
    Tiles read;
    for (std::size_t i = 0; i < parts.size(); ++i)
      read.push_back(where(ins[0][k].in_bounds(), ins[i][k], none[i]));
    const Tiles next = r.combine(parts, read);
    for (std::size_t i = 0; i < parts.size(); ++i)
      parts[i] = next[i];
  }
  return fold(r, parts, dim(plan.columns ? 0 : 1).kept());
}

void apply(const Plan &plan, Recorder &recorder, int count) {
  const int inputs = count - static_cast<int>(plan.written());
  std::deque<In> ins;
  std::deque<Out> outs;
  for (int i = 0; i < count; ++i)
    if (i < inputs)
      ins.emplace_back(recorder, i);
    else
      outs.emplace_back(recorder, i);
  Tiles numbers;
  for (std::size_t i = plan.read(); i < ins.size(); ++i)
    numbers.emplace_back(ins[i]);
  const Reduction &r = plan.reduction;
  Tiles parts = plan.stage == Stage::last
                    ? walk_parts(plan, ins)
                    : walk_elements(plan, ins[0], numbers);
  if (plan.stage != Stage::parts && r.finish)
    parts = r.finish(parts, numbers);
  for (std::size_t i = 0; i < outs.size(); ++i)
    outs[i] = parts[i];
}

std::string suffix(const Plan &plan) {
  if (plan.stage == Stage::last)
    return plan.columns ? "_last_columns" : "_last";
  return std::string(plan.stage == Stage::parts ? "_parts" : "") +
         (plan.masked && plan.reduction.other ? "_masked" : "") +
         (plan.grouped ? "_grouped" : "") + (plan.columns ? "_columns" : "");
}

Kernel make_kernel(const Reduction &reduction, Stage stage, bool masked,
                   Walk walk) {
  const Plan plan{reduction, stage, masked, walk.columns,
                  walk.grouped && reduction.steps};
  KernelSource source;
  source.name = reduction.name + suffix(plan);
  source.where = std::source_location::current();
  const auto name = [&](const char *text, std::size_t count, Direction way) {
    for (std::size_t i = 0; i < count; ++i) {
      source.operand_names.push_back(count == 1 ? text
                                                : text + std::to_string(i));
      source.directions.push_back(way);
    }
  };
  name(stage == Stage::last ? "part" : "x", plan.read(), Direction::in);
  name("number", static_cast<std::size_t>(reduction.numbers), Direction::in);
  name("out", plan.written(), Direction::out);
  const int count = static_cast<int>(source.directions.size());
  source.arrangement = [plan](std::span<const Tensor> operands) {
    return arrange(plan, operands);
  };
  source.application = [plan, count](Recorder &recorder) {
    apply(plan, recorder, count);
  };
  return Kernel(std::move(source));
}

// Bytes that a lane takes from tile to tile. Of places it is turns, of i32.
int lane_bytes(const Reduction &reduction, DType x, DType number) {
  int total = 0;
  for (DType part : reduction.parts(x, number))
    total += std::max(bits(part) / 8, 1);
  return reduction.places ? total - 4 : total;
}

// Blocks for the launch that puts the parts of rows together: it is short where
// many programs read a little each.
LaneBlocks blocks_of_parts(const LaneViews &lanes, std::int64_t parts,
                           Device device) {
  constexpr std::int64_t enough_programs = 264, narrowest = 16;
  const LaneViews rest{lanes.kept, lanes.rows, lanes.last, parts,
                       lanes.columns};
  LaneBlocks blocks = lane_blocks(rest, f32, device, false);
  while (lanes.columns && device.kind == Device::Kind::cuda &&
         blocks.rows > narrowest &&
         lanes.rows / blocks.rows < enough_programs) {
    blocks.rows /= 2;
    blocks.depth = std::min(power_of_two(parts), 2 * blocks.depth);
  }
  return blocks;
}

} // namespace

DType accumulator(DType dtype) {
  return dtype == f64 ? f64 : is_float(dtype) ? f32 : i64;
}

ReductionKernels::ReductionKernels(Reduction reduction)
    : reduction_(std::move(reduction)) {
  for (const bool masked : {false, true})
    for (const bool columns : {false, true})
      for (const bool grouped : {false, true}) {
        const Walk walk{columns, grouped};
        whole_.push_back(make_kernel(reduction_, Stage::whole, masked, walk));
        parts_.push_back(make_kernel(reduction_, Stage::parts, masked, walk));
      }
  for (const bool masked : {false, true})
    if (reduction_.row)
      row_.push_back(make_row_kernel(reduction_, masked));
  for (const bool columns : {false, true})
    last_.push_back(make_kernel(reduction_, Stage::last, false, {columns}));
}

Array allocate_parts(const Call &call, const Array &view,
                     const LaneViews &views, std::int64_t parts, DType dtype) {
  const auto kept = view.shape().first(static_cast<std::size_t>(views.kept));
  Dims shape;
  const auto add = [&](std::int64_t size) {
    shape.sizes[static_cast<std::size_t>(shape.rank++)] = size;
  };
  if (views.columns)
    add(parts);
  for (std::int64_t size : kept)
    add(size);
  if (!views.columns)
    add(parts);
  Array made = allocate_result(shape, dtype, view.device(), call.stream);
  for (int d = 0; views.columns && d < views.kept; ++d)
    made = made.transpose(d, d + 1);
  return made;
}

namespace {

// Several tiles a turn, where each program has some turns of them. On the host
// choices cost less than the powers that groups have one more of.
Walk walk_of(const ReductionKernels &kernels, const LaneViews &views,
             const LaneBlocks &blocks, Device device) {
  constexpr std::int64_t turns = 2;
  const std::int64_t tiles = views.depth / (blocks.depth * blocks.parts);
  return {views.columns, kernels.reduction().steps &&
                             device.kind == Device::Kind::cuda &&
                             tiles >= turns * reduction_group};
}

Kernel in_runs(const Kernel &kernel, const Walk &walk, const Array &x) {
  return walk.grouped && !walk.columns && reads_runs(x)
             ? kernel.with("RUNS", true)
             : kernel;
}

// Blocks for such turns: a thread has all tiles of one at once, and each
// program has as many turns, but for the last.
LaneBlocks grouped_blocks(const LaneViews &views, LaneBlocks blocks) {
  constexpr std::int64_t lanes = 8;
  if (blocks.rows * blocks.depth > 32 * lanes * blocks.warps)
    (blocks.rows > 1 ? blocks.rows : blocks.depth) /= 2;
  const std::int64_t turns =
      pieces_of(views.depth, blocks.depth * reduction_group);
  blocks.parts = pieces_of(turns, pieces_of(turns, blocks.parts));
  return blocks;
}

} // namespace

std::vector<Array> launch_parts(const Call &call,
                                const ReductionKernels &kernels,
                                const Array &view, const LaneViews &views,
                                const LaneBlocks &blocks,
                                std::span<const Array> numbers) {
  std::vector<Array> parts;
  const DType number = numbers.empty() ? view.dtype() : numbers[0].dtype();
  for (DType dtype : kernels.reduction().parts(view.dtype(), number))
    parts.push_back(allocate_parts(call, view, views, blocks.parts, dtype));
  std::vector<const Array *> operands{&view};
  for (const Array &each : numbers)
    operands.push_back(&each);
  for (const Array &each : parts)
    operands.push_back(&each);
  const Walk walk = walk_of(kernels, views, blocks, view.device());
  run_with(call, in_runs(kernels.parts(view.dtype(), walk), walk, view),
           blocks.config(), operands);
  return parts;
}

void launch_reduction(const Call &call, const ReductionKernels &kernels,
                      const Array &x, std::span<const int> dims, bool keepdim,
                      std::span<const Array> numbers,
                      std::span<const Array> outs) {
  std::array<Array, 3> views;
  views[0] = x;
  std::ranges::copy(outs, views.begin() + 1);
  const std::span used(views.data(), 1 + outs.size());
  const LaneViews lanes =
      lane_views(used, 1, dims, keepdim, kernels.reduction().places);
  std::vector<const Array *> operands;
  const auto add = [&](std::span<const Array> arrays) {
    for (const Array &each : arrays)
      operands.push_back(&each);
  };
  if (reduces_rows(kernels.reduction(), lanes, x.dtype(), x.device())) {
    add(used.first(1));
    add(numbers);
    add(used.subspan(1));
    return run_rows(call, kernels.row(x.dtype()), lanes, operands);
  }
  // Several values of a lane share the registers.
  const int share = kernels.reduction().parts(f32, f32).size() > 1 ? 2 : 1;
  LaneBlocks blocks =
      lane_blocks(lanes, x.dtype(), x.device(), true, share,
                  lane_bytes(kernels.reduction(), x.dtype(),
                             numbers.empty() ? x.dtype() : numbers[0].dtype()));
  if (walk_of(kernels, lanes, blocks, x.device()).grouped)
    blocks = grouped_blocks(lanes, blocks);
  if (blocks.parts == 1) {
    add(used.first(1));
    add(numbers);
    add(used.subspan(1));
    const Walk walk = walk_of(kernels, lanes, blocks, x.device());
    return run_with(call,
                    in_runs(kernels.whole(x.dtype(), walk), walk, views[0]),
                    blocks.config(), operands);
  }
  const std::vector<Array> parts =
      launch_parts(call, kernels, views[0], lanes, blocks, numbers);
  add(parts);
  add(numbers);
  add(used.subspan(1));
  run_with(call, kernels.last(lanes.columns),
           blocks_of_parts(lanes, blocks.parts, x.device()).config(), operands);
}

} // namespace girih::ops
