// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/ordering/quantiles.h"

#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/kernel_family.h"
#include "girih/ops/ordering/row_ranks.h"
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

// The place in order, of `last` and one more.
Tile place_in(const In &q, const Index &last) {
  return min(max(cast(q, f64), 0), 1) * cast(last, f64);
}

// Of equal neighbours, infinities among them, the difference is none.
Tile between(const Tile &low, const Tile &high, const Tile &share) {
  const Tile inner = where(low == high, low, low + share * (high - low));
  return where(share == 1, high, where(share == 0, low, inner));
}

// x[kept..., R], rows that fit a tile, q[], out[kept...]
Kernel make_row(int kept, std::size_t interpolation) {
  return Kernel(make_source(
      "quantile_row_" + std::string(interpolations[interpolation]),
      [=](Tensor x, Tensor q, Tensor out) {
        return arranged(rows_of(x, kept), q, elements_of(out, kept));
      },
      [=](In x, In q, Out out) {
        const Row row(x, kept);
        const DType type = computed(x.dtype());
        const Tile place = place_in(q, x.source_size(kept) - 1);
        const Tile number = cast(floor(place), i32) + 1;
        const Tile key = row.key_at(number);
        const auto element = [&](const Tile &of) {
          return cast(row.element(row.unless_nan(row.place_of(of))), type);
        };
        out = between(element(key), element(row.key_behind(key, number)),
                      cast(share_of(place, interpolation), type));
      },
      {"x", "q", "out"}));
}

const Kernel &row_kernel(int kept, std::size_t interpolation) {
  using Form = std::pair<int, std::size_t>;
  static KernelFamily<Form> kernels(
      [](const Form &form) { return make_row(form.first, form.second); });
  return kernels[{kept, interpolation}];
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
        const Tile place = place_in(q, last);
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
        out = where(isnan(top), top, between(low, high, share));
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
  std::optional<int> at;
  if (dim)
    at = call.check_dim({"x", x}, *dim);
  const std::size_t way = number_of(interpolation);
  const Array source = dim ? x : flattened(call, x);
  const std::vector<int> dims = source.rank() == 0
                                    ? std::vector<int>{}
                                    : std::vector<int>{at.value_or(0)};
  const std::int64_t count =
      q.is_array() && q.array().rank() > 0 ? q.array().size(0) : 1;
  // Of several quantiles each would be searched for alone.
  const bool by_rows = count <= 2 && source.rank() > 0 &&
                       ranks_rows(source.size(dims[0]), x.dtype(), x.device());
  const Array from = by_rows ? source : in_order(call, x, dim).values;
  const auto one = [&](const Array &fraction, const Array &result) {
    std::array<Array, 2> views{from, keepdim ? without(result, at) : result};
    const LaneViews lanes = lane_views(views, 1, dims, false, true);
    const Array *operands[] = {&views[0], &fraction, &views[1]};
    if (by_rows)
      return run_with(call, row_kernel(lanes.kept, way),
                      row_config(lanes, x.device()), operands);
    call.run(kernel(lanes.kept, way), operands);
  };
  if (!q.is_array())
    return one(Array::scalar(q.number(), f64), out);
  if (q.array().rank() == 0)
    return one(q.array(), out);
  for (std::int64_t i = 0; i < count; ++i)
    one(q.array().select(0, i), out.select(0, i));
}

std::vector<KernelEntry> quantile_entries() {
  const auto entry = [](const Kernel &kernel) {
    return KernelEntry{
        .name = kernel.name(),
        .kernel = kernel,
        .dtypes = {f32, bf16, f64},
        .size_names = {"M", "N"},
        .sizes = {4096, 1024},
        .picture_sizes = {3, 5},
        .operands = [](DType x, std::span<const std::int64_t> n) {
          return std::vector<OperandShape>{
              {x, {n[0], n[1]}, {}}, {f64, {}, {}, true}, {x, {n[0]}, {}}};
        }};
  };
  std::vector<KernelEntry> all;
  for (std::size_t i = 0; i < std::size(interpolations); ++i) {
    all.push_back(entry(kernel(1, i)));
    all.push_back(entry(row_kernel(1, i)));
    all.back().config = "N=1024 num_warps=2";
  }
  return all;
}

} // namespace girih::ops::order
