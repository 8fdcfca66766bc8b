// SPDX-License-Identifier: Apache-2.0
// tan: out[i...] = tan(x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.tan.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Tan : FloatFunction<Tan> {
  static constexpr std::string_view signature = "tan(x) -> out";
  static constexpr int accesses = 2;
  static Tile apply(const Tile &x) { return tan(x); }
};

} // namespace

Array tan(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Tan>(stream, where, x);
}

void tan_out(const Array &x, const Array &out, const Stream &stream,
             std::source_location where) {
  compute_into<Tan>(stream, where, std::tie(out), x);
}

OpEntry entry_of_tan() { return unary_entry<Tan>("tan(x)"); }

} // namespace girih::ops
