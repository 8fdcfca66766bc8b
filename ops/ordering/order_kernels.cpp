// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/ordering/order_kernels.h"

#include "girih/ops/ordering/order_keys.h"
#include "girih/ops/reductions/seen_by_all.h"

namespace girih::ops::order {

namespace {

// [kept..., tail...]: the last kept dimension is cut by BM, those before are
// the grid's alone; the sizes of the others are given. Where nothing is kept,
// that is one dimension of size 1.
Tensor cut(Tensor t, int kept, const std::vector<Size> &tail) {
  if (kept == 0)
    t = t.unsqueeze(0);
  Extents sizes;
  std::vector<int> dropped;
  for (int d = 0; d + 1 < kept; ++d) {
    sizes.emplace_back(1);
    dropped.push_back(d);
  }
  sizes.emplace_back(block_size("BM"));
  for (const Size &size : tail)
    sizes.emplace_back(size);
  return t.tile(sizes).at(1, squeeze(dropped));
}

// Of an operand whose tiles cover its last dimension the one that there is, for
// each tile of a result: its grid has one dimension more.
Tensor beside(const Tensor &t, const Tensor &result) {
  Extents sizes(static_cast<std::size_t>(t.rank()), keep);
  sizes.emplace_back(result.size(-1));
  return t.unsqueeze(t.rank()).expand(sizes);
}
Tensor cut_whole(const Tensor &t, int kept, const Size &size,
                 const Tensor &result) {
  return beside(cut(t, kept, {size}).select(std::max(kept, 1), 0), result);
}

// A tile [BM, BK] as [BK, BM].
Tensor turned(const Tensor &t, bool columns) {
  return columns ? t.at(1, permute({1, 0})) : t;
}

Tile lanes_of(const Shape &shape, int axis) {
  const Tile lanes = arange(shape[static_cast<std::size_t>(axis)]);
  return broadcast_to(unsqueeze(lanes, 1 - axis), shape);
}

struct Sides {
  bool descending, columns;
  int axis() const { return columns ? 0 : 1; }
  std::string suffix() const {
    return std::string(descending ? "_descending" : "") +
           (columns ? "_columns" : "");
  }
};

// The key of x where it lies inside.
Tile inner_keys(const In &x, const Sides &sides) {
  const Tile key = key_of(x, sides.descending);
  return where(x.in_bounds(), key, last_key(key.dtype()));
}

std::int64_t lanes_in(const Shape &shape, int axis) {
  return shape[static_cast<std::size_t>(axis)];
}

Kernel make_tile(const Sides &sides) {
  return Kernel(make_source(
      "sort_tile" + sides.suffix(),
      [=](Tensor x, Tensor values, Tensor indices) {
        const int kept = x.rank() - 1;
        const Size depth = covering_block("BK", x.size(-1)),
                   first = covering_block("KB", values.size(-1));
        const Tensor out = cut(values, kept, {first});
        return arranged(turned(cut_whole(x, kept, depth, out), sides.columns),
                        turned(out, sides.columns),
                        turned(cut(indices, kept, {first}), sides.columns));
      },
      [=](In x, Out values, Out indices) {
        const int axis = sides.axis();
        const Tile key =
            where(x.in_bounds(), x, last_value(x.dtype(), sides.descending));
        const Tiles sorted =
            sort(key, {lanes_of(x.shape(), axis)}, axis, sides.descending);
        const std::int64_t first = lanes_in(values.shape(), axis);
        values = slice(sorted[0], axis, 0, first);
        indices = slice(sorted[1], axis, 0, first);
      },
      {"x", "values", "indices"}));
}

// Moves the last dimension of the grid, the pieces', to the front.
Tensor pieces_first(const Tensor &t) {
  std::vector<int> dims{t.rank() - 1};
  for (int d = 0; d + 1 < t.rank(); ++d)
    dims.push_back(d);
  return t.permute(dims);
}

// [kept..., P, k]: a tile [BM, KB] or [KB, BM] to each piece of each row; the
// grid is [P, kept..., 1].
Tensor cut_pieces(const Tensor &t, bool columns) {
  const int kept = std::max(t.rank() - 2, 1);
  const Tensor cuts =
      cut(t, t.rank() - 2, {Size(1), covering_block("KB", t.size(-1))})
          .at(1, squeeze(1));
  std::vector<int> order{kept};
  for (int d = 0; d < kept; ++d)
    order.push_back(d);
  order.push_back(kept + 1);
  return turned(cuts.permute(order), columns);
}

Kernel make_pieces(const Sides &sides) {
  return Kernel(make_source(
      "sort_pieces" + sides.suffix(),
      [=](Tensor x, Tensor keys, Tensor places) {
        const Tensor cuts = cut(x, x.rank() - 1, {block_size("BK")});
        const Tensor out = cut_pieces(keys, sides.columns);
        return arranged(turned(beside(pieces_first(cuts), out), sides.columns),
                        out, cut_pieces(places, sides.columns));
      },
      [=](In x, Out keys, Out places) {
        const int axis = sides.axis();
        const Tile lanes = lanes_of(x.shape(), axis);
        const Tiles sorted = sort(inner_keys(x, sides), {lanes}, axis);
        const std::int64_t first = lanes_in(keys.shape(), axis);
        const Index base = program_id(0) * lanes_in(x.shape(), axis);
        keys = slice(sorted[0], axis, 0, first);
        places = slice(sorted[1], axis, 0, first) + cast(base, i32);
      },
      {"x", "keys", "places"}));
}

// The keys of earlier tiles in order, and their places.
Tiles sorted_again(const In &keys, const In &places, const Shape &shape) {
  const Tile key = where(keys.in_bounds(), keys, last_key(keys.dtype()));
  const Tiles sorted = sort(key, {places}, 1);
  const std::int64_t first = lanes_in(shape, 1);
  return {slice(sorted[0], 1, 0, first), slice(sorted[1], 1, 0, first)};
}

Kernel make_again() {
  return Kernel(make_source(
      "sort_again",
      [](Tensor keys, Tensor places, Tensor out_keys, Tensor out_places) {
        const Size depth = block_size("BK");
        const Tensor out = cut_pieces(out_keys, false);
        return arranged(beside(pieces_first(cut(keys, 1, {depth})), out),
                        beside(pieces_first(cut(places, 1, {depth})), out), out,
                        cut_pieces(out_places, false));
      },
      [](In keys, In places, Out out_keys, Out out_places) {
        const Tiles sorted = sorted_again(keys, places, out_keys.shape());
        out_keys = sorted[0];
        out_places = sorted[1];
      },
      {"keys", "places", "out_keys", "out_places"}));
}

// Writes the elements at places of the lanes that the results lie in.
void write_found(const In &x, const Tile &found, int kept, const Out &values,
                 const Out &indices) {
  const Tile inside = values.in_bounds();
  std::vector<Located> at;
  for (int d = 0; d < kept; ++d)
    at.emplace_back(where(inside, values.offsets(d), 0));
  at.emplace_back(where(inside, found, 0));
  values = x.gather(at);
  indices = found;
}

Kernel make_last(int kept) {
  return Kernel(make_source(
      "sort_last_" + std::to_string(kept),
      [=](Tensor x, Tensor keys, Tensor places, Tensor values, Tensor indices) {
        const Size depth = covering_block("BK", keys.size(-1)),
                   first = covering_block("KB", values.size(-1));
        const Tensor out = cut(values, kept, {first});
        return arranged(seen_by_all(x, out), cut_whole(keys, kept, depth, out),
                        cut_whole(places, kept, depth, out), out,
                        cut(indices, kept, {first}));
      },
      [=](In x, In keys, In places, Out values, Out indices) {
        write_found(x, sorted_again(keys, places, values.shape())[1], kept,
                    values, indices);
      },
      {"x", "keys", "places", "values", "indices"}));
}

// One of four, made together.
template <Kernel (*make)(const Sides &)>
const Kernel &sided(bool descending, bool columns) {
  static const Kernel kernels[2][2] = {
      {make({false, false}), make({false, true})},
      {make({true, false}), make({true, true})}};
  return kernels[descending][columns];
}

// One for each number of kept dimensions.
template <Kernel (*make)(int)> const Kernel &ranked(int kept) {
  static const Kernel kernels[] = {make(0), make(1), make(2), make(3),
                                   make(4), make(5), make(6), make(7)};
  return kernels[kept];
}

} // namespace

const Kernel &tile_kernel(bool descending, bool columns) {
  return sided<make_tile>(descending, columns);
}
const Kernel &pieces_kernel(bool descending, bool columns) {
  return sided<make_pieces>(descending, columns);
}
const Kernel &again_kernel() {
  static const Kernel made = make_again();
  return made;
}
const Kernel &last_kernel(int kept) { return ranked<make_last>(kept); }

} // namespace girih::ops::order
