// SPDX-License-Identifier: Apache-2.0
// max: out = the largest element of x
//
// Shapes: any with elements. Dtypes: all numbers and bool. NaN if any is.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.max(input); along a dimension it is max_dim.
#include "girih/ops/reductions/extrema.h"

namespace girih::ops {

namespace {

struct MaxOfAll : extrema::OfAll<MaxOfAll> {
  static constexpr std::string_view signature = "max(x) -> out";
  static const ReductionKernels &kernels() {
    static const ReductionKernels made(extrema::of_values<true>("max"));
    return made;
  }
};

} // namespace

Array max(const Array &x, const Stream &stream, std::source_location where) {
  return compute<MaxOfAll>(stream, where, x);
}

void max_out(const Array &x, const Array &out, const Stream &stream,
             std::source_location where) {
  compute_into<MaxOfAll>(stream, where, std::tie(out), x);
}

OpEntry entry_of_max() {
  return op_entry<MaxOfAll>(
      {"reductions",
       "the largest element",
       {std::begin(numbers_and_bool), std::end(numbers_and_bool)},
       {}});
}

} // namespace girih::ops
