// SPDX-License-Identifier: Apache-2.0
// addmm: out = beta * input + alpha * a b
//
// Shapes: a[M, K], b[K, N]; input broadcasts to the result. Dtypes: floats,
// and integers, which wrap; i8 gives i32. input may be of another float, or
// another integer, and alpha and beta of integers are whole. Floats are
// computed in f32 (f64 for f64) and rounded once. With beta 0 input is not
// read: its NaNs do not show.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.addmm.
#include "girih/ops/matmul/added_product.h"
#include "girih/ops/products.h"

namespace girih::ops {

namespace {

struct Addmm : AddedProduct {
  static constexpr std::string_view signature =
      "addmm(input, a, b, *, beta: float = 1, "
      "alpha: float = 1, precision: str = 'ieee') -> out";
  static Shaped result(const Call &call, const Array &input, const Array &a,
                       const Array &b, double beta, double alpha,
                       std::string_view precision) {
    check_added(call, {"input", input}, {"a", a}, {"b", b}, {beta, alpha},
                precision);
    call.check_rank({"a", a}, 2);
    call.check_rank({"b", b}, 2);
    check_inner(call, {"a", a}, {"b", b}, a.size(1), b.size(0));
    const Dims shape{{a.size(0), b.size(1)}, 2};
    check_spread(call, {"input", input}, shape);
    return {shape, product_dtype(a.dtype())};
  }
};

} // namespace

Array addmm(const Array &input, const Array &a, const Array &b, double beta,
            double alpha, std::string_view precision, const Stream &stream,
            std::source_location where) {
  return compute<Addmm>(stream, where, input, a, b, beta, alpha, precision);
}

void addmm_out(const Array &input, const Array &a, const Array &b,
               const Array &out, double beta, double alpha,
               std::string_view precision, const Stream &stream,
               std::source_location where) {
  compute_into<Addmm>(stream, where, std::tie(out), input, a, b, beta, alpha,
                      precision);
}

OpEntry entry_of_addmm() {
  return op_entry<Addmm>({"products",
                          "beta * input + alpha * a b",
                          {std::begin(factor_dtypes), std::end(factor_dtypes)},
                          product_entries()});
}

} // namespace girih::ops
