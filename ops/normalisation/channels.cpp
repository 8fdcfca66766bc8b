// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/normalisation/channels.h"

#include <algorithm>

namespace girih::ops {

void check_channels(const Call &call, const Array &x,
                    std::initializer_list<Argument> per_channel) {
  call.check_dtype({"x", x}, floats);
  call.check_rank({"x", x}, 2, max_rank - 1);
  for (const Argument &each : per_channel) {
    call.check_same_device({{"x", x}, each});
    call.check_dtype(each, floats);
    call.check_shape(each, {x.size(1)}, {{"x", x}});
  }
}

ChannelViews::ChannelViews(const Array &given, const Array &result,
                           std::int64_t groups) {
  const std::int64_t each = given.size(1) / groups;
  std::array<Array, 2> behind{given.select(0, 0).select(0, 0),
                              result.select(0, 0).select(0, 0)};
  collapse(behind);
  const auto whole = [&](const Array &array, const Array &part) {
    Dims sizes{{given.size(0), groups, each}, 3},
        strides{{array.stride(0), each * array.stride(1), array.stride(1)}, 3};
    for (int dim = 0; dim < part.rank(); ++dim) {
      sizes.sizes[static_cast<std::size_t>(sizes.rank++)] = part.size(dim);
      strides.sizes[static_cast<std::size_t>(strides.rank++)] =
          part.stride(dim);
    }
    return view_of(array, sizes, strides);
  };
  x = whole(given, behind[0]);
  out = whole(result, behind[1]);
  inner = behind[1].rank();
  length = behind[1].numel();
}

Array channel_view(const std::optional<Array> &array, std::int64_t groups) {
  if (!array)
    return Array::scalar(0, f32);
  const std::int64_t each = array->size(0) / groups, stride = array->stride(0);
  return view_of(*array, Dims{{groups, each}, 2},
                 Dims{{each * stride, stride}, 2});
}

} // namespace girih::ops
