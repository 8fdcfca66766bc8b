// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/movement/view_op.h"

#include <fmt/format.h>

namespace girih::ops {

std::int64_t checked_index(const Call &call, const Array &x, int dim,
                           std::int64_t index) {
  const std::int64_t size = x.size(dim);
  if (index < -size || index >= size)
    call.fail(ErrorId::index,
              fmt::format("index {} is none of dimension {} of x", index, dim),
              {{"x", x}});
  return index < 0 ? index + size : index;
}

Array diagonal_of(const Array &x, std::int64_t offset, int dim1, int dim2) {
  const std::int64_t rows = x.size(dim1), columns = x.size(dim2);
  std::int64_t length = 0, begin = 0;
  if (offset >= 0 && offset < columns) {
    length = std::min(rows, columns - offset);
    begin = offset * x.stride(dim2);
  } else if (offset < 0 && offset > -rows) {
    length = std::min(rows + offset, columns);
    begin = -offset * x.stride(dim1);
  }
  Dims shape, strides;
  for (int d = 0; d < x.rank(); ++d) {
    if (d == dim1 || d == dim2)
      continue;
    shape.sizes[static_cast<std::size_t>(shape.rank++)] = x.size(d);
    strides.sizes[static_cast<std::size_t>(strides.rank++)] = x.stride(d);
  }
  shape.sizes[static_cast<std::size_t>(shape.rank++)] = length;
  strides.sizes[static_cast<std::size_t>(strides.rank++)] =
      x.stride(dim1) + x.stride(dim2);
  return view_of(x, shape, strides, length == 0 ? 0 : begin);
}

} // namespace girih::ops
