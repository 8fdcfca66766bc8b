// SPDX-License-Identifier: Apache-2.0
// min_dim: values[i...] = the smallest of x[i..., r] over r, indices[i...] =
// that r
//
// Shapes: any, along one dimension that has elements. Dtypes: all numbers and
// bool; indices are i64. Of equal ones the first; the first NaN if any is.
// Errors: [device] [dtype] [index] [shape] [overlap].
// Source: torch.min(input, dim).
#include "girih/ops/reductions/extrema.h"

namespace girih::ops {

namespace {

struct MinAlong : extrema::Along<MinAlong> {
  static constexpr std::string_view signature =
      "min_dim(x, dim: int, keepdim: bool = False) -> values, indices";
  static const ReductionKernels &kernels() {
    static const ReductionKernels made(
        extrema::of_places<false>("min_dim", true));
    return made;
  }
};

} // namespace

std::array<Array, 2> min_dim(const Array &x, std::int64_t dim, bool keepdim,
                             const Stream &stream, std::source_location where) {
  return compute<MinAlong>(stream, where, x, dim, keepdim);
}

void min_dim_out(const Array &x, const Array &values, const Array &indices,
                 std::int64_t dim, bool keepdim, const Stream &stream,
                 std::source_location where) {
  compute_into<MinAlong>(stream, where, std::tie(values, indices), x, dim,
                         keepdim);
}

OpEntry entry_of_min_dim() {
  return op_entry<MinAlong>(
      {"reductions",
       "the smallest along dim, and where it is",
       {std::begin(numbers_and_bool), std::end(numbers_and_bool)},
       reduction_entries(MinAlong::kernels(), {f32}, no_numbers,
                         [](DType x) { return std::vector{x, i64}; })});
}

} // namespace girih::ops
