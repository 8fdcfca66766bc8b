// SPDX-License-Identifier: Apache-2.0
// std: out[i...] = the square root of the sum of (x[i..., r...] - mean)^2 over
// r, divided by max(N - correction, 0)
//
// Shapes: any, over any dimensions. Dtypes: f64 f32 f16 bf16. Welford's method
// in each lane, Chan's between them: one pass, no cancellation. Errors:
// [device] [dtype] [index] [argument] [overlap]. Source: torch.std.
#include "girih/ops/reductions/moments.h"

namespace girih::ops {

namespace {

struct Std : moments::Spread<Std> {
  static constexpr std::string_view signature =
      "std(x, dim: ints = (), *, correction: float = 1, "
      "keepdim: bool = False) -> out";
  static const ReductionKernels &kernels() {
    static const ReductionKernels made(moments::spread("std", true));
    return made;
  }
};

} // namespace

Array std(const Array &x, const std::vector<std::int64_t> &dim,
          double correction, bool keepdim, const Stream &stream,
          std::source_location where) {
  return compute<Std>(stream, where, x, dim, correction, keepdim);
}

void std_out(const Array &x, const Array &out,
             const std::vector<std::int64_t> &dim, double correction,
             bool keepdim, const Stream &stream, std::source_location where) {
  compute_into<Std>(stream, where, std::tie(out), x, dim, correction, keepdim);
}

OpEntry entry_of_std() {
  return op_entry<Std>({"reductions",
                        "the standard deviation of x over dim",
                        {std::begin(floats), std::end(floats)},
                        reduction_entries(
                            Std::kernels(), {f32},
                            [](DType x) { return std::vector{accumulator(x)}; },
                            [](DType x) { return std::vector{x}; })});
}

} // namespace girih::ops
