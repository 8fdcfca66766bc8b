// SPDX-License-Identifier: Apache-2.0
// var: out[i...] = the sum of (x[i..., r...] - mean)^2 over r,
// divided by max(N - correction, 0)
//
// Shapes: any, over any dimensions. Dtypes: f64 f32 f16 bf16. Welford's method
// in each lane, Chan's between them: one pass, no cancellation. Errors:
// [device] [dtype] [index] [argument] [overlap]. Source: torch.var.
#include "girih/ops/reductions/moments.h"

namespace girih::ops {

namespace {

struct Var : moments::Spread<Var> {
  static constexpr std::string_view signature =
      "var(x, dim: ints = (), *, correction: float = 1, "
      "keepdim: bool = False) -> out";
  static const ReductionKernels &kernels() {
    static const ReductionKernels made(moments::spread("var", false));
    return made;
  }
};

} // namespace

Array var(const Array &x, const std::vector<std::int64_t> &dim,
          double correction, bool keepdim, const Stream &stream,
          std::source_location where) {
  return compute<Var>(stream, where, x, dim, correction, keepdim);
}

void var_out(const Array &x, const Array &out,
             const std::vector<std::int64_t> &dim, double correction,
             bool keepdim, const Stream &stream, std::source_location where) {
  compute_into<Var>(stream, where, std::tie(out), x, dim, correction, keepdim);
}

OpEntry entry_of_var() {
  return op_entry<Var>({"reductions",
                        "the variance of x over dim",
                        {std::begin(floats), std::end(floats)},
                        reduction_entries(
                            Var::kernels(), {bf16, f64},
                            [](DType x) { return std::vector{accumulator(x)}; },
                            [](DType x) { return std::vector{x}; })});
}

} // namespace girih::ops
