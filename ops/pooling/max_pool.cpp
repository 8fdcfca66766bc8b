// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/pooling/max_pool.h"

#include <cmath>

namespace girih::ops {

namespace {

Kernel make_kernel(int dims) {
  constexpr std::string_view names[] = {"max_pool1d", "max_pool2d",
                                        "max_pool3d"};
  return Kernel(make_source(
      std::string(names[dims - 1]),
      [](Tensor x, Tensor sizes, Tensor steps, Tensor before, Tensor number,
         Tensor out) {
        return arrange_pool(x.other(-INFINITY), {sizes, steps, before}, number,
                            {out});
      },
      [dims](In x, In, In, In, In, Out out) {
        const InWindow window(x, out, dims);
        Tile largest = full(out.shape(), -INFINITY, x.dtype());
        for_each_place(x, dims, [&](const IndexList &place) {
          largest = max(largest, window.select(x[place], x[place], -INFINITY));
        });
        out = largest;
      },
      {"x", "sizes", "steps", "before", "number", "out"}));
}

// As PyTorch: of equal ones the first; of NaNs the last; where all are minus
// infinity the first that lies in x.
Kernel make_indices_kernel(int dims) {
  constexpr std::string_view names[] = {"max_pool1d_with_indices",
                                        "max_pool2d_with_indices",
                                        "max_pool3d_with_indices"};
  return Kernel(make_source(
      std::string(names[dims - 1]),
      [](Tensor x, Tensor sizes, Tensor steps, Tensor before, Tensor number,
         Tensor out, Tensor indices) {
        return arrange_pool(x.other(-INFINITY), {sizes, steps, before}, number,
                            {out, indices});
      },
      [dims](In x, In, In, In, In, Out out, Out indices) {
        const InWindow window(x, out, dims);
        Tile largest = full(out.shape(), -INFINITY, x.dtype());
        Tile where_is = full(out.shape(), -1, i64);
        for_each_place(x, dims, [&](const IndexList &place) {
          const InTile at = x[place];
          Tile value = at;
          Tile inside = window.inside(at);
          Tile plane = at.offsets(spatial(dims, 0));
          for (int i = 1; i < dims; ++i)
            plane = plane * cast(x.source_size(spatial(dims, i)), i64) +
                    at.offsets(spatial(dims, i));
          Tile better =
              inside & ((where_is < 0) | (value > largest) | isnan(value));
          largest = where(better, value, largest);
          where_is = where(better, plane, where_is);
        });
        out = largest;
        indices = where_is;
      },
      {"x", "sizes", "steps", "before", "number", "out", "indices"}));
}

} // namespace

const Kernel &max_pool_kernel(int dims) {
  static const std::array<Kernel, 3> made{make_kernel(1), make_kernel(2),
                                          make_kernel(3)};
  return made[static_cast<std::size_t>(dims - 1)];
}

const Kernel &max_pool_indices_kernel(int dims) {
  static const std::array<Kernel, 3> made{
      make_indices_kernel(1), make_indices_kernel(2), make_indices_kernel(3)};
  return made[static_cast<std::size_t>(dims - 1)];
}

} // namespace girih::ops
