// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/reductions/scans.h"

#include "girih/ops/arrange/rows.h"

namespace girih::ops::scans {

namespace {

struct Plan {
  Kind kind;
  bool columns, parts;

  double neutral() const { return kind == Kind::sum ? 0 : 1; }
  Tile combined(const Tile &a, const Tile &b) const {
    return kind == Kind::sum ? a + b : a * b;
  }
  Tile scanned(const Tile &x) const {
    const int axis = columns ? 0 : 1;
    return kind == Kind::sum ? cumsum(x, axis) : cumprod(x, axis);
  }
  Tile total(const Tile &x) const {
    const Dim over = dim(columns ? 0 : 1).kept();
    return kind == Kind::sum ? girih::sum(x, over) : girih::prod(x, over);
  }
};

Tensor parts_first(const Tensor &t) {
  std::vector<int> order{t.rank() - 1};
  for (int d = 0; d + 1 < t.rank(); ++d)
    order.push_back(d);
  return t.permute(order);
}

// [kept..., R] in tiles [BM, BK] or [BK, BM], a level over k; a program to each
// row of tiles and each part of it.
Tensor cut(Tensor t, const Tensor *parts, bool columns) {
  const int kept = t.rank() - 1;
  if (kept == 0)
    t = t.unsqueeze(0);
  const arrange::RowTiles rows(kept);
  const Size depth = block_size("BK");
  const Extent count =
      parts ? Extent(cdiv(cdiv(t.size(-1), depth), parts->size(-1)))
            : Extent(whole);
  t = t.tile(rows.with(depth))
          .tile(rows.level(count))
          .at(1, squeeze(rows.dims));
  t = parts_first(t).at(2, squeeze(rows.leading));
  return columns ? t.at(2, permute({1, 0})) : t;
}

// What comes before each part: the scanned part before it.
Tensor cut_before(const Tensor &scanned, double neutral, bool columns) {
  const int kept = scanned.rank() - 1;
  const Size parts = scanned.size(-1);
  std::vector<Padding> padding(static_cast<std::size_t>(kept));
  padding.push_back({1, 0});
  Tensor t = scanned.other(neutral).pad(padding).slice(kept, {Size(0), parts});
  if (kept == 0)
    t = t.unsqueeze(0);
  const arrange::RowTiles rows(kept);
  t = parts_first(t.tile(rows.with(1))).at(1, squeeze(rows.leading));
  return columns ? t.at(1, permute({1, 0})) : t;
}

void walk(const Plan &plan, const In &x, const Out &out, Tile carried) {
  for (Index k : range(x.size(0))) {
    const Tile part = cast(cast(x[k], out.dtype()), carried.dtype());
    out[k] = plan.combined(carried, plan.scanned(part));
    carried = plan.combined(carried, plan.total(part));
  }
}

Kernel make_whole(const std::string &name, Plan plan) {
  return Kernel(make_source(
      name + (plan.columns ? "_columns" : ""),
      [=](Tensor x, Tensor out) {
        return arranged(cut(x, nullptr, plan.columns),
                        cut(out, nullptr, plan.columns));
      },
      [=](In x, Out out) {
        Shape shape = x.shape();
        shape[plan.columns ? 0 : 1] = 1;
        walk(plan, x, out,
             full(shape, plan.neutral(), accumulator(out.dtype())));
      },
      {"x", "out"}));
}

Kernel make_parts(const std::string &name, Plan plan) {
  return Kernel(make_source(
      name + "_parts" + (plan.columns ? "_columns" : ""),
      [=](Tensor x, Tensor scanned, Tensor out) {
        return arranged(cut(x, &scanned, plan.columns),
                        cut_before(scanned, plan.neutral(), plan.columns),
                        cut(out, &scanned, plan.columns));
      },
      [=](In x, In scanned, Out out) { walk(plan, x, out, scanned); },
      {"x", "scanned", "out"}));
}

} // namespace

Kernels::Kernels(const std::string &name, Kind kind,
                 const ReductionKernels &totals)
    : whole_{make_whole(name, {kind, false, false}),
             make_whole(name, {kind, true, false})},
      parts_{make_parts(name, {kind, false, true}),
             make_parts(name, {kind, true, true})},
      totals_(totals) {}

void launch(const Call &call, const Kernels &kernels, const Array &x, int dim,
            const Array &out) {
  std::array<Array, 2> views{x, out};
  const std::vector<int> dims =
      x.rank() == 0 ? std::vector<int>{} : std::vector<int>{dim};
  const LaneViews lanes = lane_views(views, 2, dims, true, true);
  LaneBlocks blocks = lane_blocks(lanes, x.dtype(), x.device(), true);
  if (blocks.parts == 1) {
    // A GPU's thread scans 8 lanes by itself: more wait for each other, as all
    // warps do at the end of a tile (1024 lanes of a row of 4096: 3.5 times as
    // fast as 4096 on an H200).
    if (!lanes.columns && x.device().kind == Device::Kind::cuda)
      blocks.depth = std::min<std::int64_t>(blocks.depth, 256 * blocks.warps);
    const Array *operands[] = {&views[0], &views[1]};
    return run_with(call, kernels.whole(lanes.columns), blocks.config(),
                    operands);
  }
  const Array through = Array::scalar(0, out.dtype());
  const Array totals = launch_parts(call, kernels.totals(), views[0], lanes,
                                    blocks, {&through, 1})[0];
  const Array scanned =
      allocate_parts(call, views[0], lanes, blocks.parts, totals.dtype());
  const LaneViews rest{lanes.kept, lanes.rows, lanes.last, blocks.parts,
                       lanes.columns};
  const Array *middle[] = {&totals, &scanned};
  run_with(call, kernels.whole(lanes.columns),
           lane_blocks(rest, f64, x.device(), false).config(), middle);
  const Array *operands[] = {&views[0], &scanned, &views[1]};
  run_with(call, kernels.parts(lanes.columns), blocks.config(), operands);
}

std::vector<KernelEntry> Kernels::entries() const {
  using Sizes = std::span<const std::int64_t>;
  std::vector<KernelEntry> all;
  for (bool columns : {false, true})
    for (bool parts : {false, true})
      all.push_back(
          {.name = parts ? parts_[columns].name() : whole_[columns].name(),
           .kernel = parts ? parts_[columns] : whole_[columns],
           .dtypes = columns ? std::vector{f32} : std::vector{bf16, f32, i32},
           .size_names = {"M", "N", "P"},
           .sizes = {64, 1 << 20, 128},
           .picture_sizes = {3, 8, 2},
           .operands = [=](DType x, Sizes n) {
             const DType to = is_float(x) ? x : i64;
             const std::vector<std::int64_t> strides =
                 columns ? std::vector<std::int64_t>{1, n[0]}
                         : std::vector<std::int64_t>();
             std::vector<OperandShape> list{{x, {n[0], n[1]}, strides}};
             if (parts)
               list.push_back({accumulator(to), {n[0], n[2]}, {}});
             list.push_back({to, {n[0], n[1]}, strides});
             return list;
           }});
  return all;
}

} // namespace girih::ops::scans
