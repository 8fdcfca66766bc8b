// SPDX-License-Identifier: Apache-2.0
// exp2: out[i...] = 2^x[i...]
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.exp2.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Exp2 : FloatFunction<Exp2> {
  static constexpr std::string_view signature = "exp2(x) -> out";
  static Tile apply(const Tile &x) { return exp2(x); }
};

} // namespace

Array exp2(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Exp2>(stream, where, x);
}

void exp2_out(const Array &x, const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Exp2>(stream, where, std::tie(out), x);
}

OpEntry entry_of_exp2() { return unary_entry<Exp2>("2^x"); }

} // namespace girih::ops
