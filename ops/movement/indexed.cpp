// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/movement/indexed.h"

#include "girih/dsl/support/env.h"
#include "girih/ops/sizes.h"

#include <fmt/format.h>

#include <algorithm>

namespace girih::ops {

namespace {

// The view with dimension `dim` moved to the end.
Array moved_last(const Array &array, int dim) {
  Dims shape, strides;
  for (int d = 0; d < array.rank(); ++d)
    if (d != dim) {
      shape.sizes[static_cast<std::size_t>(shape.rank++)] = array.size(d);
      strides.sizes[static_cast<std::size_t>(strides.rank++)] = array.stride(d);
    }
  shape.sizes[static_cast<std::size_t>(shape.rank++)] = array.size(dim);
  strides.sizes[static_cast<std::size_t>(strides.rank++)] = array.stride(dim);
  return view_of(array, shape, strides);
}

} // namespace

int indexed_views(std::span<Array> arrays, int dim) {
  const std::int64_t size = arrays[0].size(dim), stride = arrays[0].stride(dim);
  Dims walked = dims_of(arrays.back().shape());
  walked.sizes[static_cast<std::size_t>(dim)] = size;
  arrays[0] = view_of(arrays[0], walked, arrays[0].strides());
  for (Array &each : arrays)
    each = moved_last(each, dim);
  const int kept = collapse_leading(arrays, walked.rank - 1);
  Dims shape = dims_of(arrays[0].shape()),
       strides = dims_of(arrays[0].strides());
  shape.sizes[static_cast<std::size_t>(kept)] = size;
  strides.sizes[static_cast<std::size_t>(kept)] = stride;
  arrays[0] = view_of(arrays[0], shape, strides);
  return kept;
}

Array spread_index(const Array &index, std::span<const std::int64_t> shape,
                   int dim) {
  Dims strides;
  strides.rank = static_cast<int>(shape.size());
  strides.sizes[static_cast<std::size_t>(dim)] = index.stride(0);
  return view_of(index, shape, strides);
}

Array at_least_vector(const Array &array) {
  return array.rank() == 0 ? unsqueezed(array, 0) : array;
}

Array index_vector(const Array &index) { return at_least_vector(index); }

int check_indexed(const Call &call, const Array &x, std::int64_t dim,
                  const Array &index) {
  const Argument source{"x", x}, places{"index", index};
  call.check_same_device({source, places});
  call.check_dtype(source, moved);
  call.check_dtype(places, index_dtypes);
  const int at = call.check_dim(source, dim);
  bool fits = x.rank() == index.rank();
  for (int d = 0; fits && d < x.rank(); ++d)
    fits = d == at || index.size(d) <= x.size(d);
  if (!fits)
    call.fail(ErrorId::shape,
              fmt::format("index must have as many dimensions as x and be no "
                          "larger but along dimension {}",
                          at),
              {source, places});
  return at;
}

int check_slices(const Call &call, const Array &x, std::int64_t dim,
                 const Array &index) {
  const Argument source{"x", x}, places{"index", index};
  call.check_same_device({source, places});
  call.check_dtype(source, moved);
  call.check_dtype(places, index_dtypes);
  call.check_rank(places, 0, 1);
  return call.check_dim(source, dim);
}

void check_source(const Call &call, const Array &x, int dim, const Array &index,
                  const Array &source) {
  bool fits = x.rank() == source.rank();
  for (int d = 0; fits && d < x.rank(); ++d)
    fits = source.size(d) == (d == dim ? index.numel() : x.size(d));
  if (!fits || (x.rank() == 0 && index.numel() != 1))
    call.fail(ErrorId::shape,
              fmt::format("source must have x's shape, but the index's size "
                          "along dimension {}",
                          dim),
              {{"x", x}, {"index", index}, {"source", source}});
}

Config indexed_config(const Array &walked) {
  const bool host = walked.device().kind == Device::Kind::host;
  const std::int64_t elements = host ? 4096 : 1024;
  const std::int64_t rows = power_of_two(walked.size(-2)),
                     columns = power_of_two(walked.size(-1));
  std::int64_t bm = 0, bn = 0;
  if (walked.size(-1) > 1 &&
      (walked.size(-2) == 1 || walked.stride(-1) <= walked.stride(-2))) {
    bn = std::min(columns, elements);
    bm = std::min(rows, elements / bn);
  } else {
    bm = std::min(rows, elements);
    bn = std::min(columns, elements / bm);
  }
  Config config;
  config.blocks = {{"BM", bm}, {"BN", bn}};
  config.num_warps =
      static_cast<int>(std::clamp<std::int64_t>(bm * bn / 256, 1, 4));
  return config;
}

bool same_view(const Array &x, const Array &y) {
  return x.data() == y.data() && x.dtype() == y.dtype() &&
         x.device() == y.device() && std::ranges::equal(x.shape(), y.shape()) &&
         std::ranges::equal(x.strides(), y.strides());
}

void start_from(const Call &call, const Array &x, const Array &out) {
  if (!same_view(x, out))
    launch_copy(call, x, out);
}

bool checks_bounds(const Array &array) {
  return array.device().kind == Device::Kind::host &&
         env_has("GIRIH_DEBUG", "bounds");
}

KernelEntry indexed_entry(const Kernel &kernel, std::span<const DType> dtypes,
                          std::function<std::vector<OperandShape>(
                              DType, std::span<const std::int64_t>)>
                              list) {
  return {.name = kernel.name(),
          .kernel = kernel,
          .dtypes = {dtypes.begin(), dtypes.end()},
          .size_names = {"K", "N", "L"},
          .sizes = {4096, 4096, 1024},
          .picture_sizes = {3, 5, 2},
          .operands = std::move(list),
          .config = "BM=1 BN=1024"};
}

} // namespace girih::ops
