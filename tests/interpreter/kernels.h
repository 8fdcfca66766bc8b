// SPDX-License-Identifier: Apache-2.0
// Kernels that the interpreter runs against loops, and back ends against the
// interpreter.
#pragma once

#include "girih/tests/interpreter/one_tile.h"

namespace girih::testing {

/// `apply` on one element of x and of y for each program; y may be left alone.
template <class Apply> KernelSource scalars_source(Apply apply) {
  return make_source(
      "scalars",
      [](Tensor x, Tensor y) {
        return arranged(x.tile({1}).at(1, squeeze(0)),
                        partial(y.tile({1}).at(1, squeeze(0))));
      },
      apply);
}

/// |x| * 100 + 11 above 2, + 1 above 0.
inline void branches_give_scalars(In x, Out y) {
  Tile value = x, kind = full({}, 0, i32);
  when(
      value > 0,
      [&] {
        kind = full({}, 1, i32);
        when(value > 2, [&] { kind = kind + 10; });
      },
      [&] { value = -value; });
  y = value * 100 + kind;
}

/// y = x where that is positive.
inline void branch_stores(In x, Out y) {
  when(x > 0, [&] { y = x; });
}

/// The number of steps to 1 of Collatz's sequence; none for 1 itself.
inline void collatz_steps(In x, Out y) {
  Tile n = x, steps = full({}, 0, i32);
  loop_while([&] { return n != 1; },
             [&] {
               n = where(n % 2 == 0, floor_divide(n, 2), 3 * n + 1);
               steps = steps + 1;
             });
  y = steps;
}

/// Carried tiles, an index, and a branch within a loop within a while.
inline void nested_loops(In x, Out y) {
  Tile acc = x, round = full({}, 0, i32);
  Index count = Index(1);
  loop_while([&] { return round < 3; },
             [&] {
               for (Index k : range(count))
                 when(
                     k % 2 == 0, [&] { acc += 1.f; }, [&] { acc = acc * 2.f; });
               count = count + 1;
               round = round + 1;
             });
  y = acc;
}

/// The four words of Philox under `key`, a row each.
inline auto random_words(std::int64_t key) {
  return [=](In counters, Out y) {
    auto words = random_bits(key, counters);
    y = cat(cat(unsqueeze(words[0], 0), unsqueeze(words[1], 0), 0),
            cat(unsqueeze(words[2], 0), unsqueeze(words[3], 0), 0), 0);
  };
}

/// A tile and the dimension that something is done along.
struct Along {
  Shape shape;
  int dim;
};

/// The shape that is left when that dimension is reduced away.
inline Shape reduced(Along tile) {
  tile.shape.erase(tile.shape.begin() + tile.dim);
  return tile.shape;
}

/// Mean and variance of each row: count, mean and squared deviations, combined
/// as Chan et al. do.
inline void moments(In a, Out mean, Out variance) {
  Tile values = a;
  Tiles all =
      reduce({full(values.shape(), 1, f64), values, zeros(values.shape(), f64)},
             dim(1), [](Tiles x, Tiles y) -> Tiles {
               Tile count = x[0] + y[0];
               Tile apart = y[1] - x[1];
               return {count, x[1] + apart * (y[0] / count),
                       x[2] + y[2] + apart * apart * (x[0] * y[0] / count)};
             });
  mean = all[1];
  variance = all[2] / all[0];
}

/// Affine maps x -> a x + b, composed: associative, not commutative.
inline auto composed_maps(int along, bool reverse) {
  return [=](In a, In b, Out c, Out d) {
    Tiles all = scan(
        {a, b}, along,
        [](Tiles x, Tiles y) -> Tiles {
          return {y[0] * x[0], y[0] * x[1] + y[1]};
        },
        reverse);
    c = all[0];
    d = all[1];
  };
}

inline auto sorted_with_places(int along, bool descending) {
  return [=](In a, Out b, Out c) {
    b = sort(a, along, descending);
    c = argsort(a, along, descending);
  };
}

/// Numbers with ties to sort, in u8 some that would be negative in i8.
inline void fill_to_sort(TestArray &array, unsigned seed) {
  fill_random(array, seed, true);
  if (array.dtype() == u8)
    for (std::int64_t i = 0; i < array.numel(); i += 2)
      array.set(i, 250);
}

/// The best four of each row, and where they are.
inline void best_four(In a, Out b, Out c) {
  auto [values, where] = topk(a, 4);
  b = values;
  c = where;
}

/// The bits of x as another dtype, and back.
inline auto bitcasts(DType to) {
  return [=](In a, Out b, Out c) {
    Tile changed = bitcast(a, to);
    b = changed;
    c = bitcast(changed, a.dtype());
  };
}

/// Random bits, none of them NaN, whose bits an executor may change.
inline void fill_bits(TestArray &array, unsigned seed) {
  std::mt19937_64 random(seed);
  for (std::int64_t i = 0; i < array.numel(); ++i)
    array.set_code(i,
                   random() & ~(std::uint64_t{1} << (bits(array.dtype()) - 2)));
}

/// x * s + 1 in f32 by inline PTX, for a tile and for a scalar.
inline void fma_by_ptx(In x, In s, Out y, Out z) {
  auto scaled = [](Tiles lanes) { return lanes[0] * lanes[1] + 1.f; };
  const char *text = "fma.rn.f32 $0, $1, $2, 0f3F800000;";
  y = inline_ptx(text, {cast(x, f32), s}, f32, scaled);
  z = inline_ptx(text, {s, s}, f32, scaled);
}

} // namespace girih::testing
