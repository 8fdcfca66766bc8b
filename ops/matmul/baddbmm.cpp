// SPDX-License-Identifier: Apache-2.0
// baddbmm: out = beta * input + alpha * a b
//
// Shapes: a[B, M, K], b[B, K, N]; input broadcasts to the result. Dtypes:
// floats, and integers, which wrap; i8 gives i32. input may be of another
// float, or another integer, and alpha and beta of integers are whole. Floats
// are computed in f32 (f64 for f64) and rounded once. With beta 0 input is not
// read: its NaNs do not show.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.baddbmm.
#include "girih/ops/matmul/added_product.h"
#include "girih/ops/products.h"

namespace girih::ops {

namespace {

struct Baddbmm : AddedProduct {
  static constexpr std::string_view signature =
      "baddbmm(input, a, b, *, beta: float = 1, "
      "alpha: float = 1, precision: str = 'ieee') -> out";
  static Shaped result(const Call &call, const Array &input, const Array &a,
                       const Array &b, double beta, double alpha,
                       std::string_view precision) {
    check_added(call, {"input", input}, {"a", a}, {"b", b}, {beta, alpha},
                precision);
    call.check_rank({"a", a}, 3);
    call.check_rank({"b", b}, 3);
    call.check_shape({"b", b}, {a.size(0), a.size(2), -1}, {{"a", a}});
    const Dims shape{{a.size(0), a.size(1), b.size(2)}, 3};
    check_spread(call, {"input", input}, shape);
    return {shape, product_dtype(a.dtype())};
  }
};

} // namespace

Array baddbmm(const Array &input, const Array &a, const Array &b, double beta,
              double alpha, std::string_view precision, const Stream &stream,
              std::source_location where) {
  return compute<Baddbmm>(stream, where, input, a, b, beta, alpha, precision);
}

void baddbmm_out(const Array &input, const Array &a, const Array &b,
                 const Array &out, double beta, double alpha,
                 std::string_view precision, const Stream &stream,
                 std::source_location where) {
  compute_into<Baddbmm>(stream, where, std::tie(out), input, a, b, beta, alpha,
                        precision);
}

OpEntry entry_of_baddbmm() {
  return op_entry<Baddbmm>(
      {"products",
       "beta * input + alpha * a b",
       {std::begin(factor_dtypes), std::end(factor_dtypes)},
       {}});
}

} // namespace girih::ops
