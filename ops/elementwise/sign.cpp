// SPDX-License-Identifier: Apache-2.0
// sign: out[i...] = -1, 0 or 1, as x[i...] is below, equal to or above 0
//
// Shapes: any. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8 bool. NaN gives 0.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.sign.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/elementwise/sign_of.h"

namespace girih::ops {

namespace {

struct Sign : Unary<Sign> {
  static constexpr std::string_view signature = "sign(x) -> out";
  static constexpr std::span<const DType> dtypes = numbers_and_bool;
  static Tile apply(const Tile &x) { return sign_of(x); }
};

} // namespace

Array sign(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Sign>(stream, where, x);
}

void sign_out(const Array &x, const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Sign>(stream, where, std::tie(out), x);
}

OpEntry entry_of_sign() {
  return unary_entry<Sign>("-1, 0 or 1: the sign of x");
}

} // namespace girih::ops
