// SPDX-License-Identifier: Apache-2.0
// mv: out[m] = sum over k of a[m, k] * x[k]
//
// Shapes: [M, K] x [K]. Otherwise as matmul.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.mv.
#include "girih/ops/matmul/multiply.h"
#include "girih/ops/products.h"

namespace girih::ops {

namespace {

struct Mv {
  static constexpr std::string_view signature = "mv(a, x) -> out";
  static Shaped result(const Call &call, const Array &a, const Array &x) {
    check_factors(call, {"a", a}, {"x", x});
    call.check_rank({"a", a}, 2);
    call.check_rank({"x", x}, 1);
    check_inner(call, {"a", a}, {"x", x}, a.size(1), x.size(0));
    return {Dims{{a.size(0)}, 1}, product_dtype(a.dtype())};
  }
  static void launch(const Call &call, const Array &a, const Array &x,
                     const Array &out) {
    multiply(call, a, unsqueezed(x, 1), unsqueezed(out, 1), false);
  }
};

} // namespace

Array mv(const Array &a, const Array &x, const Stream &stream,
         std::source_location where) {
  return compute<Mv>(stream, where, a, x);
}

void mv_out(const Array &a, const Array &x, const Array &out,
            const Stream &stream, std::source_location where) {
  compute_into<Mv>(stream, where, std::tie(out), a, x);
}

OpEntry entry_of_mv() {
  return op_entry<Mv>({"products",
                       "the sum over k of a[m, k] * x[k]",
                       {std::begin(factor_dtypes), std::end(factor_dtypes)},
                       {}});
}

} // namespace girih::ops
