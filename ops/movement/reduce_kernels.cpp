// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/movement/reduce_kernels.h"

#include "girih/ops/arrange/elementwise.h"
#include "girih/ops/kernel_family.h"
#include "girih/ops/reductions/seen_by_all.h"

#include <tuple>

namespace girih::ops {

namespace {

// index, src and what else is walked in tiles; all of out for each program.
Arrangement arrange_atomics(const Tensor &index, const Tensor &src,
                            const Tensor &out) {
  const Tensor tiles = arrange::elementwise_operand(index);
  return arranged(tiles, arrange::elementwise_operand(src),
                  seen_by_all(out, tiles));
}

// Where the lanes of a tile of the index lead.
std::vector<Located> places(const In &index, int kept, const Tile &along) {
  std::vector<Located> at;
  for (int d = 0; d < kept; ++d)
    at.emplace_back(index.offsets(d));
  at.emplace_back(along);
  return at;
}
Tile along(const In &index) { return where(index.in_bounds(), index, nowhere); }

Kernel make_sum(const int &form) {
  const int kept = form;
  return Kernel(make_source(
      "scatter_sum",
      [](Tensor index, Tensor src, Tensor alpha, Tensor out) {
        Arrangement all = arrange_atomics(index, src, out);
        all.operands.insert(all.operands.begin() + 2, alpha);
        return all;
      },
      [kept](In index, In src, In alpha, InOut out) {
        out.atomic_add(places(index, kept, along(index)),
                       cast(src, out.dtype()) * alpha);
      },
      {"index", "src", "alpha", "out"}));
}

Kernel make_extremum(const std::tuple<int, bool> &form) {
  const auto [kept, largest] = form;
  return Kernel(make_source(largest ? "scatter_amax" : "scatter_amin",
                            arrange_atomics,
                            [kept, largest](In index, In src, InOut out) {
                              const auto at = places(index, kept, along(index));
                              const Tile value = cast(src, out.dtype());
                              if (largest)
                                out.atomic_max(at, value);
                              else
                                out.atomic_min(at, value);
                            },
                            {"index", "src", "out"}));
}

// There is no product among atomics: each lane tries until nobody has been
// faster. Elements are compared as bits.
Kernel make_product(const int &form) {
  const int kept = form;
  return Kernel(make_source(
      "scatter_prod", arrange_atomics,
      [kept](In index, In src, InOut out) {
        const DType word = out.dtype();
        const bool real = is_float(src.dtype());
        const DType type = !real ? word : word == i64 ? f64 : f32;
        const Tile value = cast(src, type), place = along(index);
        Tile seen = out.gather(places(index, kept, place));
        Tile open = broadcast_to(index.in_bounds(), index.shape());
        loop_while([&] { return any(open); },
                   [&] {
                     const Tile product =
                         real ? bitcast(bitcast(seen, type) * value, word)
                              : seen * value;
                     const Tile there = out.atomic_compare_exchange(
                         places(index, kept, where(open, place, nowhere)), seen,
                         product);
                     open = open & (there != seen);
                     seen = where(open, there, seen);
                   });
      },
      {"index", "src", "out"}));
}

// [kept..., L] as a grid over the kept dimensions, a level of L, tiles of BM.
Tensor arrange_walk(const Tensor &t) {
  const int kept = t.rank() - 1;
  if (kept < 0)
    return t;
  Extents sizes(static_cast<std::size_t>(kept - 1), 1), groups = sizes;
  std::vector<int> level, tile;
  for (int d = 0; d < kept; ++d)
    level.push_back(d);
  for (int d = 0; d + 1 < kept; ++d)
    tile.push_back(d);
  tile.push_back(kept);
  for (const Size &size : {Size(block_size("BM")), Size(1)})
    sizes.emplace_back(size);
  groups.emplace_back(1);
  groups.emplace_back(whole);
  return t.tile(sizes)
      .tile(groups)
      .squeeze(kept)
      .at(1, squeeze(level))
      .at(2, squeeze(tile));
}

Kernel make_ordered(const std::tuple<int, bool, bool> &form) {
  const auto [kept, product, number] = form;
  return Kernel(make_source(
      product ? "scatter_prod_in_order" : "scatter_sum_in_order",
      [](Tensor index, Tensor src, Tensor alpha, Tensor out) {
        const Tensor lanes = arrange_walk(index);
        return arranged(lanes, arrange_walk(src), alpha,
                        seen_by_all(out, lanes));
      },
      [kept, product, number](In index, In src, In alpha, InOut out) {
        for (Index k : range(index.size(0))) {
          std::vector<Located> at;
          for (int d = 0; d < kept; ++d)
            at.emplace_back(index[k].offsets(d));
          at.emplace_back(where(index[k].in_bounds(), index[k], nowhere));
          const Tile old = out.gather(at);
          const Tile value =
              cast(number ? Tile(src) : Tile(src[k]), out.dtype());
          out.scatter(at, product ? old * value : old + value * alpha);
        }
      },
      {"index", "src", "alpha", "out"}));
}

template <class Form, Kernel (*make)(const Form &)>
const Kernel &made_once(const Form &form) {
  static KernelFamily<Form> kernels(make);
  return kernels[form];
}

} // namespace

const Kernel &atomic_sum_kernel(int kept) {
  return made_once<int, make_sum>(kept);
}
const Kernel &atomic_extremum_kernel(int kept, bool largest) {
  return made_once<std::tuple<int, bool>, make_extremum>({kept, largest});
}
const Kernel &atomic_product_kernel(int kept) {
  return made_once<int, make_product>(kept);
}
const Kernel &ordered_kernel(int kept, bool product, bool number) {
  return made_once<std::tuple<int, bool, bool>, make_ordered>(
      {kept, product, number});
}

const Kernel &mean_kernel() {
  static const Kernel made{make_source(
      "scatter_mean",
      [](Tensor total, Tensor count, Tensor out) {
        return arrange::elementwise(total, count, out);
      },
      [](In total, In count, Out out) {
        const Tile divisor = cast(max(count, 1), total.dtype());
        out = is_float(total.dtype()) ? total / divisor
                                      : floor_divide(total, divisor);
      },
      {"total", "count", "out"})};
  return made;
}

} // namespace girih::ops
