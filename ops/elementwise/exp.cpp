// SPDX-License-Identifier: Apache-2.0
// exp: out[i...] = e^x[i...]
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.exp.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Exp : FloatFunction<Exp> {
  static constexpr std::string_view signature = "exp(x) -> out";
  static Tile apply(const Tile &x) { return exp(x); }
};

} // namespace

Array exp(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Exp>(stream, where, x);
}

void exp_out(const Array &x, const Array &out, const Stream &stream,
             std::source_location where) {
  compute_into<Exp>(stream, where, std::tie(out), x);
}

OpEntry entry_of_exp() { return unary_entry<Exp>("e^x"); }

} // namespace girih::ops
