// SPDX-License-Identifier: Apache-2.0
// sqrt: out[i...] = the square root of x[i...]
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.sqrt.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Sqrt : FloatFunction<Sqrt> {
  static constexpr std::string_view signature = "sqrt(x) -> out";
  static Tile apply(const Tile &x) { return sqrt(x); }
};

} // namespace

Array sqrt(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Sqrt>(stream, where, x);
}

void sqrt_out(const Array &x, const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Sqrt>(stream, where, std::tie(out), x);
}

OpEntry entry_of_sqrt() { return unary_entry<Sqrt>("the square root of x"); }

} // namespace girih::ops
