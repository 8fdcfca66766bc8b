// SPDX-License-Identifier: Apache-2.0
// logsumexp: out[i...] = log of the sum of e^x[i..., r...] over r
//
// Shapes: any, over any dimensions. Dtypes: f64 f32 f16 bf16; integers give
// f32. Relative to the largest element, in one pass; in f32, f64 for f64.
// Without elements it is -inf. Errors: [device] [dtype] [index] [argument]
// [overlap]. Source: torch.logsumexp.
#include "girih/ops/reductions/dims_reduction.h"
#include "girih/ops/reductions/exponential_sums.h"

namespace girih::ops {

namespace {

struct LogSumExp : PlainReduction<LogSumExp> {
  static constexpr std::string_view signature =
      "logsumexp(x, dim: ints = (), keepdim: bool = False) -> out";
  static constexpr std::span<const DType> dtypes = numbers_and_bool;
  static constexpr bool takes_none = true;
  static DType result_dtype(DType x) { return floating(x); }
  static const ReductionKernels &kernels() {
    static const ReductionKernels made(exponential_sums("logsumexp", true));
    return made;
  }
};

} // namespace

Array logsumexp(const Array &x, const std::vector<std::int64_t> &dim,
                bool keepdim, const Stream &stream,
                std::source_location where) {
  return compute<LogSumExp>(stream, where, x, dim, keepdim);
}

void logsumexp_out(const Array &x, const Array &out,
                   const std::vector<std::int64_t> &dim, bool keepdim,
                   const Stream &stream, std::source_location where) {
  compute_into<LogSumExp>(stream, where, std::tie(out), x, dim, keepdim);
}

OpEntry entry_of_logsumexp() {
  return op_entry<LogSumExp>(
      {"reductions",
       "log of the sum of e^x over dim",
       {std::begin(numbers_and_bool), std::end(numbers_and_bool)},
       reduction_entries(LogSumExp::kernels(), {bf16, f32, f64}, no_numbers,
                         [](DType x) { return std::vector{floating(x)}; })});
}

} // namespace girih::ops
