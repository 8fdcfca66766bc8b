// SPDX-License-Identifier: Apache-2.0
// median: out = the element of x with as many before it in order as after it,
// of two the first
//
// Shapes: any, for integers with elements. Dtypes: all numbers. NaN if any is,
// and of no floats.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.median(input); along a dimension it is median_dim.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/ordering/medians.h"
#include "girih/ops/reductions.h"

namespace girih::ops {

namespace {

struct Median {
  static constexpr std::string_view signature = "median(x) -> out";
  static Shaped result(const Call &call, const Array &x) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, numbers);
    if (x.numel() == 0 && is_float(x.dtype()))
      return {Dims{}, x.dtype()};
    return {order::picked_shape(call, x, {}, false), x.dtype()};
  }
  static void launch(const Call &call, const Array &x, const Array &out) {
    if (x.numel() == 0) // NaN, as the mean of nothing
      return mean_out(x, out, {}, false, {}, call.stream, call.where);
    order::launch_median(call, x, {}, out, nullptr);
  }
};

} // namespace

Array median(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Median>(stream, where, x);
}

void median_out(const Array &x, const Array &out, const Stream &stream,
                std::source_location where) {
  compute_into<Median>(stream, where, std::tie(out), x);
}

OpEntry entry_of_median() {
  return op_entry<Median>({"reductions",
                           "the median of all elements, of two the first",
                           {std::begin(numbers), std::end(numbers)},
                           order::median_entries()});
}

} // namespace girih::ops
