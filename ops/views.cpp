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

// Dimensions [begin, end) of all arrays, without those of size 1.
int read_part(Dimensions &dims, std::span<const Array> arrays, int begin,
              int end) {
  int rank = 0;
  for (int d = begin; d < end; ++d) {
    const auto at = static_cast<std::size_t>(d);
    if (arrays.back().shape()[at] == 1)
      continue;
    Dimension &dim = dims[static_cast<std::size_t>(rank++)];
    dim.size = arrays.back().shape()[at];
    for (std::size_t i = 0; i < arrays.size(); ++i)
      dim.strides[i] = arrays[i].strides()[at];
  }
  return rank;
}

// What is left of them; one element where there is nothing.
int collapse_part(Dimensions &dims, int rank, std::size_t arrays) {
  sort_by_stride(dims, rank, arrays - 1);
  rank = merge(dims, rank, arrays);
  if (rank == 0)
    dims[static_cast<std::size_t>(rank++)].strides.fill(1);
  return rank;
}

void show_as(std::span<Array> arrays, const Dimensions &dims, int rank) {
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    Dims shape, strides;
    shape.rank = strides.rank = rank;
    for (std::size_t d = 0; d < static_cast<std::size_t>(rank); ++d) {
      shape.sizes[d] = dims[d].size;
      strides.sizes[d] = dims[d].strides[i];
    }
    arrays[i] = view_of(arrays[i], shape, strides);
  }
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
  const int rank = read_part(dims, arrays, 0, last.rank());
  show_as(arrays, dims, collapse_part(dims, rank, count));
}

int collapse_parts(std::span<Array> arrays, int split) {
  const std::size_t count = arrays.size();
  Dimensions first, second;
  int outer = read_part(first, arrays, 0, split);
  int inner = read_part(second, arrays, split, arrays.back().rank());
  outer = collapse_part(first, outer, count);
  inner = collapse_part(second, inner, count);
  std::copy_n(second.begin(), inner, first.begin() + outer);
  show_as(arrays, first, outer + inner);
  return outer;
}

Array view_of(const Array &array, std::span<const std::int64_t> sizes,
              std::span<const std::int64_t> strides, std::int64_t offset) {
  void *data = array.data();
  // An array without elements may have no memory to count in.
  if (offset != 0 && array.numel() != 0)
    data = static_cast<char *>(data) + offset * bytes(array.dtype());
  const Array view(data, sizes, array.dtype(), array.device(), strides,
                   array.owner());
  return view.with_access(array.access());
}

Array unsqueezed(const Array &array, int dim) {
  Dims shape, strides;
  shape.rank = strides.rank = array.rank() + 1;
  for (int to = 0, from = 0; to < shape.rank; ++to) {
    const auto at = static_cast<std::size_t>(to);
    shape.sizes[at] = to == dim ? 1 : array.size(from);
    // As if the dimension went over whole steps of the next: what is chosen by
    // strides then takes it for what it is.
    const std::int64_t step =
        from < array.rank() ? array.size(from) * array.stride(from) : 1;
    strides.sizes[at] = to == dim ? step : array.stride(from);
    from += to != dim;
  }
  return view_of(array, shape, strides);
}

Array split_dim(const Array &array, int dim, std::int64_t inner) {
  Dims shape, strides;
  shape.rank = strides.rank = array.rank() + 1;
  for (int from = 0, to = 0; from < array.rank(); ++from) {
    const std::int64_t size = array.size(from), stride = array.stride(from);
    const auto put = [&](std::int64_t n, std::int64_t step) {
      shape.sizes[static_cast<std::size_t>(to)] = n;
      strides.sizes[static_cast<std::size_t>(to++)] = step;
    };
    if (from == dim)
      put(inner == 0 ? 0 : size / inner, stride * inner);
    put(from == dim ? inner : size, stride);
  }
  return view_of(array, shape, strides);
}

} // namespace girih::ops
