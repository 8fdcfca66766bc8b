// SPDX-License-Identifier: Apache-2.0
// argmax: out[i...] = the r for which x[i..., r] is largest
//
// Shapes: any, along one dimension that has elements; without `dim` the
// row-major number of the element. Dtypes: all numbers; the result is i64. Of
// equal ones the first; the first NaN if any is. Errors: [device] [dtype]
// [index] [shape] [overlap]. Source: torch.argmax.
#include "girih/ops/reductions/extrema.h"

namespace girih::ops {

namespace {

struct Argmax : extrema::Place<Argmax> {
  static constexpr std::string_view signature =
      "argmax(x, dim: int? = None, keepdim: bool = False) -> out";
  static const ReductionKernels &kernels() {
    static const ReductionKernels made(
        extrema::of_places<true>("argmax", false));
    return made;
  }
};

} // namespace

Array argmax(const Array &x, std::optional<std::int64_t> dim, bool keepdim,
             const Stream &stream, std::source_location where) {
  return compute<Argmax>(stream, where, x, dim, keepdim);
}

void argmax_out(const Array &x, const Array &out,
                std::optional<std::int64_t> dim, bool keepdim,
                const Stream &stream, std::source_location where) {
  compute_into<Argmax>(stream, where, std::tie(out), x, dim, keepdim);
}

OpEntry entry_of_argmax() {
  return op_entry<Argmax>(
      {"reductions",
       "where x is largest along dim",
       {std::begin(numbers), std::end(numbers)},
       reduction_entries(Argmax::kernels(), {bf16, f32, i64}, no_numbers,
                         [](DType) { return std::vector{i64}; })});
}

} // namespace girih::ops
