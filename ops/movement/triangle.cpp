// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/movement/triangle.h"

#include "girih/ops/arrange/elementwise.h"

#include <algorithm>

namespace girih::ops {

namespace {

// x, out[batch..., M, N]; diagonal.
template <bool lower> Kernel make_triangle(int rank) {
  return Kernel(make_source(
      lower ? "tril" : "triu",
      [](Tensor x, Tensor diagonal, Tensor out) {
        return arrange::elementwise(x, diagonal, out);
      },
      [rank](In x, In diagonal, Out out) {
        const std::int64_t rows = out.shape()[0], columns = out.shape()[1];
        const Index row = program_id(rank - 2) * rows,
                    column = program_id(rank - 1) * columns,
                    limit = as_index(diagonal);
        // Of tiles that lie outside nothing is read.
        Tile value = zeros(out.shape(), x.dtype());
        when(lower ? column <= row + (rows - 1) + limit
                   : column + (columns - 1) >= row + limit,
             [&] { value = x; });
        // How far a tile's first row reaches along its columns: further than
        // these tells no more. Lanes count in 32 bits from there.
        const Tile reach = cast(
            max(min(cast(row + limit - column, i64), columns), -rows), i32);
        const Tile above =
            unsqueeze(arange(columns), 0) - unsqueeze(arange(rows), 1);
        out = where(lower ? above <= reach : above >= reach, value, 0);
      },
      {"x", "diagonal", "out"}));
}

template <bool lower> const Kernel &kernel_of_rank(int rank) {
  static const Kernel kernels[] = {
      make_triangle<lower>(3), make_triangle<lower>(4),
      make_triangle<lower>(5), make_triangle<lower>(6),
      make_triangle<lower>(7), make_triangle<lower>(8)};
  return kernels[rank - 3];
}

const Kernel &triangle_kernel(bool lower, int rank) {
  return lower ? kernel_of_rank<true>(rank) : kernel_of_rank<false>(rank);
}

} // namespace

Shaped triangle_result(const Call &call, const Array &x) {
  call.check_same_device({{"x", x}});
  call.check_dtype({"x", x}, moved);
  call.check_rank({"x", x}, 2, max_rank);
  return {dims_of(x.shape()), x.dtype()};
}

void launch_triangle(const Call &call, const Array &x, std::int64_t diagonal,
                     bool lower, const Array &out) {
  std::array views{as_bits(x), as_bits(out)};
  collapse_leading(views, x.rank() - 2);
  // Further out there is nothing, and indices may have 32 bits.
  const Array limit =
      Array::scalar(std::clamp(diagonal, -x.size(-2), x.size(-1)), i64);
  run_with(call, triangle_kernel(lower, views[1].rank()),
           taller(tile_config(views[0], views[1]), views[1], 4),
           {&views[0], &limit, &views[1]});
}

KernelEntry triangle_entry(bool lower) {
  return {.name = lower ? "tril" : "triu",
          .kernel = triangle_kernel(lower, 3),
          .dtypes = {std::begin(widths), std::end(widths)},
          .size_names = {"B", "M", "N"},
          .sizes = {4, 4096, 4096},
          .picture_sizes = {2, 3, 3},
          .operands =
              [](DType dtype, std::span<const std::int64_t> sizes) {
                const std::vector<std::int64_t> all(sizes.begin(), sizes.end());
                return std::vector<OperandShape>{
                    {dtype, all, {}}, {i64, {}, {}, true}, {dtype, all, {}}};
              },
          .config = "BM=4 BN=256"};
}

} // namespace girih::ops
