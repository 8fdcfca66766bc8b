// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/ordering/row_ranks.h"

#include "girih/ops/ordering/first_lanes.h"
#include "girih/ops/ordering/order_keys.h"
#include "girih/ops/sizes.h"

#include <algorithm>

namespace girih::ops::order {

namespace {

// Shorter rows are sorted, several in a tile.
constexpr std::int64_t least_depth = 128;
// From here on a GPU's multiprocessors have several rows each.
constexpr std::int64_t many_rows = 264;

std::int64_t most_lanes(DType dtype, Device device) {
  if (device.kind == Device::Kind::host)
    return 16384;
  return bits(dtype) == 64 ? 4096 : 8192;
}

Tile count_of(const Tile &holds) {
  return reduce(cast(holds, i32), all_dims,
                [](const Tile &a, const Tile &b) { return a + b; });
}

std::vector<int> first_dims(int count) {
  std::vector<int> dims;
  for (int d = 0; d < count; ++d)
    dims.push_back(d);
  return dims;
}

// Of lanes outside, and of NaN.
Tile greatest_key(DType dtype) {
  return last_key(key_dtype(dtype)) >> idle_bits(dtype);
}

} // namespace

bool ranks_rows(std::int64_t depth, DType dtype, Device device) {
  return depth >= least_depth && depth <= most_lanes(dtype, device);
}

Config row_config(const LaneViews &lanes, Device device) {
  const std::int64_t row = power_of_two(lanes.depth),
                     each = lanes.rows < many_rows ? 256 : 512;
  Config config;
  config.blocks = {{"N", row}};
  if (device.kind == Device::Kind::cuda)
    config.num_warps =
        static_cast<int>(std::clamp<std::int64_t>(row / each, 1, 16));
  return config;
}

Tensor rows_of(Tensor t, int kept) {
  if (kept == 0)
    t = t.unsqueeze(0);
  const int dims = std::max(kept, 1);
  Extents tile(static_cast<std::size_t>(dims), 1);
  tile.emplace_back(covering_block("N", t.size(-1)));
  return t.tile(tile).select(dims, 0).at(1, squeeze(first_dims(dims)));
}

Tensor elements_of(Tensor t, int kept) {
  if (kept == 0)
    t = t.unsqueeze(0);
  const int dims = std::max(kept, 1);
  return t.tile(Extents(static_cast<std::size_t>(dims), 1))
      .at(1, squeeze(first_dims(dims)));
}

Row::Row(const In &x, int kept)
    : x_(x), kept_(kept), lanes_(x.shape()[0]), lane_(arange(lanes_)),
      inside_(x.in_bounds()),
      key_(where(inside_, key_of(x, false), last_key(key_dtype(x.dtype()))) >>
           idle_bits(x.dtype())) {}

Tile Row::key_at(const Tile &number) const { return key_of_rank(key_, number); }

Tile Row::key_behind(const Tile &key, const Tile &number) const {
  const Tile above = min(where(key_ > key, key_, greatest_key(x_.dtype())));
  const Tile last = cast(x_.source_size(kept_), i32);
  return where((count_of(key_ <= key) > number) | (number >= last), key, above);
}

Tile Row::first_where(const Tile &holds) const {
  return min(where(holds, lane_, lanes_));
}

Tile Row::place_of(const Tile &key) const {
  return first_where((key_ == key) & inside_);
}

Tile Row::place_of(const Tile &key, const Tile &number) const {
  const Tile equal = key_ == key;
  const Tile through = scan(cast(equal, i32), 0,
                            [](const Tile &a, const Tile &b) { return a + b; });
  return first_where(equal & (through == number - count_of(key_ < key)));
}

Tile Row::unless_nan(const Tile &place) const {
  if (!is_float(x_.dtype()))
    return place;
  const Tile first = first_where(isnan(x_) & inside_);
  return where(first < lanes_, first, place);
}

Tile Row::element(const Tile &place) const {
  std::vector<Located> at;
  for (int d = 0; d < kept_; ++d)
    at.emplace_back(program_id(d));
  at.emplace_back(place);
  return x_.gather(at);
}

} // namespace girih::ops::order
