// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/views.h"

#include <algorithm>
#include <utility>

namespace girih::ops {

namespace {

// One dimension of all arrays together, outermost first while collapsing.
struct Dimension {
  std::int64_t size = 1;
  std::array<std::int64_t, max_collapsed> strides{};
};
using Dimensions = std::array<Dimension, max_rank>;

// Whether going one step in `outer` is the same as running through `inner`.
bool continues(const Dimension &outer, const Dimension &inner,
               std::size_t arrays) {
  for (std::size_t i = 0; i < arrays; ++i)
    if (outer.strides[i] != inner.strides[i] * inner.size)
      return false;
  return true;
}

// Largest stride of array `by` first; equal ones stay in order. An insertion
// sort: a few elements, and nothing is allocated.
void sort_by_stride(Dimensions &dims, int rank, std::size_t by) {
  for (int i = 1; i < rank; ++i)
    for (auto d = static_cast<std::size_t>(i);
         d > 0 && dims[d - 1].strides[by] < dims[d].strides[by]; --d)
      std::swap(dims[d - 1], dims[d]);
}

int merge(Dimensions &dims, int rank, std::size_t arrays) {
  int kept = 0;
  for (int d = 1; d < rank; ++d) {
    Dimension &outer = dims[static_cast<std::size_t>(kept)];
    const Dimension &inner = dims[static_cast<std::size_t>(d)];
    if (continues(outer, inner, arrays)) {
      outer.size *= inner.size;
      outer.strides = inner.strides;
    } else {
      dims[static_cast<std::size_t>(++kept)] = inner;
    }
  }
  return rank == 0 ? 0 : kept + 1;
}

} // namespace

std::int64_t Shaped::numel() const {
  std::int64_t count = 1;
  for (std::int64_t size : std::span<const std::int64_t>(shape))
    count *= size;
  return count;
}

Dims dims_of(std::span<const std::int64_t> sizes) {
  Dims out;
  out.rank = static_cast<int>(sizes.size());
  std::ranges::copy(sizes, out.sizes.begin());
  return out;
}

std::optional<Dims> broadcast_shapes(std::span<const std::int64_t> first,
                                     std::span<const std::int64_t> second) {
  Dims result;
  const std::size_t rank = std::max(first.size(), second.size());
  result.rank = static_cast<int>(rank);
  for (std::size_t back = 1; back <= rank; ++back) {
    const std::int64_t x =
        back <= first.size() ? first[first.size() - back] : 1;
    const std::int64_t y =
        back <= second.size() ? second[second.size() - back] : 1;
    if (x != y && x != 1 && y != 1)
      return std::nullopt;
    result.sizes[rank - back] = x == 1 ? y : x;
  }
  return result;
}

void collapse(std::span<Array> arrays) {
  const std::size_t count = arrays.size();
  const Array &last = arrays.back();
  if (last.rank() == 1)
    return;
  if (std::ranges::all_of(arrays, &Array::contiguous)) {
    for (Array &array : arrays)
      array = array.reshape({-1});
    return;
  }
  Dimensions dims;
  int rank = 0;
  for (int d = 0; d < last.rank(); ++d) {
    const auto at = static_cast<std::size_t>(d);
    if (last.shape()[at] == 1)
      continue;
    Dimension &dim = dims[static_cast<std::size_t>(rank++)];
    dim.size = last.shape()[at];
    for (std::size_t i = 0; i < count; ++i)
      dim.strides[i] = arrays[i].strides()[at];
  }
  sort_by_stride(dims, rank, count - 1);
  rank = merge(dims, rank, count);
  if (rank == 0)
    dims[static_cast<std::size_t>(rank++)].strides.fill(1);
  for (std::size_t i = 0; i < count; ++i) {
    Dims shape, strides;
    shape.rank = strides.rank = rank;
    for (std::size_t d = 0; d < static_cast<std::size_t>(rank); ++d) {
      shape.sizes[d] = dims[d].size;
      strides.sizes[d] = dims[d].strides[i];
    }
    Array &array = arrays[i];
    const bool read_only = array.read_only();
    array = Array(array.data(), shape, array.dtype(), array.device(), strides,
                  array.owner());
    if (read_only)
      array = array.as_read_only();
  }
}

} // namespace girih::ops
