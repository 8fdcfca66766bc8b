// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/normalisation/softmax_family.h"

#include "girih/ops/arrange/rows.h"
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/normalisation/spread.h"
#include "girih/ops/reductions/runs.h"
#include "girih/ops/sizes.h"

#include <bit>
#include <cmath>

namespace girih::ops::softmax_family {

namespace {

// Rows up to here are kept in a tile.
constexpr std::int64_t tile_elements = 16384;
// Fewer rows than this, longer than a tile, are shared by programs.
constexpr std::int64_t many_rows = 64;

// [kept..., R] in tiles [BM, BK], or [BK, BM] of columns; with `loop` a level
// over k.
Tensor cut(Tensor t, const Size &depth, bool columns, bool loop) {
  const int kept = t.rank() - 1;
  if (kept == 0)
    t = t.unsqueeze(0);
  const arrange::RowTiles rows(kept);
  t = t.tile(rows.with(depth));
  if (loop)
    t = t.tile(rows.level(whole)).at(1, squeeze(rows.dims));
  const int tile = loop ? 2 : 1;
  t = t.at(tile, squeeze(rows.leading));
  return columns ? t.at(tile, permute({1, 0})) : t;
}

Tensor filled(const Tensor &x) { return x.other(-INFINITY); }

Arrangement arrange_tile(const Tensor &x, const Tensor &out, bool columns) {
  const Size depth = covering_block("BK", x.size(-1));
  return arranged(cut(filled(x), depth, columns, false),
                  cut(out, depth, columns, false));
}

Arrangement arrange_loop(const Tensor &x, const Tensor &out, bool columns) {
  const Size depth = block_size("BK");
  return arranged(cut(filled(x), depth, columns, true),
                  cut(out, depth, columns, true));
}

// What an element is converted to before all else, for `dtype`.
Tile converted(const Located &x, DType through) {
  return cast(cast(x, through), computed(through));
}

// e^x for a result of this dtype. Of 16 bits what is below the least normal
// number, 2^-126, may be 0: a GPU has that in half of the instructions.
Tile power_of(const Tile &x, DType through) {
  return exponential(x, bits(through) == 16 ? Subnormals::flush_to_zero
                                            : Subnormals::keep);
}

void tile_application(const In &x, const Out &out, bool columns,
                      bool logarithm) {
  const Dim along = dim(columns ? 0 : 1).kept();
  const Tile row = converted(x, out.dtype());
  const Tile apart = row - max(row, along);
  const Tile power = power_of(apart, out.dtype());
  if (logarithm)
    out = apart - log(sum(power, along));
  else
    out = power * (1 / sum(power, along));
}

Tile written(const Located &x, const Tile &largest, const Tile &scale,
             DType through, bool logarithm) {
  const Tile apart = converted(x, through) - largest;
  return logarithm ? apart - scale : power_of(apart, through) * scale;
}

Tile scale_of(const Tile &total, bool logarithm) {
  return logarithm ? log(total) : 1 / total;
}

void loop_application(const In &x, const Out &out, bool columns,
                      bool logarithm) {
  const Reduction sums = exponential_sums("", false);
  const Runs runs(x, !columns && constexpr_value<bool>("RUNS", false));
  Tiles parts = sums.start(runs.parts, sums.parts(out.dtype(), out.dtype()));
  for (Index k : range(x.size(0))) {
    const Tile each = converted(x[k], out.dtype());
    const Tiles next = runs.length > 1 ? sums.steps(parts, {runs.of(each)})
                                       : sums.step(parts, each, k, {});
    parts[0] = next[0];
    parts[1] = next[1];
  }
  const Tiles row = sums.fold(parts, dim(columns ? 0 : 1).kept());
  const Tile scale = scale_of(row[1], logarithm);
  // Backwards: what was read last is still in a cache.
  for (Index k : range(x.size(0))) {
    const Index at = x.size(0) - 1 - k;
    out[at] = written(x[at], row[0], scale, out.dtype(), logarithm);
  }
}

// largest and total[kept...]: one to each row of a tile.
Tensor cut_sums(Tensor t, const Size &tiles, bool columns) {
  const int kept = t.rank();
  t = t.unsqueeze(kept);
  if (kept == 0)
    t = t.unsqueeze(0);
  const arrange::RowTiles rows(kept);
  Extents repeats(rows.dims.size(), Extent(keep));
  repeats.emplace_back(tiles);
  t = t.tile(rows.with(1)).expand(repeats).at(1, squeeze(rows.leading));
  return columns ? t.at(1, permute({1, 0})) : t;
}

Kernel write_kernel(const std::string &name, bool columns, bool logarithm) {
  return Kernel(make_source(
      name,
      [=](Tensor x, Tensor largest, Tensor total, Tensor out) {
        const Size depth = block_size("BK");
        const Size tiles = cdiv(x.size(-1), depth);
        return arranged(
            cut(x, depth, columns, false), cut_sums(largest, tiles, columns),
            cut_sums(total, tiles, columns), cut(out, depth, columns, false));
      },
      [=](In x, In largest, In total, Out out) {
        out = written(x, largest, scale_of(total, logarithm), out.dtype(),
                      logarithm);
      },
      {"x", "largest", "total", "out"}));
}

Kernel row_kernel(const std::string &name, bool loop, bool columns,
                  bool logarithm) {
  return Kernel(make_source(
      name,
      [=](Tensor x, Tensor out) {
        return loop ? arrange_loop(x, out, columns)
                    : arrange_tile(x, out, columns);
      },
      [=](In x, Out out) {
        if (loop)
          loop_application(x, out, columns, logarithm);
        else
          tile_application(x, out, columns, logarithm);
      },
      {"x", "out"}));
}

// A tile of whole rows: as many as make up a few thousand elements, on the host
// as stay in registers and the first cache.
Config tile_config(const LaneViews &lanes, DType dtype, Device device) {
  const bool gpu = device.kind == Device::Kind::cuda;
  std::int64_t depth = power_of_two(lanes.depth);
  if (depth >= 1024 && lanes.depth <= depth / 4 * 3)
    depth = depth / 4 * 3;
  const std::int64_t elements = gpu ? 4096 : 1024;
  std::int64_t rows = std::min(power_of_two(lanes.last),
                               std::max<std::int64_t>(elements / depth, 1));
  // Columns are read 64 bytes at a time.
  if (lanes.columns)
    rows =
        std::min(power_of_two(lanes.last),
                 std::max<std::int64_t>(rows, 512 / std::max(bits(dtype), 8)));
  while (!lanes.columns && rows > 1 && lanes.rows / rows < 264)
    rows /= 2;
  Config config;
  config.blocks = {{"BM", rows}, {"BK", depth}};
  // 32 lanes a thread, from one warp to 16.
  config.num_warps = static_cast<int>(std::bit_floor(static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(rows * depth / 1024, 1, 16))));
  return config;
}

// A row whose blocks keep of their parts what they have memory for. Four blocks
// of 4 warps, of different rows, are on a multiprocessor: they keep less than
// two of 8 warps would, but read and write at different times.
Config kept_config() {
  Config config;
  config.blocks = {{"BM", 1}, {"BK", 16384}};
  config.num_warps = 16;
  config.num_ctas = 4;
  return config;
}

// On a GPU a long row is for as many threads as fill an SM by one program, or
// by two where it is shorter or its elements take more registers: the fewer
// rows are under way, the more of each the second cache still has.
void widen(LaneBlocks &blocks, const LaneViews &lanes, DType dtype,
           Device device) {
  constexpr std::int64_t depth = 8192, turns = 4;
  if (device.kind == Device::Kind::host || lanes.columns ||
      lanes.depth < turns * depth)
    return;
  const bool whole = bits(dtype) == 16 && lanes.depth >= 2 * turns * depth;
  blocks.depth = whole ? 2 * depth : depth;
  blocks.rows = 1;
  blocks.warps = whole ? 32 : 16;
}

// On a GPU a thread has one sum for what it reads at once.
Kernel loop_of(const Kernels &kernels, const LaneViews &lanes, const Array &x) {
  const Kernel &loop = kernels.loop(lanes.columns);
  return !lanes.columns && reads_runs(x) ? loop.with("RUNS", true) : loop;
}

void launch_split(const Call &call, const Kernels &kernels, const Array &x,
                  const Array &out, const LaneViews &lanes) {
  const Dims kept =
      dims_of(x.shape().first(static_cast<std::size_t>(lanes.kept)));
  const DType type = computed(out.dtype());
  const Array sums_of_rows[] = {
      allocate_result(kept, type, x.device(), call.stream),
      allocate_result(kept, type, x.device(), call.stream)};
  std::vector<int> along;
  for (int d = lanes.kept; d < x.rank(); ++d)
    along.push_back(d);
  launch_reduction(call, sums(), x, along, false, {}, sums_of_rows);
  LaneBlocks blocks = lane_blocks(lanes, x.dtype(), x.device(), false);
  if (!lanes.columns)
    blocks.depth = std::min<std::int64_t>(blocks.depth, 1024);
  const Array *operands[] = {&x, &sums_of_rows[0], &sums_of_rows[1], &out};
  run_with(call, kernels.write(lanes.columns), blocks.config(), operands);
}

} // namespace

const ReductionKernels &sums() {
  static const ReductionKernels made(exponential_sums("softmax_sums", false));
  return made;
}

Kernels::Kernels(const std::string &name, bool logarithm)
    : tile_{row_kernel(name, false, false, logarithm),
            row_kernel(name + "_columns", false, true, logarithm)},
      loop_{row_kernel(name + "_loop", true, false, logarithm),
            row_kernel(name + "_loop_columns", true, true, logarithm)},
      write_{write_kernel(name + "_write", false, logarithm),
             write_kernel(name + "_write_columns", true, logarithm)} {}

Shaped result(const Call &call, const Array &x, std::int64_t dim,
              const std::optional<DType> &dtype) {
  const Argument argument{"x", x};
  call.check_same_device({argument});
  call.check_dtype(argument, floats);
  call.check_dim(argument, dim);
  const DType type = dtype.value_or(x.dtype());
  call.require(is_float(type) && bits(type) >= 16, "dtype must be a float's",
               {argument});
  return {dims_of(x.shape()), type};
}

void launch(const Call &call, const Kernels &kernels, const Array &x,
            std::int64_t dim, const Array &out) {
  const int at = call.check_dim({"x", x}, dim);
  std::array<Array, 2> views{x, out};
  const std::vector<int> dims =
      x.rank() == 0 ? std::vector<int>{} : std::vector<int>{at};
  LaneViews lanes = lane_views(views, 2, dims, true, true);
  const Array *operands[] = {&views[0], &views[1]};
  // A column's tile is wide as well.
  const std::int64_t most = lanes.columns ? tile_elements / 16 : tile_elements;
  if (lanes.depth <= most)
    return run_with(call, kernels.tile(lanes.columns),
                    tile_config(lanes, x.dtype(), x.device()), operands, true);
  const int width = bits(x.dtype());
  const bool spread = !lanes.columns && lanes.rows >= many_rows &&
                      width <= 32 && spread::is_plain(x, width) &&
                      spread::is_plain(out, width);
  if (spread && spread::holds(lanes.depth, x.device()))
    return run_with(call, kernels.tile(false),
                    spread::row("BK", lanes.depth, spread::each(lanes.depth)),
                    operands, true);
  if (spread && has_warp_groups(x.device()))
    return run_with(call, loop_of(kernels, lanes, views[0]), kept_config(),
                    operands, true);
  LaneBlocks blocks = lane_blocks(lanes, x.dtype(), x.device(), true, 2, 8);
  // The sums of a narrower dtype see x as it is converted.
  const bool narrows = computed(out.dtype()) != computed(x.dtype()) ||
                       bits(out.dtype()) < bits(x.dtype());
  if (narrows || (blocks.parts == 1 && lanes.rows >= many_rows)) {
    widen(blocks, lanes, x.dtype(), x.device());
    return run_with(call, loop_of(kernels, lanes, views[0]), blocks.config(),
                    operands, true);
  }
  launch_split(call, kernels, views[0], views[1], lanes);
}

std::vector<KernelEntry> entries(const Kernels &kernels,
                                 std::string_view spread,
                                 std::string_view spread_loop) {
  using Sizes = std::span<const std::int64_t>;
  const auto entry = [](const Kernel &kernel, bool columns, bool sums) {
    const std::int64_t rows = 16384, depth = columns ? 1024 : 4096;
    return KernelEntry{
        .name = kernel.name(),
        .kernel = kernel,
        .dtypes =
            columns || sums ? std::vector{bf16} : std::vector{bf16, f32, f64},
        .size_names = {"M", "N"},
        .sizes = {rows, depth},
        .picture_sizes = {3, 5},
        .operands = [=](DType dtype, Sizes n) {
          std::vector<std::int64_t> strides;
          if (columns)
            strides = {1, n[0]};
          const OperandShape matrix{dtype, {n[0], n[1]}, strides};
          const OperandShape row{computed(dtype), {n[0]}, {}};
          if (sums)
            return std::vector<OperandShape>{matrix, row, row, matrix};
          return std::vector<OperandShape>{matrix, matrix};
        }};
  };
  std::vector<KernelEntry> all;
  for (bool columns : {false, true}) {
    all.push_back(entry(kernels.tile(columns), columns, false));
    const Kernel &loop = kernels.loop(columns);
    all.push_back(
        entry(columns ? loop : loop.with("RUNS", true), columns, false));
    all.push_back(entry(kernels.write(columns), columns, true));
  }
  all.push_back(spread::entry(spread, all[0], {2048, 65536},
                              "BM=1 BK=65536 num_warps=16 num_ctas=4"));
  all.push_back(spread::entry(spread_loop, all[1], {2048, 151936},
                              "BM=1 BK=16384 num_warps=16 num_ctas=4"));
  return all;
}

} // namespace girih::ops::softmax_family
