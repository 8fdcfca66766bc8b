// SPDX-License-Identifier: Apache-2.0
// addmv: out = beta * input + alpha * a x
//
// Shapes: a[M, K], x[K]; input broadcasts to the result. Dtypes: floats, and
// integers, which wrap; i8 gives i32. input may be of another float, or
// another integer, and alpha and beta of integers are whole. Floats are
// computed in f32 (f64 for f64) and rounded once. With beta 0 input is not
// read: its NaNs do not show.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.addmv.
#include "girih/ops/matmul/added_product.h"
#include "girih/ops/products.h"

namespace girih::ops {

namespace {

struct Addmv {
  static constexpr std::string_view signature =
      "addmv(input, a, x, *, beta: float = 1, "
      "alpha: float = 1, precision: str = 'ieee') -> out";
  static Shaped result(const Call &call, const Array &input, const Array &a,
                       const Array &x, double beta, double alpha,
                       std::string_view precision) {
    check_added(call, {"input", input}, {"a", a}, {"x", x}, {beta, alpha},
                precision);
    call.check_rank({"a", a}, 2);
    call.check_rank({"x", x}, 1);
    check_inner(call, {"a", a}, {"x", x}, a.size(1), x.size(0));
    const Dims shape{{a.size(0)}, 1};
    check_spread(call, {"input", input}, shape);
    return {shape, product_dtype(a.dtype())};
  }
  static void launch(const Call &call, const Array &input, const Array &a,
                     const Array &x, double beta, double alpha,
                     std::string_view precision, const Array &out) {
    const Array added = unsqueezed(input.broadcast_to(out.shape()), 1);
    // As mv: a is the weight of one row.
    if (a.device().kind != Device::Kind::host && is_float(a.dtype()) &&
        suits_few_rows(1, a))
      return add_to_few_rows(call,
                             {.x = unsqueezed(x, 0),
                              .weight = a,
                              .out = unsqueezed(out, 0),
                              .bias = added.transpose(0, 1)},
                             alpha, beta);
    launch_product(call,
                   {.a = a,
                    .b = unsqueezed(x, 1),
                    .out = unsqueezed(out, 1),
                    .c = added,
                    .alpha = alpha,
                    .beta = beta,
                    .tf32 = a.dtype() == f32 && allows_tf32(call, precision)});
  }
};

} // namespace

Array addmv(const Array &input, const Array &a, const Array &x, double beta,
            double alpha, std::string_view precision, const Stream &stream,
            std::source_location where) {
  return compute<Addmv>(stream, where, input, a, x, beta, alpha, precision);
}

void addmv_out(const Array &input, const Array &a, const Array &x,
               const Array &out, double beta, double alpha,
               std::string_view precision, const Stream &stream,
               std::source_location where) {
  compute_into<Addmv>(stream, where, std::tie(out), input, a, x, beta, alpha,
                      precision);
}

OpEntry entry_of_addmv() {
  return op_entry<Addmv>({"products",
                          "beta * input + alpha * a x",
                          {std::begin(factor_dtypes), std::end(factor_dtypes)},
                          {}});
}

} // namespace girih::ops
