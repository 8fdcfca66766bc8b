// SPDX-License-Identifier: Apache-2.0
// cumprod: out[i..., r] = the product of x[i..., s] over s <= r
//
// Shapes: any, along one dimension. Dtypes: all numbers and bool; converted to
// `dtype` first, by default that of x, i64 for integers and bool. Accumulated
// in f32 (f64 for f64, i64 for integers). Errors: [device] [dtype] [index]
// [argument] [overlap]. Source: torch.cumprod.
#include "girih/ops/reductions/scans.h"

namespace girih::ops {

namespace {

struct Cumprod : scans::Scan<Cumprod> {
  static constexpr std::string_view signature =
      "cumprod(x, dim: int, *, dtype: dtype? = None) -> out";
  static const scans::Kernels &kernels() {
    static const scans::Kernels made("cumprod", scans::Kind::product,
                                     prod_kernels());
    return made;
  }
};

} // namespace

Array cumprod(const Array &x, std::int64_t dim, std::optional<DType> dtype,
              const Stream &stream, std::source_location where) {
  return compute<Cumprod>(stream, where, x, dim, dtype);
}

void cumprod_out(const Array &x, const Array &out, std::int64_t dim,
                 std::optional<DType> dtype, const Stream &stream,
                 std::source_location where) {
  compute_into<Cumprod>(stream, where, std::tie(out), x, dim, dtype);
}

OpEntry entry_of_cumprod() {
  return op_entry<Cumprod>(
      {"reductions",
       "the product of x up to each element along dim",
       {std::begin(numbers_and_bool), std::end(numbers_and_bool)},
       Cumprod::kernels().entries()});
}

} // namespace girih::ops
