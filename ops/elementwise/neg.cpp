// SPDX-License-Identifier: Apache-2.0
// neg: out[i...] = -x[i...]
//
// Shapes: any. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8. Integers wrap.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.neg.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Neg : Unary<Neg> {
  static constexpr std::string_view signature = "neg(x) -> out";
  static Tile apply(const Tile &x) { return -x; }
};

} // namespace

Array neg(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Neg>(stream, where, x);
}

void neg_out(const Array &x, const Array &out, const Stream &stream,
             std::source_location where) {
  compute_into<Neg>(stream, where, std::tie(out), x);
}

OpEntry entry_of_neg() { return unary_entry<Neg>("-x"); }

} // namespace girih::ops
