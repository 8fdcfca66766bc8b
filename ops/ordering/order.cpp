// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/ordering/order.h"

#include "girih/ops/ordering/digit_sort.h"
#include "girih/ops/ordering/order_kernels.h"
#include "girih/ops/ordering/order_keys.h"
#include "girih/ops/ordering/select.h"
#include "girih/ops/sizes.h"

#include <algorithm>
#include <bit>

namespace girih::ops::order {

namespace {

// Elements that one program sorts. On a GPU they are exchanged through shared
// memory, several times their size.
std::int64_t tile_elements(Device device, DType dtype) {
  if (device.kind == Device::Kind::host)
    return 16384;
  return bits(dtype) == 64 ? 2048 : 4096;
}

// Rows up to that are sorted in one tile. Of 16 bits pairs are words of 32.
std::int64_t most_in_tile(Device device, DType dtype) {
  if (device.kind == Device::Kind::host || bits(dtype) > 16)
    return tile_elements(device, dtype);
  return 2 * tile_elements(device, dtype);
}

// Blocks of a kernel that sorts tiles of `depth` elements of several rows.
Config sorting(std::int64_t rows, std::int64_t depth, std::int64_t first,
               bool columns, const Array &x) {
  const std::int64_t whole = tile_elements(x.device(), x.dtype());
  const std::int64_t most =
      x.device().kind == Device::Kind::cuda ? whole / 2 : whole;
  std::int64_t side =
      std::min(power_of_two(rows), std::max<std::int64_t>(most / depth, 1));
  if (!columns) // short rows: enough programs before long tiles
    while (side > 1 && rows / side < 264)
      side /= 2;
  Config config;
  config.blocks = {{"BM", side}, {"BK", depth}};
  if (first > 0)
    config.blocks["KB"] = first;
  // Threads have 16 elements each, 8 of 64 bits or where there are few rows.
  const std::int64_t each =
      bits(x.dtype()) == 64 || rows / side < 264 ? 256 : 512;
  config.num_warps = static_cast<int>(std::bit_floor(static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(side * depth / each, 1, 16))));
  return config;
}

// One lane's keys and their places, of all rows.
struct Pairs {
  Array keys, places;

  Pairs viewed(std::span<const std::int64_t> shape) const {
    return {keys.reshape(shape), places.reshape(shape)};
  }
};

// The state of one call: what is sorted, as views [kept..., R or k].
struct Sorting {
  const Call &call;
  Array x, values, indices;
  LaneViews lanes;
  bool descending = false;

  std::int64_t first() const { return values.size(-1); }
  std::int64_t tile() const { return tile_elements(x.device(), x.dtype()); }
  // [kept..., tail...]
  Dims shape(std::initializer_list<std::int64_t> tail) const {
    Dims out = dims_of(x.shape().first(static_cast<std::size_t>(lanes.kept)));
    for (std::int64_t size : tail)
      out.sizes[static_cast<std::size_t>(out.rank++)] = size;
    return out;
  }
  Pairs scratch(std::int64_t elements) const {
    const std::int64_t sizes[] = {lanes.rows, elements};
    return {
        allocate_result(sizes, key_dtype(x.dtype()), x.device(), call.stream),
        allocate_result(sizes, i32, x.device(), call.stream)};
  }

  void in_one_tile() const;
  Pairs pieces(std::int64_t first) const;
  void some() const;
};

void Sorting::in_one_tile() const {
  const Config config = sorting(lanes.last, power_of_two(lanes.depth),
                                power_of_two(first()), lanes.columns, x);
  const Array *operands[] = {&x, &values, &indices};
  run_with(call, tile_kernel(descending, lanes.columns), config, operands);
}

// The first elements of each tile of x.
Pairs Sorting::pieces(std::int64_t kept) const {
  const std::int64_t count = pieces_of(lanes.depth, tile());
  const Pairs out = scratch(count * kept);
  const Pairs views = out.viewed(shape({count, kept}));
  const Config config =
      sorting(lanes.last, tile(), power_of_two(kept), lanes.columns, x);
  const Array *operands[] = {&x, &views.keys, &views.places};
  run_with(call, pieces_kernel(descending, lanes.columns), config, operands);
  return out;
}

void Sorting::some() const {
  Pairs left = pieces(first());
  while (left.keys.size(1) > tile()) {
    const std::int64_t count = pieces_of(left.keys.size(1), tile());
    const Pairs next = scratch(count * first());
    const Pairs views = next.viewed(std::array{lanes.rows, count, first()});
    const Array *operands[] = {&left.keys, &left.places, &views.keys,
                               &views.places};
    run_with(call, again_kernel(),
             sorting(1, tile(), power_of_two(first()), false, x), operands);
    left = next;
  }
  const std::int64_t count = left.keys.size(1);
  const Pairs views = left.viewed(shape({count}));
  const Array *operands[] = {&x, &views.keys, &views.places, &values, &indices};
  run_with(call, last_kernel(lanes.kept),
           sorting(1, power_of_two(count), power_of_two(first()), false, x),
           operands);
}

} // namespace

void launch(const Call &call, const Array &x, int dim, bool descending,
            const Array &values, const Array &indices) {
  std::array<Array, 3> views{x, values, indices};
  const std::vector<int> dims =
      x.rank() == 0 ? std::vector<int>{} : std::vector<int>{dim};
  const LaneViews lanes = lane_views(views, 3, dims, true, true);
  const std::int64_t first = x.rank() == 0 ? 1 : values.size(dim);
  for (Array *each : {&views[1], &views[2]})
    *each = each->slice(lanes.kept, 0, first);
  if (selects(lanes.depth, first, x.dtype(), x.device()))
    return launch_selection(call, views[0], lanes, descending, views[1],
                            views[2]);
  const Sorting sorting{call, views[0], views[1], views[2], lanes, descending};
  if (lanes.depth <= most_in_tile(x.device(), x.dtype()))
    sorting.in_one_tile();
  else if (2 * power_of_two(first) <= sorting.tile())
    sorting.some();
  else
    launch_digit_sort(call, views[0], lanes, descending, views[1], views[2]);
}

std::array<Shaped, 2> results(const Call &call, const Array &x,
                              std::int64_t dim, std::int64_t k) {
  const Argument argument{"x", x};
  call.check_same_device({argument});
  call.check_dtype(argument, ordered);
  const int at = call.check_dim(argument, dim);
  Dims shape = dims_of(x.shape());
  if (k >= 0 && x.rank() > 0)
    shape.sizes[static_cast<std::size_t>(at)] = k;
  return {Shaped{shape, x.dtype()}, Shaped{shape, i64}};
}

} // namespace girih::ops::order
