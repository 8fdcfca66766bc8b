// SPDX-License-Identifier: Apache-2.0
// asinh: out[i...] = asinh(x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.asinh.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Asinh : FloatFunction<Asinh> {
  static constexpr std::string_view signature = "asinh(x) -> out";
  static Tile apply(const Tile &x) { return asinh(x); }
};

} // namespace

Array asinh(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Asinh>(stream, where, x);
}

void asinh_out(const Array &x, const Array &out, const Stream &stream,
               std::source_location where) {
  compute_into<Asinh>(stream, where, std::tie(out), x);
}

OpEntry entry_of_asinh() { return unary_entry<Asinh>("asinh(x)"); }

} // namespace girih::ops
