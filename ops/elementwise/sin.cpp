// SPDX-License-Identifier: Apache-2.0
// sin: out[i...] = sin(x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.sin.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Sin : FloatFunction<Sin> {
  static constexpr std::string_view signature = "sin(x) -> out";
  static constexpr int accesses = 2;
  static Tile apply(const Tile &x) { return sin(x); }
};

} // namespace

Array sin(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Sin>(stream, where, x);
}

void sin_out(const Array &x, const Array &out, const Stream &stream,
             std::source_location where) {
  compute_into<Sin>(stream, where, std::tie(out), x);
}

OpEntry entry_of_sin() { return unary_entry<Sin>("sin(x)"); }

} // namespace girih::ops
