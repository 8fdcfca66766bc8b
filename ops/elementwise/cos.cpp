// SPDX-License-Identifier: Apache-2.0
// cos: out[i...] = cos(x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.cos.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Cos : FloatFunction<Cos> {
  static constexpr std::string_view signature = "cos(x) -> out";
  static constexpr int accesses = 2;
  static Tile apply(const Tile &x) { return cos(x); }
};

} // namespace

Array cos(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Cos>(stream, where, x);
}

void cos_out(const Array &x, const Array &out, const Stream &stream,
             std::source_location where) {
  compute_into<Cos>(stream, where, std::tie(out), x);
}

OpEntry entry_of_cos() { return unary_entry<Cos>("cos(x)"); }

} // namespace girih::ops
