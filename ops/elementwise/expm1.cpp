// SPDX-License-Identifier: Apache-2.0
// expm1: out[i...] = e^x[i...] - 1
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.expm1.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Expm1 : FloatFunction<Expm1> {
  static constexpr std::string_view signature = "expm1(x) -> out";
  static Tile apply(const Tile &x) { return expm1(x); }
};

} // namespace

Array expm1(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Expm1>(stream, where, x);
}

void expm1_out(const Array &x, const Array &out, const Stream &stream,
               std::source_location where) {
  compute_into<Expm1>(stream, where, std::tie(out), x);
}

OpEntry entry_of_expm1() { return unary_entry<Expm1>("e^x - 1"); }

} // namespace girih::ops
