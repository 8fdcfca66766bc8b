// SPDX-License-Identifier: Apache-2.0
// cumsum: out[i..., r] = the sum of x[i..., s] over s <= r
//
// Shapes: any, along one dimension. Dtypes: all numbers and bool; converted to
// `dtype` first, by default that of x, i64 for integers and bool. Accumulated
// in f32 (f64 for f64, i64 for integers). Errors: [device] [dtype] [index]
// [argument] [overlap]. Source: torch.cumsum.
#include "girih/ops/reductions/scans.h"

namespace girih::ops {

namespace {

struct Cumsum : scans::Scan<Cumsum> {
  static constexpr std::string_view signature =
      "cumsum(x, dim: int, *, dtype: dtype? = None) -> out";
  static const scans::Kernels &kernels() {
    static const scans::Kernels made("cumsum", scans::Kind::sum, sum_kernels());
    return made;
  }
};

} // namespace

Array cumsum(const Array &x, std::int64_t dim, std::optional<DType> dtype,
             const Stream &stream, std::source_location where) {
  return compute<Cumsum>(stream, where, x, dim, dtype);
}

void cumsum_out(const Array &x, const Array &out, std::int64_t dim,
                std::optional<DType> dtype, const Stream &stream,
                std::source_location where) {
  compute_into<Cumsum>(stream, where, std::tie(out), x, dim, dtype);
}

OpEntry entry_of_cumsum() {
  return op_entry<Cumsum>(
      {"reductions",
       "the sum of x up to each element along dim",
       {std::begin(numbers_and_bool), std::end(numbers_and_bool)},
       Cumsum::kernels().entries()});
}

} // namespace girih::ops
