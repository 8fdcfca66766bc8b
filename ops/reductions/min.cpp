// SPDX-License-Identifier: Apache-2.0
// min: out = the smallest element of x
//
// Shapes: any with elements. Dtypes: all numbers and bool. NaN if any is.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.min(input); along a dimension it is min_dim.
#include "girih/ops/reductions/extrema.h"

namespace girih::ops {

namespace {

struct MinOfAll : extrema::OfAll<MinOfAll> {
  static constexpr std::string_view signature = "min(x) -> out";
  static const ReductionKernels &kernels() {
    static const ReductionKernels made(extrema::of_values<false>("min"));
    return made;
  }
};

} // namespace

Array min(const Array &x, const Stream &stream, std::source_location where) {
  return compute<MinOfAll>(stream, where, x);
}

void min_out(const Array &x, const Array &out, const Stream &stream,
             std::source_location where) {
  compute_into<MinOfAll>(stream, where, std::tie(out), x);
}

OpEntry entry_of_min() {
  return op_entry<MinOfAll>(
      {"reductions",
       "the smallest element",
       {std::begin(numbers_and_bool), std::end(numbers_and_bool)},
       {}});
}

} // namespace girih::ops
