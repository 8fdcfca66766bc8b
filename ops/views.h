// SPDX-License-Identifier: Apache-2.0
// Shapes and views that elementwise wrappers compute before a launch.
#pragma once

#include "girih/runtime/array.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace girih::ops {

/// A shape without an allocation.
struct Dims {
  std::array<std::int64_t, max_rank> sizes{};
  int rank = 0;
  operator std::span<const std::int64_t>() const { // NOLINT: implicit by design
    return {sizes.data(), static_cast<std::size_t>(rank)};
  }
};

/// Shape and dtype of an Array that is not there yet.
struct Shaped {
  Dims shape;
  DType dtype = DType::f32;
  std::int64_t numel() const;
};

/// Dims of the same sizes. At most max_rank of them.
Dims dims_of(std::span<const std::int64_t> sizes);

/// The shape both broadcast to by PyTorch's rule: aligned at the last
/// dimension, sizes equal or 1. Nothing when there is none.
std::optional<Dims> broadcast_shapes(std::span<const std::int64_t> first,
                                     std::span<const std::int64_t> second);

/// The most arrays that collapse() takes.
inline constexpr int max_collapsed = 8;

/// Rewrites arrays of one shape as views of a lower rank with the same
/// correspondence of elements, so that a kernel sees few, long dimensions:
/// dimensions of size 1 go, the others are ordered by the strides of the last
/// array (the output), and neighbours that lie in memory as one dimension in
/// every array become one. Contiguous arrays end at rank 1; so does a scalar,
/// as one element.
void collapse(std::span<Array> arrays);

/// The same for the dimensions before `split` and for those from it on, each
/// part by itself: what is done to the rows of all arrays is done to the same
/// elements. Both parts keep at least one dimension. Gives how many the first
/// one has.
int collapse_parts(std::span<Array> arrays, int split);

/// The view of `sizes` and `strides` of the same memory, from element number
/// `offset` on; 4-bit dtypes have no offset.
Array view_of(const Array &array, std::span<const std::int64_t> sizes,
              std::span<const std::int64_t> strides, std::int64_t offset = 0);

/// The same elements with a dimension of size 1 put in at `dim`.
Array unsqueezed(const Array &array, int dim);

/// Dimension `dim` of size n as two, of sizes n / inner and inner.
Array split_dim(const Array &array, int dim, std::int64_t inner);

} // namespace girih::ops
