// SPDX-License-Identifier: Apache-2.0
// Products of 8-bit matrices: what fp8_gemm and the linear layers share.
#pragma once

#include "girih/ops/quantised/quantise.h"

#include <algorithm>
#include <array>

namespace girih::ops {

/// Rewrites arrays with the same leading dimensions as matrices of the same
/// rows; false where rows do not lie evenly in one of them.
bool join_matrices(std::span<Array> arrays);

/// Calls `f` with them as matrices: once, or for each of the first dimension.
template <std::size_t N, class F>
void for_each_matrix(std::array<Array, N> arrays, const F &f) {
  if (join_matrices(arrays))
    return f(arrays);
  for (std::int64_t at = 0; at < arrays[0].size(0); ++at) {
    std::array<Array, N> parts = arrays;
    for (Array &part : parts)
      part = part.select(0, at);
    for_each_matrix(parts, f);
  }
}

/// Rows and columns of a program's tile: columns are halved where a GPU would
/// have too few programs.
struct ProductTile {
  std::int64_t rows, columns;
  int warps;
};
ProductTile product_tile(std::int64_t rows, std::int64_t columns, DType dtype,
                         Device device);

/// x weight^T with a scale for each row of x and for each row of weight, or one
/// for all, and a bias.
struct ScaledLinear {
  static Shaped result(const Call &call, std::span<const DType> dtypes,
                       const Array &x, const Array &x_scales,
                       const Array &weight, const Array &weight_scales,
                       const std::optional<Array> &bias,
                       const std::optional<DType> &dtype);
  static void launch(const Call &call, const Array &x, const Array &x_scales,
                     const Array &weight, const Array &weight_scales,
                     const std::optional<Array> &bias,
                     const std::optional<DType> &dtype, const Array &out);
  /// `fast` leaves sums of fp8 to the matrix units.
  static void launch_summed(const Call &call, const Array &x,
                            const Array &x_scales, const Array &weight,
                            const Array &weight_scales,
                            const std::optional<Array> &bias, bool fast,
                            const Array &out);
};

KernelEntry scaled_linear_entry(std::string_view name,
                                std::vector<DType> dtypes,
                                std::string_view config);

} // namespace girih::ops
