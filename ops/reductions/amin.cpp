// SPDX-License-Identifier: Apache-2.0
// amin: out[i...] = the smallest of x[i..., r...] over r
//
// Shapes: any, over any dimensions that have elements. Dtypes: all numbers and
// bool. NaN if any is.
// Errors: [device] [dtype] [index] [argument] [shape] [overlap].
// Source: torch.amin.
#include "girih/ops/reductions/extrema.h"

namespace girih::ops {

namespace {

struct Amin : PlainReduction<Amin> {
  static constexpr std::string_view signature =
      "amin(x, dim: ints = (), keepdim: bool = False) -> out";
  static constexpr std::span<const DType> dtypes = numbers_and_bool;
  static DType result_dtype(DType x) { return x; }
  static const ReductionKernels &kernels() {
    static const ReductionKernels made(extrema::of_values<false>("amin"));
    return made;
  }
};

} // namespace

Array amin(const Array &x, const std::vector<std::int64_t> &dim, bool keepdim,
           const Stream &stream, std::source_location where) {
  return compute<Amin>(stream, where, x, dim, keepdim);
}

void amin_out(const Array &x, const Array &out,
              const std::vector<std::int64_t> &dim, bool keepdim,
              const Stream &stream, std::source_location where) {
  compute_into<Amin>(stream, where, std::tie(out), x, dim, keepdim);
}

OpEntry entry_of_amin() {
  return op_entry<Amin>(
      {"reductions",
       "the smallest of x over dim",
       {std::begin(numbers_and_bool), std::end(numbers_and_bool)},
       reduction_entries(Amin::kernels(), {f32, i32}, no_numbers,
                         [](DType x) { return std::vector{x}; })});
}

} // namespace girih::ops
