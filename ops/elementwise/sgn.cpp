// SPDX-License-Identifier: Apache-2.0
// sgn: out[i...] = the sign of x[i...]
//
// Shapes: any. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8 bool. NaN gives 0.
// The same as sign: there are no complex numbers here.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.sgn.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/elementwise/sign_of.h"

namespace girih::ops {

namespace {

struct Sgn : Unary<Sgn> {
  static constexpr std::string_view signature = "sgn(x) -> out";
  static constexpr std::span<const DType> dtypes = numbers_and_bool;
  static Tile apply(const Tile &x) { return sign_of(x); }
};

} // namespace

Array sgn(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Sgn>(stream, where, x);
}

void sgn_out(const Array &x, const Array &out, const Stream &stream,
             std::source_location where) {
  compute_into<Sgn>(stream, where, std::tie(out), x);
}

OpEntry entry_of_sgn() { return unary_entry<Sgn>("-1, 0 or 1: the sign of x"); }

} // namespace girih::ops
