// SPDX-License-Identifier: Apache-2.0
// atan: out[i...] = atan(x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.atan.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Atan : FloatFunction<Atan> {
  static constexpr std::string_view signature = "atan(x) -> out";
  static Tile apply(const Tile &x) { return atan(x); }
};

} // namespace

Array atan(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Atan>(stream, where, x);
}

void atan_out(const Array &x, const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Atan>(stream, where, std::tie(out), x);
}

OpEntry entry_of_atan() { return unary_entry<Atan>("atan(x)"); }

} // namespace girih::ops
