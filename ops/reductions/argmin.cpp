// SPDX-License-Identifier: Apache-2.0
// argmin: out[i...] = the r for which x[i..., r] is smallest
//
// Shapes: any, along one dimension that has elements; without `dim` the
// row-major number of the element. Dtypes: all numbers; the result is i64. Of
// equal ones the first; the first NaN if any is. Errors: [device] [dtype]
// [index] [shape] [overlap]. Source: torch.argmin.
#include "girih/ops/reductions/extrema.h"

namespace girih::ops {

namespace {

struct Argmin : extrema::Place<Argmin> {
  static constexpr std::string_view signature =
      "argmin(x, dim: int? = None, keepdim: bool = False) -> out";
  static const ReductionKernels &kernels() {
    static const ReductionKernels made(
        extrema::of_places<false>("argmin", false));
    return made;
  }
};

} // namespace

Array argmin(const Array &x, std::optional<std::int64_t> dim, bool keepdim,
             const Stream &stream, std::source_location where) {
  return compute<Argmin>(stream, where, x, dim, keepdim);
}

void argmin_out(const Array &x, const Array &out,
                std::optional<std::int64_t> dim, bool keepdim,
                const Stream &stream, std::source_location where) {
  compute_into<Argmin>(stream, where, std::tie(out), x, dim, keepdim);
}

OpEntry entry_of_argmin() {
  return op_entry<Argmin>(
      {"reductions",
       "where x is smallest along dim",
       {std::begin(numbers), std::end(numbers)},
       reduction_entries(Argmin::kernels(), {f32, i32}, no_numbers,
                         [](DType) { return std::vector{i64}; })});
}

} // namespace girih::ops
