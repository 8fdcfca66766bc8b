// SPDX-License-Identifier: Apache-2.0
// rsqrt: out[i...] = 1 / sqrt(x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.rsqrt.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Rsqrt : FloatFunction<Rsqrt> {
  static constexpr std::string_view signature = "rsqrt(x) -> out";
  static Tile apply(const Tile &x) { return rsqrt(x); }
};

} // namespace

Array rsqrt(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Rsqrt>(stream, where, x);
}

void rsqrt_out(const Array &x, const Array &out, const Stream &stream,
               std::source_location where) {
  compute_into<Rsqrt>(stream, where, std::tie(out), x);
}

OpEntry entry_of_rsqrt() { return unary_entry<Rsqrt>("1 / sqrt(x)"); }

} // namespace girih::ops
