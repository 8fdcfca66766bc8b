// SPDX-License-Identifier: Apache-2.0
// amax: out[i...] = the largest of x[i..., r...] over r
//
// Shapes: any, over any dimensions that have elements. Dtypes: all numbers and
// bool. NaN if any is.
// Errors: [device] [dtype] [index] [argument] [shape] [overlap].
// Source: torch.amax.
#include "girih/ops/reductions/extrema.h"

namespace girih::ops {

namespace {

struct Amax : PlainReduction<Amax> {
  static constexpr std::string_view signature =
      "amax(x, dim: ints = (), keepdim: bool = False) -> out";
  static constexpr std::span<const DType> dtypes = numbers_and_bool;
  static DType result_dtype(DType x) { return x; }
  static const ReductionKernels &kernels() {
    static const ReductionKernels made(extrema::of_values<true>("amax"));
    return made;
  }
};

} // namespace

Array amax(const Array &x, const std::vector<std::int64_t> &dim, bool keepdim,
           const Stream &stream, std::source_location where) {
  return compute<Amax>(stream, where, x, dim, keepdim);
}

void amax_out(const Array &x, const Array &out,
              const std::vector<std::int64_t> &dim, bool keepdim,
              const Stream &stream, std::source_location where) {
  compute_into<Amax>(stream, where, std::tie(out), x, dim, keepdim);
}

OpEntry entry_of_amax() {
  return op_entry<Amax>(
      {"reductions",
       "the largest of x over dim",
       {std::begin(numbers_and_bool), std::end(numbers_and_bool)},
       reduction_entries(Amax::kernels(), {bf16, f32, i64}, no_numbers,
                         [](DType x) { return std::vector{x}; })});
}

} // namespace girih::ops
