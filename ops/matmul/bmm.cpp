// SPDX-License-Identifier: Apache-2.0
// bmm: out[b, m, n] = sum over k of a[b, m, k] * b[b, k, n]
//
// Shapes: [B, M, K] x [B, K, N]. Otherwise as matmul.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.bmm.
#include "girih/ops/matmul/multiply.h"
#include "girih/ops/products.h"

namespace girih::ops {

namespace {

struct Bmm {
  static constexpr std::string_view signature =
      "bmm(a, b, *, precision: str = 'ieee') -> out";
  static Shaped result(const Call &call, const Array &a, const Array &b,
                       std::string_view precision) {
    check_factors(call, {"a", a}, {"b", b});
    allows_tf32(call, precision);
    call.check_rank({"a", a}, 3);
    call.check_rank({"b", b}, 3);
    call.check_shape({"b", b}, {a.size(0), a.size(2), -1}, {{"a", a}});
    return {Dims{{a.size(0), a.size(1), b.size(2)}, 3},
            product_dtype(a.dtype())};
  }
  static void launch(const Call &call, const Array &a, const Array &b,
                     std::string_view precision, const Array &out) {
    multiply(call, a, b, out, a.dtype() == f32 && allows_tf32(call, precision));
  }
};

} // namespace

Array bmm(const Array &a, const Array &b, std::string_view precision,
          const Stream &stream, std::source_location where) {
  return compute<Bmm>(stream, where, a, b, precision);
}

void bmm_out(const Array &a, const Array &b, const Array &out,
             std::string_view precision, const Stream &stream,
             std::source_location where) {
  compute_into<Bmm>(stream, where, std::tie(out), a, b, precision);
}

OpEntry entry_of_bmm() {
  return op_entry<Bmm>({"products",
                        "a batch of matrix products",
                        {std::begin(factor_dtypes), std::end(factor_dtypes)},
                        {}});
}

} // namespace girih::ops
