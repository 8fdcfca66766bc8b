// SPDX-License-Identifier: Apache-2.0
// max_dim: values[i...] = the largest of x[i..., r] over r, indices[i...] =
// that r
//
// Shapes: any, along one dimension that has elements. Dtypes: all numbers and
// bool; indices are i64. Of equal ones the first; the first NaN if any is.
// Errors: [device] [dtype] [index] [shape] [overlap].
// Source: torch.max(input, dim).
#include "girih/ops/reductions/extrema.h"

namespace girih::ops {

namespace {

struct MaxAlong : extrema::Along<MaxAlong> {
  static constexpr std::string_view signature =
      "max_dim(x, dim: int, keepdim: bool = False) -> values, indices";
  static const ReductionKernels &kernels() {
    static const ReductionKernels made(
        extrema::of_places<true>("max_dim", true));
    return made;
  }
};

} // namespace

std::array<Array, 2> max_dim(const Array &x, std::int64_t dim, bool keepdim,
                             const Stream &stream, std::source_location where) {
  return compute<MaxAlong>(stream, where, x, dim, keepdim);
}

void max_dim_out(const Array &x, const Array &values, const Array &indices,
                 std::int64_t dim, bool keepdim, const Stream &stream,
                 std::source_location where) {
  compute_into<MaxAlong>(stream, where, std::tie(values, indices), x, dim,
                         keepdim);
}

OpEntry entry_of_max_dim() {
  return op_entry<MaxAlong>(
      {"reductions",
       "the largest along dim, and where it is",
       {std::begin(numbers_and_bool), std::end(numbers_and_bool)},
       reduction_entries(MaxAlong::kernels(), {bf16, f32}, no_numbers,
                         [](DType x) { return std::vector{x, i64}; })});
}

} // namespace girih::ops
