// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/reductions/lane_views.h"
#include "girih/ops/sizes.h"

#include <algorithm>

namespace girih::ops {

namespace {

constexpr std::size_t most_arrays = 6;

// One dimension of all arrays together.
struct Dimension {
  std::int64_t size = 1;
  std::array<std::int64_t, most_arrays> strides{};
};

struct Dimensions {
  std::array<Dimension, max_rank> all;
  std::size_t count = 0;

  void add(const Dimension &dim) { all[count++] = dim; }

  // Largest stride first; what is repeated, with stride 0, is outermost.
  void sort() {
    const auto before = [](const Dimension &x, const Dimension &y) {
      const std::int64_t a = x.strides[0], b = y.strides[0];
      return b != 0 && (a == 0 || a > b);
    };
    // By insertion: a few elements, and nothing is allocated.
    for (std::size_t i = 1; i < count; ++i)
      for (std::size_t d = i; d > 0 && before(all[d], all[d - 1]); --d)
        std::swap(all[d], all[d - 1]);
  }

  // Joins neighbours that lie in memory as one in the first `arrays`.
  void merge(std::size_t arrays) {
    std::size_t kept = 0;
    for (std::size_t d = 1; d < count; ++d) {
      Dimension &outer = all[kept];
      const Dimension &inner = all[d];
      bool one = true;
      for (std::size_t i = 0; i < arrays; ++i)
        one &= outer.strides[i] == inner.strides[i] * inner.size;
      if (!one) {
        all[++kept] = inner;
        continue;
      }
      outer.size *= inner.size;
      outer.strides = inner.strides;
    }
    if (count > 0)
      count = kept + 1;
  }

  std::int64_t elements() const {
    std::int64_t product = 1;
    for (std::size_t d = 0; d < count; ++d)
      product *= all[d].size;
    return product;
  }
};

Array view_of(const Array &array, std::size_t number, const Dimensions &kept,
              const Dimensions *along) {
  Dims shape, strides;
  const auto add = [&](const Dimensions &dims) {
    for (std::size_t d = 0; d < dims.count; ++d) {
      shape.sizes[static_cast<std::size_t>(shape.rank++)] = dims.all[d].size;
      strides.sizes[static_cast<std::size_t>(strides.rank++)] =
          dims.all[d].strides[number];
    }
  };
  add(kept);
  if (along)
    add(*along);
  const Array view(array.data(), shape, array.dtype(), array.device(), strides,
                   array.owner());
  return view.with_access(array.access());
}

std::int64_t pieces(std::int64_t size, std::int64_t block) {
  return std::max<std::int64_t>(pieces_of(size, block), 1);
}

} // namespace

LaneViews lane_views(std::span<Array> arrays, std::size_t full,
                     std::span<const int> dims, bool keepdim, bool ordered) {
  Dimensions kept, along;
  const Array first = arrays.front();
  int narrow = 0; // the dimension of arrays without `dims`
  for (int d = 0; d < first.rank(); ++d) {
    const bool goes = std::ranges::find(dims, d) != dims.end();
    const auto at = static_cast<std::size_t>(d);
    Dimension dim{first.shape()[at], {}};
    for (std::size_t i = 0; i < arrays.size(); ++i)
      if (i < full)
        dim.strides[i] = arrays[i].strides()[at];
      else if (!goes)
        dim.strides[i] = arrays[i].strides()[static_cast<std::size_t>(narrow)];
    narrow += !goes || keepdim;
    if (dim.size != 1)
      (goes ? along : kept).add(dim);
  }
  if (!ordered)
    along.sort();
  kept.sort();
  kept.merge(arrays.size());
  along.merge(full);
  if (along.count == 0) {
    Dimension one;
    one.strides.fill(1);
    along.add(one);
  }
  LaneViews views;
  views.kept = static_cast<int>(kept.count);
  views.rows = kept.elements();
  views.depth = along.elements();
  if (kept.count > 0) {
    const Dimension &last = kept.all[kept.count - 1];
    const std::int64_t across = last.strides[0],
                       down = along.all[along.count - 1].strides[0];
    views.last = last.size;
    views.columns =
        across != 0 && (down == 0 || across < down) && views.depth > 1;
  }
  for (std::size_t i = 0; i < arrays.size(); ++i)
    arrays[i] = view_of(arrays[i], i, kept, i < full ? &along : nullptr);
  return views;
}

Dims reduced_shape(const Array &x, std::span<const int> dims, bool keepdim) {
  Dims shape;
  for (int d = 0; d < x.rank(); ++d) {
    const bool goes = std::ranges::find(dims, d) != dims.end();
    if (!goes || keepdim)
      shape.sizes[static_cast<std::size_t>(shape.rank++)] =
          goes ? 1 : x.size(d);
  }
  return shape;
}

Config LaneBlocks::config() const {
  Config config;
  config.blocks = {{"BM", rows}, {"BK", depth}};
  config.num_warps = warps;
  return config;
}

namespace {

// What blocks are chosen by.
struct Choice {
  const LaneViews &views;
  bool gpu;
  int share, lane_bytes;
  std::int64_t bytes; // a lane takes a register, however narrow
  // A GPU's thread has up to four accesses of 16 bytes under way; on a core a
  // program is worth starting for some thousand elements.
  std::int64_t most = gpu ? 8192 / bytes / share : 4096;
  bool large = views.rows * views.depth * bytes > std::int64_t{32} << 20;

  // Programs that are worth starting: two to a multiprocessor, where it is the
  // memory that counts eight, or four that walk down columns. Some for every
  // core. Fixed numbers, so that sums do not depend on the machine.
  std::int64_t wanted() const {
    if (!gpu)
      return 32;
    return !large ? 264 : views.columns ? 528 : 1056;
  }
  // Of a large array's long rows twice as many, where a lane has one value to
  // put together: two turns of programs even out what one leaves idle, and so
  // many still let the launch that combines them begin early.
  std::int64_t shares() const {
    return gpu && large && !views.columns && share == 1 ? 2 * wanted()
                                                        : wanted();
  }
  std::int64_t programs(const LaneBlocks &blocks) const {
    return views.rows / views.last * pieces(views.last, blocks.rows);
  }
  LaneBlocks columns() const;
  LaneBlocks rows() const;
  void split(LaneBlocks &blocks) const;
};

LaneBlocks Choice::columns() const {
  // A core adds long pieces to accumulators in its first cache. A GPU's threads
  // side by side cover a piece of a row where that leaves enough to do: each
  // then goes down its own columns.
  const std::int64_t wide = gpu               ? (large ? 2048 : 256) / bytes
                            : lane_bytes == 0 ? 256
                                              : 8192 / bytes;
  LaneBlocks out;
  out.rows = std::min(power_of_two(views.last), wide);
  out.depth = gpu || lane_bytes == 0
                  ? std::min(power_of_two(views.depth), most / out.rows)
                  : 1;
  return out;
}

LaneBlocks Choice::rows() const {
  LaneBlocks out;
  out.depth = std::min(power_of_two(views.depth), most);
  // Several values of a lane cost most where lanes are put together: a row of
  // few tiles is then for one warp.
  if (gpu && share > 1 && views.depth <= 4 * most)
    out.depth = std::min<std::int64_t>(out.depth, 512 / bytes);
  out.rows = std::min(power_of_two(views.last), most / out.depth);
  // Accumulators in sixteen registers of 64 bytes.
  const std::int64_t kept =
      lane_bytes == 0 ? most : power_of_two(1024 / lane_bytes + 1) / 2;
  if (!gpu && out.depth > kept) {
    out.depth = kept;
    out.rows = 1;
  }
  while (out.rows > 1 && programs(out) < wanted())
    out.rows /= 2;
  if (gpu)
    out.depth = std::min(power_of_two(views.depth), most / out.rows);
  return out;
}

void Choice::split(LaneBlocks &blocks) const {
  // Down to one access of 16 bytes a thread where little is read.
  const std::int64_t least =
      std::max<std::int64_t>((gpu ? 2048 / bytes : 4 * most) / blocks.rows, 1);
  if (views.depth < 2 * least)
    return;
  if (gpu && !large)
    blocks.depth = std::min(blocks.depth, power_of_two(least));
  const std::int64_t tiles = pieces(views.depth, blocks.depth);
  const std::int64_t parts =
      std::min(pieces(shares(), programs(blocks)), pieces(views.depth, least));
  // As many parts as programs of equal length take.
  blocks.parts = pieces(tiles, pieces(tiles, parts));
}

} // namespace

LaneBlocks lane_blocks(const LaneViews &views, DType dtype, Device device,
                       bool may_split, int share, int lane_bytes) {
  const Choice choice{views, device.kind == Device::Kind::cuda, share,
                      lane_bytes, std::max(bits(dtype) / 8, 2)};
  LaneBlocks blocks = views.columns ? choice.columns() : choice.rows();
  if (may_split && choice.programs(blocks) < choice.wanted() / 2)
    choice.split(blocks);
  // Long rows have no end that many threads would wait for.
  if (choice.gpu && share > 1 && !views.columns && blocks.parts == 1 &&
      views.depth > 16 * choice.most)
    blocks.warps = 8;
  return blocks;
}

void run_with(const Call &call, const Kernel &kernel, const Config &config,
              std::span<const Array *const> operands, bool tunable) {
  kernel.run(operands,
             {.config = config, .stream = call.stream, .tunable = tunable},
             call.where);
}

} // namespace girih::ops
