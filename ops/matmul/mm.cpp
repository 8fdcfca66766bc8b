// SPDX-License-Identifier: Apache-2.0
// mm: out[m, n] = sum over k of a[m, k] * b[k, n]
//
// Shapes: [M, K] x [K, N]. Otherwise as matmul.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.mm.
#include "girih/ops/matmul/multiply.h"
#include "girih/ops/products.h"

namespace girih::ops {

namespace {

struct Mm {
  static constexpr std::string_view signature =
      "mm(a, b, *, precision: str = 'ieee') -> out";
  static Shaped result(const Call &call, const Array &a, const Array &b,
                       std::string_view precision) {
    check_factors(call, {"a", a}, {"b", b});
    allows_tf32(call, precision);
    call.check_rank({"a", a}, 2);
    call.check_rank({"b", b}, 2);
    check_inner(call, {"a", a}, {"b", b}, a.size(1), b.size(0));
    return {Dims{{a.size(0), b.size(1)}, 2}, product_dtype(a.dtype())};
  }
  static void launch(const Call &call, const Array &a, const Array &b,
                     std::string_view precision, const Array &out) {
    multiply(call, a, b, out, a.dtype() == f32 && allows_tf32(call, precision));
  }
};

} // namespace

Array mm(const Array &a, const Array &b, std::string_view precision,
         const Stream &stream, std::source_location where) {
  return compute<Mm>(stream, where, a, b, precision);
}

void mm_out(const Array &a, const Array &b, const Array &out,
            std::string_view precision, const Stream &stream,
            std::source_location where) {
  compute_into<Mm>(stream, where, std::tie(out), a, b, precision);
}

OpEntry entry_of_mm() {
  return op_entry<Mm>({"products",
                       "the sum over k of a[m, k] * b[k, n]",
                       {std::begin(factor_dtypes), std::end(factor_dtypes)},
                       {}});
}

} // namespace girih::ops
