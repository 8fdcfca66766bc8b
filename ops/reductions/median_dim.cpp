// SPDX-License-Identifier: Apache-2.0
// median_dim: values[i...] = the median of x[i..., r] over r, indices[i...] =
// that r
//
// Shapes: any, along one dimension that has elements. Dtypes: all numbers;
// indices are i64. Of the two in the middle the smaller; the first NaN if there
// is one. Errors: [device] [dtype] [index] [shape] [overlap]. Source:
// torch.median(input, dim).
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/ordering/medians.h"
#include "girih/ops/reductions.h"

namespace girih::ops {

namespace {

struct MedianAlong {
  static constexpr std::string_view signature =
      "median_dim(x, dim: int, keepdim: bool = False) -> values, indices";
  static std::array<Shaped, 2> result(const Call &call, const Array &x,
                                      std::int64_t dim, bool keepdim) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, numbers);
    const Dims shape = order::picked_shape(call, x, dim, keepdim);
    return {Shaped{shape, x.dtype()}, Shaped{shape, i64}};
  }
  static void launch(const Call &call, const Array &x, std::int64_t dim,
                     bool keepdim, const Array &values, const Array &indices) {
    std::optional<int> kept;
    if (keepdim)
      kept = call.check_dim({"x", x}, dim);
    const Array places = kept ? order::without(indices, kept) : indices;
    order::launch_median(call, x, dim,
                         kept ? order::without(values, kept) : values, &places);
  }
};

} // namespace

std::array<Array, 2> median_dim(const Array &x, std::int64_t dim, bool keepdim,
                                const Stream &stream,
                                std::source_location where) {
  return compute<MedianAlong>(stream, where, x, dim, keepdim);
}

void median_dim_out(const Array &x, const Array &values, const Array &indices,
                    std::int64_t dim, bool keepdim, const Stream &stream,
                    std::source_location where) {
  compute_into<MedianAlong>(stream, where, std::tie(values, indices), x, dim,
                            keepdim);
}

OpEntry entry_of_median_dim() {
  return op_entry<MedianAlong>({"reductions",
                                "the median along dim, and where it is",
                                {std::begin(numbers), std::end(numbers)},
                                {}});
}

} // namespace girih::ops
