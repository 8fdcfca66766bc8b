// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/ordering/quantiles.h"

#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/reductions/seen_by_all.h"

#include <algorithm>

namespace girih::ops::order {

namespace {

constexpr std::string_view interpolations[] = {"linear", "lower", "higher",
                                               "nearest", "midpoint"};

std::size_t number_of(std::string_view interpolation) {
  return static_cast<std::size_t>(
      std::ranges::find(interpolations, interpolation) -
      std::begin(interpolations));
}

// The share of the upper neighbour at a place between two.
Tile share_of(const Tile &place, std::size_t interpolation) {
  switch (interpolation) {
  case 1:
    return zeros({}, f64);
  case 2:
    return cast(place > floor(place), f64);
  case 3:
    return round(place) - floor(place);
  case 4:
    return where(place > floor(place), zeros({}, f64) + 0.5, zeros({}, f64));
  default:
    return place - floor(place);
  }
}

// sorted[kept..., N], q[], out[kept...]. Elements are reached by gather: their
// place is data.
Kernel make_kernel(int kept, std::size_t interpolation) {
  return Kernel(make_source(
      "quantile_" + std::string(interpolations[interpolation]) + "_" +
          std::to_string(kept),
      [=](Tensor sorted, Tensor q, Tensor out) {
        Extents sizes;
        std::vector<int> leading;
        Tensor rows = kept == 0 ? out.unsqueeze(0) : out;
        for (int d = 0; d + 1 < kept; ++d) {
          sizes.emplace_back(1);
          leading.push_back(d);
        }
        sizes.emplace_back(block_size("BLOCK"));
        rows = rows.tile(sizes).at(1, squeeze(leading));
        return arranged(seen_by_all(sorted, rows), q, rows);
      },
      [=](In sorted, In q, Out out) {
        const DType type = computed(sorted.dtype());
        const Index last = sorted.source_size(kept) - 1;
        const Tile place = min(max(cast(q, f64), 0), 1) * cast(last, f64);
        const Tile below = cast(floor(place), i64);
        std::vector<Located> at;
        for (int d = 0; d < kept; ++d)
          at.emplace_back(where(out.in_bounds(), out.offsets(d), 0));
        const auto element = [&](const Tile &index) {
          std::vector<Located> all = at;
          all.emplace_back(broadcast_to(unsqueeze(index, 0), out.shape()));
          return cast(sorted.gather(all), type);
        };
        const Tile share = cast(share_of(place, interpolation), type);
        const Tile low = element(below), high = element(min(below + 1, last)),
                   top = element(zeros({}, i64) + last);
        // Of equal neighbours, infinities among them, the difference is none.
        const Tile between =
            where(low == high, low, low + share * (high - low));
        const Tile chosen = where(share == 0, low, between);
        out = where(isnan(top), top, where(share == 1, high, chosen));
      },
      {"sorted", "q", "out"}));
}

const Kernel &kernel(int kept, std::size_t interpolation) {
  static const std::vector<Kernel> kernels = [] {
    std::vector<Kernel> made;
    for (int rank = 0; rank < max_rank; ++rank)
      for (std::size_t i = 0; i < std::size(interpolations); ++i)
        made.push_back(make_kernel(rank, i));
    return made;
  }();
  return kernels[static_cast<std::size_t>(kept) * std::size(interpolations) +
                 interpolation];
}

} // namespace

Shaped quantile_result(const Call &call, const Array &x, const ArrayOrNumber &q,
                       const std::optional<std::int64_t> &dim, bool keepdim,
                       std::string_view interpolation) {
  const Argument argument{"x", x}, fraction{"q", q};
  call.check_same_device({argument, fraction});
  call.check_dtype(argument, floats);
  call.check_dtype(fraction, floats);
  call.check_rank(fraction, 0, 1);
  call.require(q.is_array() || (q.number() >= 0 && q.number() <= 1),
               "q must be from 0 to 1", {argument});
  call.require(number_of(interpolation) < std::size(interpolations),
               "interpolation must be linear, lower, higher, nearest or "
               "midpoint",
               {argument});
  const Dims kept = picked_shape(call, x, dim, keepdim);
  if (!q.is_array() || q.array().rank() == 0)
    return {kept, x.dtype()};
  call.require(kept.rank < max_rank, "the result has too many dimensions",
               {argument, fraction});
  Dims shape;
  shape.sizes[static_cast<std::size_t>(shape.rank++)] = q.array().size(0);
  for (std::int64_t size : std::span<const std::int64_t>(kept))
    shape.sizes[static_cast<std::size_t>(shape.rank++)] = size;
  return {shape, x.dtype()};
}

void launch_quantile(const Call &call, const Array &x, const ArrayOrNumber &q,
                     const std::optional<std::int64_t> &dim, bool keepdim,
                     std::string_view interpolation, const Array &out) {
  const Ordered sorted = in_order(call, x, dim);
  const std::size_t way = number_of(interpolation);
  std::optional<int> at;
  if (dim)
    at = sorted.dim;
  const auto one = [&](const Array &fraction, const Array &result) {
    std::array<Array, 2> views{sorted.values,
                               keepdim ? without(result, at) : result};
    const std::vector<int> dims = sorted.values.rank() == 0
                                      ? std::vector<int>{}
                                      : std::vector<int>{sorted.dim};
    const LaneViews lanes = lane_views(views, 1, dims, false, true);
    const Array *operands[] = {&views[0], &fraction, &views[1]};
    call.run(kernel(lanes.kept, way), operands);
  };
  if (!q.is_array())
    return one(Array::scalar(q.number(), f64), out);
  if (q.array().rank() == 0)
    return one(q.array(), out);
  for (std::int64_t i = 0; i < q.array().size(0); ++i)
    one(q.array().select(0, i), out.select(0, i));
}

std::vector<KernelEntry> quantile_entries() {
  std::vector<KernelEntry> all;
  for (std::size_t i = 0; i < std::size(interpolations); ++i)
    all.push_back({.name = kernel(1, i).name(),
                   .kernel = kernel(1, i),
                   .dtypes = {f32},
                   .size_names = {"M", "N"},
                   .sizes = {4096, 1024},
                   .picture_sizes = {3, 5},
                   .operands = [](DType x, std::span<const std::int64_t> n) {
                     return std::vector<OperandShape>{{x, {n[0], n[1]}, {}},
                                                      {f64, {}, {}, true},
                                                      {x, {n[0]}, {}}};
                   }});
  return all;
}

} // namespace girih::ops::order
