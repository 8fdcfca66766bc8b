// SPDX-License-Identifier: Apache-2.0
// sinh: out[i...] = sinh(x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.sinh.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Sinh : FloatFunction<Sinh> {
  static constexpr std::string_view signature = "sinh(x) -> out";
  static Tile apply(const Tile &x) { return sinh(x); }
};

} // namespace

Array sinh(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Sinh>(stream, where, x);
}

void sinh_out(const Array &x, const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Sinh>(stream, where, std::tie(out), x);
}

OpEntry entry_of_sinh() { return unary_entry<Sinh>("sinh(x)"); }

} // namespace girih::ops
